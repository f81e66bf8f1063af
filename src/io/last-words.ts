// The one line for a client whose session broke, or cannot be, and the time to read it. Knows clients; not what the line
// says, nor whose process this is (farewell.ts is for one that has a single client, and no session).

import { encode } from "../wire/latin1.ts";
import type { Client } from "./peer.ts";
import { within } from "./within.ts";

/** Seconds a client may take to read it and to close. */
const LINGER = 2;

export async function lastWords(client: Client, line: string): Promise<void> {
  try {
    client.write(encode(line));
    await client.flush();
    client.end();
    await within(
      (async () => {
        while ((await client.read()) !== null);
      })(),
      LINGER,
    );
  } catch {
    // The client is gone; it will not miss it.
  }
}
