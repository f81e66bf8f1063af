// Passwords as lines of a file, `name:scrypt$N$r$p$salt$hash` (salt and hash in base64, RFC 7914). Knows
// the format and how to compare without telling by time who exists; knows nothing of POP3 or files.

import { randomBytes, scryptSync, timingSafeEqual } from "node:crypto";

/** OWASP's figures for 16 MiB of memory: a login costs a fraction of a second, a guess as much. */
const COST = { N: 16384, r: 8, p: 5 };
const SALT = 16;
const HASH = 32;

/** No line of the file may make a login cost more memory than this (octets). */
const MOST_MEMORY = 256 * 1024 * 1024;

interface Record {
  readonly cost: { readonly N: number; readonly r: number; readonly p: number };
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
}

/** A line that is not as it should be; the text names its number and never its content. */
export class PasswdError extends Error {}

/** The line for a user. Throws a PasswdError for a name that cannot stand in a line or be given to USER. */
export function passwdLine(name: string, password: Uint8Array): string {
  if (!/^[!-9;-~]{1,64}$/.test(name)) {
    throw new PasswdError("a name is 1 to 64 visible ASCII characters, none of them a colon");
  }
  const { N, r, p } = COST;
  const salt = randomBytes(SALT);
  const hash = derive(password, { cost: COST, salt, hash: new Uint8Array(HASH) });
  return `${name}:scrypt$${N}$${r}$${p}$${salt.toString("base64")}$${hash.toString("base64")}\n`;
}

export class Passwd {
  readonly #records = new Map<string, Record>();
  /** What a name that is not there is compared with: as costly as a real one, and never equal. */
  readonly #nobody: Record;

  /** @param text the file; empty lines and lines that start with "#" do not count */
  constructor(text: string) {
    for (const [index, line] of text.split("\n").entries()) {
      if (line.trim() === "" || line.startsWith("#")) continue;
      const colon = line.indexOf(":");
      const record = colon > 0 ? parse(line.slice(colon + 1).trim()) : null;
      if (record === null) throw new PasswdError(`line ${index + 1} is not name:scrypt$N$r$p$salt$hash`);
      this.#records.set(line.slice(0, colon), record);
    }
    const [first] = this.#records.values();
    this.#nobody = { cost: first?.cost ?? COST, salt: randomBytes(SALT), hash: randomBytes(HASH) };
  }

  verify(name: string, password: Uint8Array): boolean {
    const record = this.#records.get(name) ?? this.#nobody;
    const equal = timingSafeEqual(derive(password, record), record.hash);
    return equal && record !== this.#nobody;
  }
}

function derive(password: Uint8Array, { cost, salt, hash }: Record): Buffer {
  return scryptSync(password, salt, hash.length, { ...cost, maxmem: MOST_MEMORY * 2 });
}

function parse(text: string): Record | null {
  const [, N, r, p, salt, hash] =
    /^scrypt\$(\d{1,8})\$(\d{1,3})\$(\d{1,3})\$([\w+/]+={0,2})\$([\w+/]+={0,2})$/.exec(text) ?? [];
  if (salt === undefined || hash === undefined) return null;
  const cost = { N: Number(N), r: Number(r), p: Number(p) };
  const powerOfTwo = cost.N > 1 && (cost.N & (cost.N - 1)) === 0;
  if (!powerOfTwo || cost.r < 1 || cost.p < 1 || 128 * cost.N * cost.r > MOST_MEMORY) return null;
  const record = { cost, salt: Buffer.from(salt, "base64"), hash: Buffer.from(hash, "base64") };
  return record.hash.length >= HASH / 2 ? record : null;
}
