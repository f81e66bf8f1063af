// Waits for the client's first octets of TLS and leaves them where they are. A socket that is not read wakes nobody, so
// that it is looked at now and then: at once, and the more seldom the longer it takes. Knows sockets; what stands in the
// octets is in wire/client-hello.ts.

import { hasEnded, peek } from "../os/libc.ts";
import { type ClientHello, isBegun, MOST_LOOKED_AT, readClientHello } from "../wire/client-hello.ts";
import { now } from "./alarm.ts";
import { TlsFailure } from "./tls-failure.ts";

/** Of the time that has passed, what may pass until the next look. */
const SHARE = 8;
/** Milliseconds between two looks. */
const SOONEST = 1;
const LATEST = 250;

/** Octets of a header: whoever still has privileges looks at no more of a client's. */
const HEADER = 5;

export type Hello = Extract<ClientHello, { state: "whole" }>;

/**
 * Waits until the first record is there, whatever is in it: nothing is started for whoever never says so much.
 * @throws TlsFailure
 */
export async function helloBegun(fd: number, seconds: number, isOver: () => boolean): Promise<void> {
  const all = new Uint8Array(MOST_LOOKED_AT);
  await look(fd, seconds, isOver, () => {
    const have = peek(fd, all);
    // The length alone of what is behind the header.
    const begun = isBegun(all.subarray(0, Math.min(have, HEADER)), have);
    if (begun === "plaintext") throw new TlsFailure("plaintext");
    if (begun === "malformed") throw new TlsFailure("alert");
    return begun ? true : null;
  });
}

/** @param isOver nobody waits any more: the descriptor may be another's @throws TlsFailure */
export async function wholeHello(fd: number, seconds: number, isOver: () => boolean): Promise<Hello> {
  const octets = new Uint8Array(MOST_LOOKED_AT);
  return look(fd, seconds, isOver, () => {
    const hello = readClientHello(octets.subarray(0, peek(fd, octets)));
    if (hello.state === "plaintext") throw new TlsFailure("plaintext");
    if (hello.state === "malformed") throw new TlsFailure("alert");
    return hello.state === "whole" ? hello : null;
  });
}

async function look<T>(fd: number, seconds: number, isOver: () => boolean, see: () => T | null): Promise<T> {
  const began = now();
  while (!isOver()) {
    // Asked first: what came before the end was then there to be seen.
    const isLast = hasEnded(fd);
    const seen = see();
    if (seen !== null) return seen;
    if (isLast) throw new TlsFailure("eof");
    const waited = now() - began;
    if (waited >= seconds * 1000) throw new TlsFailure("timeout");
    const pause = Math.min(LATEST, Math.max(SOONEST, waited / SHARE), seconds * 1000 - waited);
    await Bun.sleep(pause);
  }
  throw new TlsFailure("eof");
}
