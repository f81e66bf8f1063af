// Octets that are UTF-8 (RFC 3629), one UTF-16 unit each, to the text they are. Knows the encoding only.

const BEYOND_ASCII = /[\x80-\xff]/;

export function isBeyondAscii(octets: string): boolean {
  return BEYOND_ASCII.test(octets);
}

/** What of it is no UTF-8 is U+FFFD, which no encoder means. */
export function textOf(octets: string): string {
  if (!isBeyondAscii(octets)) return octets;
  const all = Uint8Array.from(octets, (octet) => octet.charCodeAt(0));
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(all);
}
