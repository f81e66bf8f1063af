// Knows how an input's client is played over a transport: its octets in pieces, with pauses between them, and how it
// goes: by ending its side, by a reset, or because the program is told to end. Knows no protocol.

import { until } from "../../tests/e2e/parts/deadline.ts";
import type { Link } from "../../tests/e2e/parts/transport.ts";
import type { Input } from "./input.ts";

export interface Parting {
  readonly how: "ends its side" | "resets" | "is shut down";
  /** Behind so many of its octets. */
  readonly at: number;
}

export interface Visited {
  /** What the client got. */
  readonly heard: string;
  readonly exit: number | string | null;
  readonly log: string;
}

/** Pieces, at most: what is left behind them comes at once. */
const MOST_PIECES = 30;
const PAUSE_MS = 2;
/**
 * A session whose client has left may wait half a minute for the last answer, and its server have as long to go: one
 * that takes longer hangs.
 */
const PATIENCE_MS = 70_000;

export async function visit(
  link: Link,
  { client, sizes, turns }: Input,
  { how, at }: Parting,
): Promise<Visited> {
  const { talk } = link;
  const all = client.slice(0, at);
  let sent = 0;
  for (let piece = 0; sent < all.length; piece++) {
    const size = piece < MOST_PIECES ? sizes[piece % sizes.length]! : all.length;
    await talk.send(all.slice(sent, sent + size));
    sent += size;
    if (turns[piece % turns.length]!) await Bun.sleep(PAUSE_MS);
  }
  if (how === "ends its side") talk.halfClose();
  else {
    // Before that there is no session that could end.
    await until("the session", () => link.log().includes(" event=connect") || undefined, PATIENCE_MS);
    if (how === "resets") talk.cut();
    else process.kill(link.pid, "SIGTERM");
  }
  await talk.end(PATIENCE_MS);
  return { exit: await link.end(PATIENCE_MS), heard: talk.received, log: link.log() };
}
