// Message numbers as decimal text. Never as a double, which rounds 2^53+1, nor as 32 bits, where
// 4294967297 is 1: whatever the server's arithmetic makes of a number, ours must not make another of it.

/** No honest number is longer: 20 digits are more than 64 bits. */
const DIGITS = 20;

/** 1*DIGIT without leading zeros (RFC 1939 section 3); null for anything else and for what is too long. */
export function canonical(text: string, digits = DIGITS): string | null {
  if (text.length > digits || !/^[0-9]+$/.test(text)) return null;
  return text.replace(/^0+(?=[0-9])/, "");
}

/** Whether `a` is greater than `b`; both canonical. */
export function isGreater(a: string, b: string): boolean {
  return a.length === b.length ? a > b : a.length > b.length;
}

export function plus(a: string, count: number): string {
  return (BigInt(a) + BigInt(count)).toString();
}
