// The secrets a client has told so far, kept so that the log never tells them (pure): a server may repeat
// them in a reply or on its standard error, as they came or decoded. Knows forms of secrets; not who said
// them, and not which commands carry any.

import { decodeBase64 } from "../wire/base64.ts";

/** What stands for a secret. */
const MASK = "***";

/** Told last, as many are remembered: a client that guesses passwords must not fill our memory. */
const REMEMBERED = 8;

/** One that is shorter stands for itself only between other characters than letters and digits. */
const TELLING = 4;

export class Secrets {
  #known: { readonly text: string; readonly whole: boolean }[][] = [];

  /** @param secret a password, a digest, or base64 of something that has some in it */
  learn(secret: string): void {
    const forms = [...formsOf(secret)].filter((form) => form !== "");
    // The longest first: a form may be part of another.
    const needles = forms.map((text) => ({ text, whole: text.length < TELLING }));
    this.#known = [needles.sort((a, b) => b.text.length - a.text.length), ...this.#known].slice(
      0,
      REMEMBERED,
    );
  }

  mask(text: string): string {
    let masked = text;
    for (const needles of this.#known)
      for (const needle of needles)
        if (masked.includes(needle.text)) masked = replace(masked, needle.text, needle.whole);
    return masked;
  }
}

function replace(text: string, needle: string, whole: boolean): string {
  if (!whole) return text.replaceAll(needle, MASK);
  const literal = needle.replace(/[^A-Za-z0-9]/g, "\\$&");
  return text.replace(new RegExp(`(?<![A-Za-z0-9])${literal}(?![A-Za-z0-9])`, "g"), MASK);
}

/** As it came, as a digest is forwarded, as a server might encode it, and what it decodes to. */
function formsOf(secret: string): Set<string> {
  const plain = decodeBase64(secret); // nothing is in what is no base64
  // PLAIN is "\0user\0password" (RFC 4616), XOAUTH2 and OAUTHBEARER have their token so (RFC 7628).
  const inside = /^[^\0]*\0[^\0]*\0(.+)$/s.exec(plain) ?? /\x01auth=Bearer ([^\x01]+)/i.exec(plain);
  const parts = [secret, plain, inside?.[1] ?? ""];
  return new Set([...parts, ...parts.flatMap(encodings), secret.toLowerCase()]);
}

/** Base64 of it, and what base64 of any longer text has in it, at whichever of three octets it begins. */
function encodings(text: string): string[] {
  const inside = [0, 1, 2].map((before) => {
    const whole = Math.floor((before + text.length) / 3) * 4;
    return btoa("\0".repeat(before) + text).slice(before === 0 ? 0 : before + 1, whole);
  });
  return [btoa(text).replace(/=+$/, ""), ...inside];
}
