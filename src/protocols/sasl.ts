// What of SASL a wrapper must know (RFC 4422), the same for SMTP AUTH (RFC 4954) and POP3 AUTH (RFC 5034):
// which mechanisms leave the conversation readable, what a line of authentication data may look like, and who
// it is that logs in. Knows no replies, and of the data nothing but the user's name.

import { decodeBase64 } from "../wire/base64.ts";
import type { Line } from "../wire/lines.ts";
import type { Login } from "./login.ts";
import type { Guess, Step } from "./protocol.ts";

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

/** What a client's line in an exchange is, and what of it the server gets. */
export interface SaslAnswer {
  readonly verdict: "data" | "cancel" | "bad" | "too-long";
  /** For the server, which waits for data: what is no data is no more than the wish to stop. */
  readonly server: string;
  /** How the log may show the line. */
  readonly hidden: Pick<Step, "shown" | "secret">;
}

/** One exchange, from the command that names the mechanism to the server's verdict. */
export class SaslExchange {
  readonly method: string;
  /** What the client has said of itself; the first such line has the user's name in it. */
  #first: string | null = null;
  #last = "";
  /** Lines of data it still has to say, when everything it says is right. */
  #missing: number;

  /** @param mechanism one that is offered @param initial the initial response, if one came with the command */
  constructor(mechanism: string, initial: string | undefined) {
    this.method = mechanism.toUpperCase();
    if (initial !== undefined) {
      this.#first = initial;
      this.#last = initial;
    }
    this.#missing = answersOf(initial === undefined ? [this.method] : [this.method, initial]);
  }

  /** Whether the server has all that it needs to know a right password from a wrong one. */
  get isTold(): boolean {
    return this.#missing <= 0;
  }

  /** Whether a challenge now is the server's word that it was wrong (RFC 7628 §3.2.2). */
  get isRefusedByChallenge(): boolean {
    return this.isTold && /^(?:XOAUTH2|OAUTHBEARER)$/.test(this.method);
  }

  /** Whether the server has been told anything by which it could refuse somebody, and not the mechanism. */
  get hasData(): boolean {
    return this.#first !== null;
  }

  get login(): Login {
    const user = userIn(this.method, this.#first ?? "");
    return { method: this.method, ...(user === "" ? {} : { user }) };
  }

  /** What tells it from others, once the server has all that it needs; null before. */
  get guess(): Guess | null {
    if (!this.isTold) return null;
    const { user } = this.login;
    const password = passwordIn(this.method, this.#first!, this.#last);
    return { ...(user === undefined ? {} : { user }), ...(password === null ? {} : { password }) };
  }

  /** The client's line while a challenge waits for it: data, whatever it looks like. */
  answer(line: Line): SaslAnswer {
    const verdict = line.tooLong ? "too-long" : judgeData(line.text);
    if (verdict === "data") {
      this.#first ??= line.text;
      this.#last = line.text;
      this.#missing--;
    }
    return {
      verdict,
      server: `${verdict === "data" ? line.text : CANCEL}\r\n`,
      hidden: { shown: "***", ...(verdict === "cancel" ? {} : { secret: line.text }) },
    };
  }
}

/** Where a mechanism has the user's name in the first data of the client, decoded; the others tell none. */
const NAMES: readonly (readonly [mechanism: RegExp, name: RegExp])[] = [
  [/^PLAIN$/, /^[^\0]*\0([^\0]+)\0/], // RFC 4616 §2
  [/^LOGIN$/, /^([^\0]+)$/],
  [/^SCRAM-/, /^[^,]*,[^,]*,n=([^,]+)/], // RFC 5802 §7
  [/^XOAUTH2$/, /^user=([^\x01]+)\x01/],
  [/^OAUTHBEARER$/, /^n,a=([^,]+),/], // RFC 7628 §3.1
  [/^CRAM-MD5$/, /^([^\0]+) [0-9A-Fa-f]{32}$/], // RFC 2195 §2
];

/** @returns the user's name in the client's first data, or nothing where there is none to be told */
function userIn(method: string, data: string): string {
  const pattern = NAMES.find(([mechanism]) => mechanism.test(method))?.[1];
  return pattern?.exec(decodeBase64(data))?.[1] ?? "";
}

/** @returns the password, or whatever stands for it; null where another challenge would hide that it is the same */
function passwordIn(method: string, first: string, last: string): string | null {
  if (method === "PLAIN") return /^[^\0]*\0[^\0]*\0(.*)$/s.exec(decodeBase64(first))?.[1] ?? null;
  if (method === "LOGIN") return decodeBase64(last);
  return /^(?:XOAUTH2|OAUTHBEARER)$/.test(method) ? decodeBase64(first) : null;
}

/** An initial response is data, or "=" for an empty one (RFC 4954 section 4). */
export function isInitialResponse(text: string): boolean {
  return text === "=" || (text !== "" && isBase64(text));
}

export function judgeData(text: string): SaslAnswer["verdict"] {
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
