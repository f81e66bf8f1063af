// What an XCLIENT command says (Postfix's XCLIENT_README; rules H): of the attributes that a server lists those that are
// known, and that the others are not. Knows words; neither replies nor the order of things.

import type { Setup } from "../protocol.ts";

/** Whom the server is told of. */
export interface Speaker extends Pick<Setup, "clientAddress" | "clientPort"> {
  /** How the client says hello. */
  readonly verb: "EHLO" | "HELO";
  /** As the server will hear it. */
  readonly name: string;
}

/** What is known to be not known: a server that hears nothing of an attribute would keep what it knows of us. */
const UNAVAILABLE = "[UNAVAILABLE]";

const NO_ADDRESS = "0.0.0.0";

/** In the order they are said. LOGIN is not among them: we verify none. */
const ATTRIBUTES: readonly (readonly [
  name: string,
  of: (speaker: Speaker, listed: readonly string[]) => string,
])[] = [
  // We look nobody up; without these our own names would pass rules that go by names.
  ["NAME", () => UNAVAILABLE],
  ["REVERSE_NAME", () => UNAVAILABLE],
  ["ADDR", ({ clientAddress }, listed) => addressOf(clientAddress, listed)],
  // 0 is no port, and refused as none.
  ["PORT", ({ clientPort }) => String(clientPort || UNAVAILABLE)],
  // A domain or an address literal: it needs no xtext (RFC 3461 §4), and has 255 octets at most, the limit here, too.
  ["HELO", ({ name }) => name],
  ["PROTO", ({ verb }) => (verb === "EHLO" ? "ESMTP" : "SMTP")],
];

/** @param lines of the server's reply to EHLO @returns the command, null where it lists none or nothing that is known */
export function writeXclient(lines: readonly string[], speaker: Speaker): string | null {
  const listed = lines
    .map((line) =>
      line
        .trim()
        .toUpperCase()
        .split(/[ \t]+/),
    )
    .find(([keyword]) => keyword === "XCLIENT");
  if (listed === undefined) return null;
  const said = ATTRIBUTES.filter(([name]) => listed.includes(name, 1));
  // A server that would not hear the address would judge ours.
  if (!said.some(([name]) => name === "ADDR")) return null;
  return `XCLIENT ${said.map(([name, of]) => `${name}=${of(speaker, listed)}`).join(" ")}\r\n`;
}

/**
 * Postfix, which lists NAME, takes UNAVAILABLE for what it is. Dovecot has no names, and keeps our address then: it is
 * told the address that means none (RFC 1122 §3.2.1.3).
 */
function addressOf(address: string | null, listed: readonly string[]): string {
  if (address === null) return listed.includes("NAME", 1) ? UNAVAILABLE : NO_ADDRESS;
  return address.includes(":") ? `IPV6:${address}` : address;
}
