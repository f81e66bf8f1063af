// What really happened, read from where it is written: the wrapper's log and the octets the server received.
// The narration is made from this and from nothing else. Knows files that grow and `key=value` lines; knows
// no protocol.

import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";
import { decode } from "../wire/latin1.ts";

/** A log line's fields; of an unknown kind as well as of a known one. */
export type LogEntry = ReadonlyMap<string, string>;

/** A file that others append to: what is new in it since it was last asked. */
export class Growing {
  readonly #path: string;
  #at = 0;

  constructor(path: string) {
    this.#path = path;
  }

  take(): string {
    if (!existsSync(this.#path)) return "";
    const chunk = new Uint8Array(statSync(this.#path).size - this.#at);
    const file = openSync(this.#path, "r");
    try {
      const got = readSync(file, chunk, 0, chunk.length, this.#at);
      this.#at += got;
      return decode(chunk, 0, got);
    } finally {
      closeSync(file);
    }
  }
}

const FIELD = /([\w-]+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))/g;

/** Log lines to entries; what is no `key=value` (time, name) is skipped. */
export function entriesOf(text: string): LogEntry[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map(
      (line) =>
        new Map([...line.matchAll(FIELD)].map(([, key, quoted, bare]) => [key!, quoted ?? bare ?? ""])),
    );
}
