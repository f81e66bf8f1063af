// Octets as strings and back: one UTF-16 unit is one octet (ISO 8859-1). Knows nothing of lines or
// protocols. TextDecoder's "latin1" is windows-1252 and would change 0x80-0x9f, so it is not used.

/** Arguments that fit a call on every engine's stack. */
const SLICE = 4096;

/** The octets `from` (inclusive) to `to` (exclusive) as a string. */
export function decode(octets: Uint8Array, from = 0, to = octets.length): string {
  let text = "";
  for (let at = from; at < to; at += SLICE) {
    const end = Math.min(at + SLICE, to);
    text += String.fromCharCode.apply(null, octets.subarray(at, end) as unknown as number[]);
  }
  return text;
}

/** The string as octets; units above 255 must not occur (they would lose their upper half). */
export function encode(text: string): Uint8Array {
  const octets = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) octets[at] = text.charCodeAt(at);
  return octets;
}
