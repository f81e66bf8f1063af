// A Maildir (cr.yp.to/proto/maildir.html): one file per message, no locks. Knows file names, the order in
// which a message becomes safe, and nothing of SMTP or POP3. Calls are synchronous: the process serves one
// client, who waits for the disk anyway.
//
// A stored file is the message exactly as it was sent, CRLF line ends kept, nothing put in front. RFC 5321
// section 4.4 wants Return-Path and Received from a server that delivers for good; this one is for trying
// out and for tests, where "what came out is what went in, octet for octet" has to be checkable. Sender and
// recipients are in what --record keeps.

import {
  closeSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  statfsSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Mailbox, StoredMessage } from "./maildrop.ts";
import type { Delivery, MailStore } from "./smtp.ts";

const CHUNK = 65536;

/** A file in tmp/ this old was left by a killed delivery; the specification's 36 hours, in milliseconds. */
const ABANDONED = 36 * 3600 * 1000;

export class Maildir implements MailStore, Mailbox {
  readonly #directory: string;

  /** Makes the directories that are missing. */
  constructor(directory: string) {
    this.#directory = directory;
    for (const name of ["tmp", "new", "cur"])
      mkdirSync(join(directory, name), { recursive: true, mode: 0o700 });
  }

  room(): number {
    const { bavail, bsize } = statfsSync(this.#directory);
    return bavail * bsize;
  }

  begin(): Delivery {
    return new FileDelivery(this.#directory, uniqueName());
  }

  /** The messages of new/ and cur/, oldest first. They stay where they are: nobody here marks mail as seen. */
  messages(): StoredMessage[] {
    return ["new", "cur"]
      .flatMap((folder) => {
        const path = join(this.#directory, folder);
        return readdirSync(path)
          .filter((name) => !name.startsWith("."))
          .map((name) => new MessageFile(join(path, name), name));
      })
      .sort((a, b) => a.seconds - b.seconds || (a.id < b.id ? -1 : 1));
  }

  /** Removes what killed deliveries left behind, as the specification asks of whoever comes by. */
  sweep(now: number): void {
    const folder = join(this.#directory, "tmp");
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      try {
        if (now - statSync(path).mtimeMs > ABANDONED) unlinkSync(path);
      } catch {
        // Another process swept it.
      }
    }
  }
}

/** In tmp/ until it is whole and on disk, then in new/: no reader ever sees a part of it. */
class FileDelivery implements Delivery {
  readonly #directory: string;
  readonly #name: string;
  readonly #temporary: string;
  #file: number | null;

  constructor(directory: string, name: string) {
    this.#directory = directory;
    this.#name = name;
    this.#temporary = join(directory, "tmp", name);
    this.#file = openSync(this.#temporary, "wx", 0o600);
  }

  write(octets: Uint8Array): void {
    for (let at = 0; at < octets.length; ) at += writeSync(this.#file!, octets, at);
  }

  commit(): string {
    fsyncSync(this.#file!);
    this.#close();
    const folder = join(this.#directory, "new");
    renameSync(this.#temporary, join(folder, this.#name));
    // Only with its directory on disk does the name survive a crash, and only then may the client forget.
    const directory = openSync(folder, "r");
    try {
      fsyncSync(directory);
    } finally {
      closeSync(directory);
    }
    return this.#name;
  }

  discard(): void {
    this.#close();
    try {
      unlinkSync(this.#temporary);
    } catch {
      // It has been renamed, or was swept.
    }
  }

  #close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }
}

class MessageFile implements StoredMessage {
  readonly #path: string;
  readonly id: string;
  /** When it was delivered, as its name says; 0 for a name that does not. */
  readonly seconds: number;

  constructor(path: string, name: string) {
    this.#path = path;
    // What follows the colon are flags, which change while the message stays the same.
    this.id = name.split(":", 1)[0]!;
    this.seconds = Number(/^\d+/.exec(name)?.[0] ?? 0);
  }

  *read(): Generator<Uint8Array> {
    const file = openSync(this.#path, "r");
    try {
      const chunk = new Uint8Array(Math.min(CHUNK, fstatSync(file).size + 1));
      for (let got = readSync(file, chunk); got > 0; got = readSync(file, chunk))
        yield chunk.subarray(0, got);
    } finally {
      closeSync(file);
    }
  }

  remove(): void {
    unlinkSync(this.#path);
  }
}

let deliveries = 0;

/** A name no other delivery on this or any other machine has: time, process, count, chance, host. */
function uniqueName(): string {
  const now = Date.now();
  const micros = String((now % 1000) * 1000).padStart(6, "0");
  const chance = crypto.getRandomValues(new Uint32Array(1))[0]!.toString(16);
  const host = hostname().replaceAll("/", "\\057").replaceAll(":", "\\072");
  return `${Math.floor(now / 1000)}.M${micros}P${process.pid}Q${deliveries++}R${chance}.${host}`;
}
