// The one line for a client whose session cannot be, or cannot go on, and the time to read it. Knows
// descriptors 0 and 1; not what the line says.

import { duplicate, isatty, shutdownWrite, write } from "../os/libc.ts";
import { encode } from "../wire/latin1.ts";
import { reader } from "./reader.ts";
import { within } from "./within.ts";

/** Seconds a client may take to read it and to close. */
const PATIENCE = 2;

export async function farewell(line: string): Promise<void> {
  // A person at a terminal is no client.
  if (line === "" || isatty(0)) return;
  if (!write(1, encode(line))) return; // The client is gone; it will not miss it.
  // What a client has sent and nobody read would turn the line into a reset. Pipes know none.
  if (shutdownWrite(1)) await within(ended(), PATIENCE);
}

async function ended(): Promise<void> {
  // The session's own stream may still wait for descriptor 0, and no second one can: of another number it can.
  const client = reader(duplicate(0));
  try {
    while ((await client.read()) !== null);
  } catch {
    // As good as its end.
  }
}
