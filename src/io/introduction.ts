// Whom a proxy speaks for: its header is waited for, first on the wire, and taken off it to the octet. What is behind it
// is the client's (a handshake, or a command) and stays where it is. Knows sockets; the header's form is in
// wire/proxy-header.ts, and whoever is asked for one is a proxy.

import { peek, readReady } from "../os/libc.ts";
import { MOST_HEADER, type ProxyHeader, readProxyHeader } from "../wire/proxy-header.ts";
import { look } from "./look.ts";

/** Seconds for the header, from when it is waited for: a proxy has it ready when it connects. */
const PATIENCE = 5;

export type Introduction = Extract<ProxyHeader, { state: "whole" }>;

/**
 * @param fd a socket, of which nothing has been read
 * @param isOver nobody waits any more: the descriptor may be another's
 * @returns null where no whole header came in time, or something else did: nothing has been read then
 */
export async function introduction(fd: number, isOver: () => boolean): Promise<Introduction | null> {
  const octets = new Uint8Array(MOST_HEADER);
  const seen = await look(fd, PATIENCE, isOver, () => {
    const header = readProxyHeader(octets.subarray(0, peek(fd, octets)));
    return header.state === "more" ? null : header;
  });
  if (typeof seen === "string" || seen.state !== "whole") return null;
  return takeOff(fd, octets.subarray(0, seen.length)) ? seen : null;
}

/** What has been seen is there to be read. @returns whether it was */
function takeOff(fd: number, header: Uint8Array): boolean {
  try {
    return readReady(fd, header) === header.length;
  } catch {
    return false; // reset since
  }
}
