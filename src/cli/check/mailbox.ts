// The mails of an mbox or a Maildir, one after the other, in pieces: however many there are and however large, a piece is
// what is held. Knows how mail is kept; knows nothing of what is in it.

import { closeSync, opendirSync, openSync, readSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import { expected, UsageError } from "../../options/usage.ts";
import { LF } from "../../wire/octets.ts";

/** Is told each mail: its name, its octets in views that are valid during the call, its end. */
export interface Visitor {
  begin(name: string): void;
  octets(view: Uint8Array): void;
  end(): void;
  /** It cannot be read, or no further, and why. */
  onLost(name: string, why: string): void;
}

/** Octets that are read at a time; more of a line is told in pieces. */
const PIECE = 65536;

/** @param where the option that says so @throws UsageError where there is no mailbox, or no mail */
export function visit(path: string, where: string, visitor: Visitor): void {
  const status = reading(where, path, () => statSync(path));
  if (status.isDirectory()) return visitMaildir(path, where, visitor);
  if (!status.isFile())
    throw new UsageError(`${where}: expected an mbox or a Maildir, ${path} is ${sort(status)}`);
  if (status.size === 0) throw new UsageError(`${where}: ${path} is empty: there is no mail in it`);
  const fd = reading(where, path, () => openSync(path, "r"));
  try {
    new Mbox(visitor).read(fd, () => expected(where, 'an mbox, which begins with "From "', path));
  } finally {
    closeSync(fd);
  }
}

function visitMaildir(path: string, where: string, visitor: Visitor): void {
  const isThere = (name: string) =>
    statSync(join(path, name), { throwIfNoEntry: false })?.isDirectory() === true;
  if (!isThere("cur"))
    throw new UsageError(`${where}: expected an mbox or a Maildir, ${path} is a directory without cur`);
  let isEmpty = true;
  for (const folder of ["cur", "new"].filter(isThere)) {
    const directory = reading(where, join(path, folder), () => opendirSync(join(path, folder)));
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
      if (entry.name.startsWith(".")) continue;
      isEmpty = false;
      visitFile(join(path, folder, entry.name), join(folder, entry.name), visitor);
    }
    directory.closeSync();
  }
  if (isEmpty) throw new UsageError(`${where}: ${path} is empty: there is no mail in it`);
}

function visitFile(path: string, name: string, visitor: Visitor): void {
  let fd: number | null = null;
  try {
    const status = statSync(path);
    if (!status.isFile()) return visitor.onLost(name, `it is ${sort(status)}`);
    fd = openSync(path, "r");
    const buffer = new Uint8Array(PIECE);
    // What cannot be read at all is no mail; what breaks off within is told as well.
    let length = readSync(fd, buffer);
    visitor.begin(name);
    for (; length > 0; length = readSync(fd, buffer)) visitor.octets(buffer.subarray(0, length));
    visitor.end();
  } catch (error) {
    visitor.onLost(name, reasonOf(error));
  } finally {
    if (fd !== null) closeSync(fd);
  }
}

/** How a mail begins: after an empty line, or first of all. */
const FROM = Buffer.from("From ");
/** A line of a mail that begins so has one ">" too many. */
const QUOTED = /^>+From /;
/** Octets that tell whether a line is either; more ">" are not counted. */
const HEAD = 64;
const NOTHING = new Uint8Array(0);

/** By the rules that most programs have in common (RFC 4155; quoted as by mboxrd). */
class Mbox {
  readonly #visitor: Visitor;
  #count = 0;
  /** An empty line that belongs to the mail unless the next begins behind it. */
  #held: Uint8Array = NOTHING;
  #lineStart = true;
  #afterEmpty = true;

  constructor(visitor: Visitor) {
    this.#visitor = visitor;
  }

  /** @param none what is wrong where no mail begins */
  read(fd: number, none: () => Error): void {
    const buffer = Buffer.alloc(2 * PIECE);
    let length = 0;
    for (;;) {
      const read = readSync(fd, buffer, length, buffer.length - length, null);
      length += read;
      const isLast = read === 0;
      const done = this.#lines(buffer.subarray(0, length), isLast, none);
      buffer.copyWithin(0, done, length);
      length -= done;
      if (isLast) break;
    }
    if (this.#count > 0) this.#visitor.end();
  }

  /** @returns how much was told; the rest is the head of a line */
  #lines(octets: Buffer, isLast: boolean, none: () => Error): number {
    let at = 0;
    while (at < octets.length) {
      const end = octets.indexOf(LF, at) + 1;
      if (end === 0 && !isLast && this.#lineStart && octets.length - at < HEAD) break;
      const line = octets.subarray(at, end === 0 ? octets.length : end);
      if (!this.#lineStart) this.#visitor.octets(line);
      else this.#line(line, none);
      this.#lineStart = end > 0;
      at += line.length;
    }
    return at;
  }

  /** @param line from its start on */
  #line(line: Buffer, none: () => Error): void {
    if (this.#afterEmpty && line.subarray(0, FROM.length).equals(FROM)) return this.#from();
    if (this.#count === 0) throw none();
    if (this.#held.length > 0) this.#visitor.octets(this.#held);
    this.#held = NOTHING;
    this.#afterEmpty = line.length <= 2 && /^\r?\n$/.test(line.toString("latin1"));
    if (this.#afterEmpty) this.#held = Uint8Array.from(line);
    else this.#visitor.octets(QUOTED.test(line.toString("latin1", 0, HEAD)) ? line.subarray(1) : line);
  }

  #from(): void {
    if (this.#count > 0) this.#visitor.end();
    this.#count++;
    this.#held = NOTHING;
    this.#afterEmpty = false;
    this.#visitor.begin(`mail ${this.#count}`);
  }
}

function reading<T>(where: string, path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new UsageError(`${where}: ${path} cannot be read: ${reasonOf(error)}`);
  }
}

/** The system's word for it. */
function reasonOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  if (typeof code !== "string") throw error;
  return code;
}

function sort(status: Stats): string {
  if (status.isFIFO()) return "a named pipe";
  if (status.isSocket()) return "a socket";
  return status.isDirectory() ? "a directory" : "a device";
}
