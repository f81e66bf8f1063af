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

/** In the order they are said. LOGIN is not among them: we verify none. */
const ATTRIBUTES: readonly (readonly [name: string, of: (speaker: Speaker) => string])[] = [
  // We look nobody up; without these our own names would pass rules that go by names.
  ["NAME", () => UNAVAILABLE],
  ["REVERSE_NAME", () => UNAVAILABLE],
  ["ADDR", ({ clientAddress }) => addressOf(clientAddress)],
  ["PORT", ({ clientPort }) => (clientPort === null ? UNAVAILABLE : String(clientPort))],
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
  return `XCLIENT ${said.map(([name, of]) => `${name}=${of(speaker)}`).join(" ")}\r\n`;
}

function addressOf(address: string | null): string {
  if (address === null) return UNAVAILABLE;
  return address.includes(":") ? `IPV6:${address}` : address;
}
