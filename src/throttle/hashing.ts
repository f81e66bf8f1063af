// What stands for a user and for a password where guesses are counted: neither can be had back from it. Knows a key; not
// who keeps what it makes.

const encoder = new TextEncoder();

/** The same for the same user, on every host: as long for a name of ten thousand letters as for one of one. */
export function userName(name: string): string {
  const folded = name.trim().toLowerCase();
  return new Bun.CryptoHasher("sha256").update(encoder.encode(folded)).digest("hex").slice(0, 16);
}

/**
 * Tells a password from others that a network tries at a user: so little of a keyed hash that tens of thousands have the
 * same, whoever knows the key.
 */
export function tagOf(key: string, network: string, user: string, password: string): number {
  const hash = new Bun.CryptoHasher("sha256", encoder.encode(key));
  return hash
    .update(encoder.encode(`${network}\0${user}\0${password}`))
    .digest()
    .readUInt16BE(0);
}

/** One that nobody has. */
export function freshKey(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("hex");
}
