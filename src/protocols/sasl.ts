// What of SASL a wrapper must know (RFC 4422), the same for SMTP AUTH (RFC 4954) and POP3 AUTH (RFC 5034):
// which mechanisms leave the conversation readable, and what a line of authentication data may look like.
// Knows neither replies nor states, and never looks into the data.

/**
 * Mechanisms without a security layer. GSSAPI, DIGEST-MD5, NTLM and KERBEROS_V4 can negotiate one, which
 * starts right after the success reply and would blind us (RFC 4422 section 3.7).
 */
export const MECHANISMS: ReadonlySet<string> = new Set([
  "PLAIN",
  "LOGIN",
  "CRAM-MD5",
  "SCRAM-SHA-1",
  "SCRAM-SHA-1-PLUS",
  "SCRAM-SHA-256",
  "SCRAM-SHA-256-PLUS",
  "SCRAM-SHA-512",
  "SCRAM-SHA-512-PLUS",
  "XOAUTH2",
  "OAUTHBEARER",
  "EXTERNAL",
]);

/** Known, and never passed. */
const BLINDING: ReadonlySet<string> = new Set(["GSSAPI", "DIGEST-MD5", "NTLM", "KERBEROS_V4"]);

/** Octets of a line of data with its line end (RFC 4954 section 4, RFC 5034 section 4). */
export const MAX_SASL_LINE = 12288;

/** What a client sends to end the exchange itself. */
export const CANCEL = "*";

export function isOffered(mechanism: string): boolean {
  return MECHANISMS.has(mechanism.toUpperCase());
}

/** What follows AUTH as the log may show it: where a mechanism should stand, a password might. */
export function showAuth(argument: string): string {
  const word = argument.split(/\s/, 1)[0]!;
  const isKnown = isOffered(word) || BLINDING.has(word.toUpperCase());
  if (isKnown) return argument === word ? word : `${word} ***`;
  return argument === "" ? "" : "***";
}

/** What of a server's list may be shown to clients, in upper case. */
export function filterMechanisms(list: readonly string[]): string[] {
  return [...new Set(list.map((mechanism) => mechanism.toUpperCase()))].filter(isOffered);
}

/** An initial response is data, or "=" for an empty one (RFC 4954 section 4). */
export function isInitialResponse(text: string): boolean {
  return text === "=" || (text !== "" && isBase64(text));
}

export function judgeData(text: string): "data" | "cancel" | "bad" | "too-long" {
  if (text.length + 2 > MAX_SASL_LINE) return "too-long";
  if (text === CANCEL) return "cancel";
  return isBase64(text) ? "data" : "bad";
}

/**
 * The alphabet of RFC 4648 section 4, padding at the end only; whether it decodes is the server's to say.
 * An empty response is legal (RFC 4422 section 3.1).
 */
function isBase64(text: string): boolean {
  return /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

/**
 * Lines of data a client still has to send after AUTH, when everything it says is right.
 * @param words the mechanism, and the initial response if there is one
 */
export function answersOf([mechanism, initial]: readonly string[]): number {
  const answers = mechanism === "LOGIN" || mechanism!.startsWith("SCRAM-") ? 2 : 1;
  return initial === undefined ? answers : answers - 1;
}
