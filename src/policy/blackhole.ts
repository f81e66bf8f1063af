// DNS blackhole lists (RFC 5782), the pure part: the name to ask for, and what an answer means.
// Knows addresses as text; asks nobody.

import ipaddr from "ipaddr.js";

export interface Blackhole {
  readonly zone: string;
  /** Answers that count, as addresses; empty for every one in 127.0.0.0/8 that is no error. */
  readonly codes: readonly string[];
}

/** What an entry is. */
export const ZONE = "ZONE[=CODE,...]";

/** `bl.test`, `bl.test=127.0.0.2,127.0.0.4` or in short `bl.test=2,4`; null for what is neither. */
export function parseBlackhole(text: string): Blackhole | null {
  const [zone, codes, ...more] = text.split("=") as [string, ...string[]];
  if (more.length > 0 || !/^(?:[A-Za-z0-9_-]+\.)*[A-Za-z0-9-]+$/.test(zone)) return null;
  const parsed = codes?.split(",").map(parseCode) ?? [];
  return parsed.every((code) => code !== null) ? { zone, codes: parsed } : null;
}

function parseCode(code: string): string | null {
  if (/^[0-9]{1,3}$/.test(code) && Number(code) <= 255) return `127.0.0.${Number(code)}`;
  return ipaddr.IPv4.isValidFourPartDecimal(code) && code.startsWith("127.") ? code : null;
}

/** RFC 5782 section 2: octets of an IPv4 address reversed, nibbles of an IPv6 address (section 2.4). */
export function blackholeName(address: string, zone: string): string {
  const parsed = ipaddr.process(address);
  const octets = parsed.toByteArray();
  const labels =
    parsed.kind() === "ipv4"
      ? octets.map(String)
      : octets.flatMap((octet) => [(octet >> 4).toString(16), (octet & 15).toString(16)]);
  return `${labels.reverse().join(".")}.${zone}`;
}

/**
 * Whether an answer means that the address is listed. Outside 127.0.0.0/8 it is a domain somebody parked;
 * 127.255.255.0/24 is how lists say "you may not ask me" and must block nobody.
 */
export function isListed(answers: readonly string[], { codes }: Blackhole): boolean {
  return answers.some((answer) =>
    codes.length > 0
      ? codes.includes(answer)
      : answer.startsWith("127.") && !answer.startsWith("127.255.255."),
  );
}
