// Waits for the client's first octets of TLS and leaves them where they are. Knows sockets; what stands in the octets is
// in wire/client-hello.ts.

import { peek } from "../os/libc.ts";
import { type ClientHello, isBegun, MOST_LOOKED_AT, readClientHello } from "../wire/client-hello.ts";
import { look } from "./look.ts";
import { TlsFailure } from "./tls-failure.ts";

/** Octets of a header: whoever still has privileges looks at no more of a client's. */
const HEADER = 5;

export type Hello = Extract<ClientHello, { state: "whole" }>;

/**
 * Waits until the first record is there, whatever is in it: nothing is started for whoever never says so much.
 * @throws TlsFailure
 */
export async function helloBegun(fd: number, seconds: number, isOver: () => boolean): Promise<void> {
  const all = new Uint8Array(MOST_LOOKED_AT);
  const seen = await look(fd, seconds, isOver, () => {
    const have = peek(fd, all);
    // The length alone of what is behind the header.
    const begun = isBegun(all.subarray(0, Math.min(have, HEADER)), have);
    if (begun === "plaintext") throw new TlsFailure("plaintext");
    if (begun === "malformed") throw new TlsFailure("alert");
    return begun ? true : null;
  });
  if (seen !== true) throw new TlsFailure(seen);
}

/** @param isOver nobody waits any more: the descriptor may be another's @throws TlsFailure */
export async function wholeHello(fd: number, seconds: number, isOver: () => boolean): Promise<Hello> {
  const octets = new Uint8Array(MOST_LOOKED_AT);
  const seen = await look(fd, seconds, isOver, () => {
    const hello = readClientHello(octets.subarray(0, peek(fd, octets)));
    if (hello.state === "plaintext") throw new TlsFailure("plaintext");
    if (hello.state === "malformed") throw new TlsFailure("alert");
    return hello.state === "whole" ? hello : null;
  });
  if (typeof seen === "string") throw new TlsFailure(seen);
  return seen;
}
