// Who is listened to next: the one table of it, and the makers of what is not a word. What is read of the client is
// paired with what is read of the server; every mode of a session is such a pair, and a protocol names one with each
// step. It must not know sessions, nor what any octet means.

import type { Body } from "../wire/body.ts";
import { CountedBody } from "../wire/counted.ts";
import { HARD_LIMIT } from "../wire/lines.ts";

/** A line, of either side. */
export const LINE = "line";

/** What is read of one side: a line; so many octets, held; a body, streamed; or whatever comes, at once. */
export type Reading = typeof LINE | "any" | { readonly octets: number } | { readonly body: Body };

interface Pair {
  readonly client: Reading | null;
  readonly server: Reading | null;
}

/**
 * A pair of readings. A side that is null is not read (the client), or must be silent (the server). It has a name,
 * for the log, and can only be made here: a malformed one cannot be written.
 */
class Listening<Name extends string = string> implements Pair {
  readonly name: Name;
  readonly client: Reading | null;
  readonly server: Reading | null;
  /** The client waits for an answer meanwhile. */
  readonly owed: boolean;
  /** No object that merely looks like one is one. */
  readonly #made = true;

  constructor(name: Name, { client = null, server = null }: Partial<Pair>, owed: boolean) {
    this.name = name;
    this.client = client;
    this.server = server;
    this.owed = owed;
  }

  static isOne(value: unknown): value is Listening {
    return typeof value === "object" && value !== null && #made in value && value.#made;
  }
}

/** Made by `upload`, `download`, `literal` and `swallow` alone. */
export type { Listening };

/** What a protocol names by a word. */
export const NEXT = {
  command: new Listening("command", { client: LINE }, false),
  more: new Listening("more", { client: LINE }, true),
  reply: new Listening("reply", { server: LINE }, true),
  /** IMAP's IDLE (RFC 2177) is answered so. */
  either: new Listening("either", { client: LINE, server: LINE }, true),
} as const satisfies Partial<Record<Extract<Next, string>, Listening>>;

/** A session's own: no protocol names them by what it wants to hear. */
export const OWN = {
  greeting: new Listening("greeting", { server: LINE }, true),
  /** In a stream, where the server's octets pass at any time. */
  stream: new Listening("command", { client: LINE, server: "any" }, false),
  /** Whether a login may be tried is asked, or it is slowed. */
  login: new Listening("login", {}, true),
  /** An answer is held back. */
  delay: new Listening("delay", {}, true),
  /** The client's octets are a handshake. */
  secure: new Listening("secure", {}, false),
  /** The server's output passes until it ends. */
  drain: new Listening("drain", { server: "any" }, false),
  closed: new Listening("closed", {}, false),
} as const;

/** What the session does next. */
export type Next =
  | "command" // read the next command of the client
  | "more" // read a further line of the same command
  | "reply" // read the server's next line
  | "either" // read either, whichever comes first, while a command is being answered
  | "restart" // start a fresh server, silently
  | "secure" // what the client says after this reply is a TLS handshake; then the session begins anew
  | "drain" // read nothing more of the client; the server's output passes until it ends
  | "close" // the session is over
  | Listening;

/**
 * The client's octets are a body for the server now.
 * @param owed whether the client still waits for the answer to the command it belongs to, as it does where the
 *   command's line announced it (`PUTSCRIPT a {100+}`) and not where a reply asked for it (`354`)
 */
export function upload(body: Body, { owed = false }: { readonly owed?: boolean } = {}): Listening {
  return new Listening("upload", { client: { body } }, owed);
}

/** The server's octets are a body for the client now: it is itself the answer, or what is left of it. */
export function download(body: Body, { owed = false }: { readonly owed?: boolean } = {}): Listening {
  return new Listening("download", { server: { body } }, owed);
}

/**
 * So many octets are held, and told to the conversation as one: a string of a command or of its answer. They are a
 * secret until somebody says otherwise: the log never has them.
 * @throws RangeError where it would be more than a line may ever have (HARD_LIMIT): such octets are a body
 */
export function literal(octets: number, side: "client" | "server"): Listening {
  if (!Number.isInteger(octets) || octets < 0 || octets > HARD_LIMIT)
    throw new RangeError(`a literal of ${octets} octets: expected a whole number of at most ${HARD_LIMIT}`);
  const reading: Reading = { octets };
  return new Listening("literal", side === "client" ? { client: reading } : { server: reading }, true);
}

/**
 * So many octets of the client go nowhere, not even into the log, as they may be a password: what it announced, is
 * refused, and sends without having been asked to (`{100000+}`). It waits for the refusal; `bodyEnd` follows.
 * @throws RangeError for what is no number of octets
 */
export function swallow(octets: number): Listening {
  return new Listening("swallow", { client: { body: new CountedBody(octets) } }, true);
}

export function isListening(value: unknown): value is Listening {
  return Listening.isOne(value);
}

/** The body that is read, of either side. */
export function bodyOf({ client, server }: Listening): Body | null {
  for (const reading of [client, server])
    if (reading !== null && typeof reading === "object" && "body" in reading) return reading.body;
  return null;
}

/** The same with another body in the place of its own. */
export function withBody({ name, client, owed }: Listening, body: Body): Listening {
  return new Listening(name, client === null ? { server: { body } } : { client: { body } }, owed);
}
