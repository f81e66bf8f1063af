// Octets that are UTF-8 (RFC 3629), one UTF-16 unit each, to the text they are. Knows the encoding only.

const BEYOND_ASCII = /[\x80-\xff]/;

export function isBeyondAscii(octets: string): boolean {
  return BEYOND_ASCII.test(octets);
}

/** @returns null for what is no UTF-8 */
export function textOf(octets: string): string | null {
  if (!isBeyondAscii(octets)) return octets;
  try {
    const all = Uint8Array.from(octets, (octet) => octet.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(all);
  } catch {
    return null;
  }
}
