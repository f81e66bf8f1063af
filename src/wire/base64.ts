// Base64 (RFC 4648 §4) of something short, to octets as a string. Knows no lines and no MIME: a message's bodies
// have a reader of their own.

/** @returns what it decodes to, one UTF-16 unit an octet; nothing when it is no base64 */
export function decodeBase64(text: string): string {
  try {
    return atob(text);
  } catch {
    return "";
  }
}
