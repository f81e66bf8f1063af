// What is done with a descriptor that is only read. Knows readers; not whose words they read.

import { LineReader } from "../wire/lines.ts";
import { reader } from "./reader.ts";

/** Octets of a line that are told: of a server's standard error, what the log takes. */
const LINE = 1000;

/** Reads to the end, which may be a broken connection. */
export async function discard(read: () => Promise<unknown>): Promise<void> {
  try {
    while ((await read()) !== null);
  } catch {
    // As good as its end.
  }
}

/** Tells each line of what is read, and closes the descriptor at its end. */
export async function readLines(fd: number, onLine: (line: string) => void): Promise<void> {
  const reading = reader(fd);
  const lines = new LineReader();
  try {
    for (let chunk = await reading.read(); chunk !== null; chunk = await reading.read()) {
      for (let at = 0; at < chunk.length; ) {
        const { line, next } = lines.read(chunk, at, LINE);
        if (line !== null) onLine(line.text);
        at = next;
      }
    }
    if (lines.partial) onLine(lines.rest);
  } catch {
    // A log line less; the session goes on.
  }
  reading.cancel();
}
