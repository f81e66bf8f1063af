// Drives an embedded server over stdin and stdout: the one place of the sink that waits. Knows chunks,
// back-pressure, silence and signals; knows no protocol.

import { closeSync, openSync, writeSync } from "node:fs";
import { encode } from "../wire/latin1.ts";
import type { Server } from "./server.ts";

/** Seconds of silence: what RFC 1939 section 3 asks for, and more than RFC 5321 section 4.5.3.2.7 does. */
const IDLE = 600;

/** Small answers are gathered up to this many octets before they are written. */
const GATHER = 16384;

/**
 * Serves one client to the end.
 * @param record a file that every octet of the client is appended to, before anything answers it
 */
export async function serve(server: Server, record: string | null): Promise<void> {
  const keep = record === null ? null : new Recording(record);
  const stop = () => {
    server.end();
    process.exit(0);
  };
  // Killed within a message: it must not stay behind half written.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.once(signal, stop);
  try {
    await converse(server, keep);
  } catch (error) {
    // The client is gone: no fault of anybody's here.
    if (!["EPIPE", "ECONNRESET"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  } finally {
    server.end();
    keep?.close();
  }
}

async function converse(server: Server, keep: Recording | null): Promise<void> {
  const input = Bun.stdin.stream().getReader();
  const output = new Writer();
  await output.write([server.greeting()]);
  while (!server.over) {
    const chunk = await withPatience(input.read());
    if (chunk === null) return await output.write([server.expired()]);
    if (chunk.done) return;
    keep?.append(chunk.value);
    await output.write(server.octets(chunk.value));
  }
}

/** What `read` gives, or null when the client is silent for too long. */
async function withPatience<T>(read: Promise<T>): Promise<T | null> {
  let timer: Timer | undefined;
  const silence = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, IDLE * 1000, null);
  });
  try {
    return await Promise.race([read, silence]);
  } finally {
    clearTimeout(timer);
  }
}

/** Writes no more than one piece ahead of what the client takes. */
class Writer {
  readonly #sink = Bun.stdout.writer({ highWaterMark: GATHER });

  async write(pieces: Iterable<string | Uint8Array>): Promise<void> {
    let gathered = 0;
    for (const piece of pieces) {
      this.#sink.write(typeof piece === "string" ? encode(piece) : piece);
      gathered += piece.length;
      // A piece that is a view of a buffer must be out before the next one is asked for.
      if (typeof piece === "string" && gathered < GATHER) continue;
      await this.#sink.flush();
      gathered = 0;
    }
    await this.#sink.flush();
  }
}

class Recording {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, "a", 0o600);
  }

  append(octets: Uint8Array): void {
    for (let at = 0; at < octets.length; ) at += writeSync(this.#file, octets, at);
  }

  close(): void {
    closeSync(this.#file);
  }
}
