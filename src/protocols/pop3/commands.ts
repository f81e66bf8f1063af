// The commands of POP3 (RFC 1939, 2449, 5034): in which state each is legal and what its argument must be.
// A line is taken whole or refused whole, and what the server gets is written anew from what was parsed.
// Knows neither the server nor the mailbox.

import type { Refusal } from "../refusal.ts";
import { showAuth } from "../sasl.ts";
import { canonical } from "./numbers.ts";
import * as replies from "./replies.ts";

/** As RFC 1939 section 3, with `user` for AUTHORIZATION after USER. */
export type State = "authorization" | "user" | "transaction";

export interface Command {
  readonly verb: string;
  /** In canonical form: upper-case mechanism, numbers without leading zeros. */
  readonly words: readonly string[];
}

/** @param text what follows the verb and its blank; null when nothing does */
type Argument = (text: string | null) => string[] | null;

const none: Argument = (text) => (text === null ? [] : null);

const name: Argument = (text) => matched(text, /^([!-~]+)$/);

/** Blanks belong to it (RFC 1939 section 7), and octets above 127, which real passwords have. */
const secret: Argument = (text) => matched(text, /^(.+)$/s);

const nameAndDigest: Argument = (text) => {
  const words = matched(text, /^([!-~]+) ([0-9A-Fa-f]{32})$/);
  return words === null ? null : [words[0]!, words[1]!.toLowerCase()];
};

const mechanism: Argument = (text) => {
  if (text === null) return [];
  const words = matched(text, /^([A-Za-z0-9_-]{1,20})(?: ([!-~]+))?$/);
  return words === null ? null : [words[0]!.toUpperCase(), ...words.slice(1)];
};

const number: Argument = (text) => {
  const digits = canonical(text ?? "");
  return digits === null ? null : [digits];
};

const numberOrNone: Argument = (text) => (text === null ? [] : number(text));

/** fetchmail asks for 99999999 lines; more than ten digits are no count of lines. */
const numberAndLines: Argument = (text) => {
  const [first, second = "", ...more] = (text ?? "").split(" ");
  const [digits, lines] = [canonical(first!), canonical(second, 10)];
  return digits === null || lines === null || more.length > 0 ? null : [digits, lines];
};

function matched(text: string | null, pattern: RegExp): string[] | null {
  const words = pattern.exec(text ?? "");
  return words === null ? null : words.slice(1).filter((word) => word !== undefined);
}

const ANYWHERE: readonly State[] = ["authorization", "user", "transaction"];
const TRANSACTION: readonly State[] = ["transaction"];
/** USER after USER is denied: one name, one password. */
const AUTHORIZATION: readonly State[] = ["authorization"];

const COMMANDS: ReadonlyMap<string, { states: readonly State[]; argument: Argument }> = new Map([
  ["USER", { states: AUTHORIZATION, argument: name }],
  ["PASS", { states: ["user"], argument: secret }],
  ["APOP", { states: AUTHORIZATION, argument: nameAndDigest }],
  ["AUTH", { states: AUTHORIZATION, argument: mechanism }],
  // RFC 2595 §4
  ["STLS", { states: ["authorization", "user"], argument: none }],
  ["CAPA", { states: ANYWHERE, argument: none }],
  ["STAT", { states: TRANSACTION, argument: none }],
  ["LIST", { states: TRANSACTION, argument: numberOrNone }],
  ["UIDL", { states: TRANSACTION, argument: numberOrNone }],
  ["RETR", { states: TRANSACTION, argument: number }],
  ["TOP", { states: TRANSACTION, argument: numberAndLines }],
  ["DELE", { states: TRANSACTION, argument: number }],
  ["RSET", { states: TRANSACTION, argument: none }],
  ["NOOP", { states: TRANSACTION, argument: none }],
  ["LAST", { states: TRANSACTION, argument: none }],
  ["QUIT", { states: ANYWHERE, argument: none }],
]);

/**
 * Known and never passed: STLS is ours, or nobody's. UTF8 and LANG change what replies may contain, RPOP and XTND
 * are obsolete and unsafe, XCLIENT and XOIP let a client claim any address.
 */
const FORBIDDEN: ReadonlySet<string> = new Set(["STLS", "UTF8", "LANG", "RPOP", "XTND", "XCLIENT", "XOIP"]);

/** @param text a client line without its end @param startsTls STLS is offered */
export function parseCommand(text: string, state: State, startsTls: boolean): Command | Refusal {
  if (text.trim() === "") return { rule: "empty-line", reply: replies.EMPTY_LINE };
  if (/[\0-\x1f\x7f]/.test(text)) return { rule: "control-octet", reply: replies.CONTROL_OCTET };
  const { verb, rest } = split(text);
  const isOffered = verb === "STLS" && startsTls;
  if (FORBIDDEN.has(verb) && !isOffered)
    return { rule: "forbidden-command", reply: replies.FORBIDDEN_COMMAND };
  const command = COMMANDS.get(verb);
  if (command === undefined) return { rule: "unknown-command", reply: replies.UNKNOWN_COMMAND };
  if (!command.states.includes(state)) return { rule: "wrong-state", reply: replies.WRONG_STATE };
  const words = command.argument(rest);
  return words === null ? { rule: "bad-argument", reply: replies.BAD_ARGUMENT } : { verb, words };
}

export function writeCommand({ verb, words }: Command): string {
  return `${[verb, ...words].join(" ")}\r\n`;
}

/**
 * A line as the log may show it, refused or not; undefined when it may be anything, a password typed at the
 * wrong moment for one.
 */
export function showLine(text: string): string | undefined {
  const { verb, rest } = split(text);
  if (!COMMANDS.has(verb) && !FORBIDDEN.has(verb)) return undefined;
  if (rest === null) return verb;
  switch (verb) {
    case "PASS":
    case "RPOP":
      return `${verb} ***`;
    // What stands behind a name is no part of it: somebody typed a password there.
    case "USER":
      return `USER ${rest.split(" ", 1)[0]}${rest.includes(" ") ? " ***" : ""}`;
    case "APOP":
      return `APOP ${[...(nameAndDigest(rest)?.slice(0, 1) ?? []), "***"].join(" ")}`;
    case "AUTH":
      return `AUTH ${showAuth(rest)}`;
    default:
      return `${verb} ${rest}`;
  }
}

/** What of a line is a secret, refused or not; undefined when nothing is. */
export function secretOf(text: string): string | undefined {
  const { verb, rest } = split(text);
  if (verb === "PASS") return rest ?? undefined;
  return verb === "USER" || verb === "APOP" || verb === "AUTH" ? / (.+)$/s.exec(rest ?? "")?.[1] : undefined;
}

/** The verb of a line, if it is one of this protocol. */
export function verbOf(text: string): string | undefined {
  const { verb } = split(text);
  return COMMANDS.has(verb) || FORBIDDEN.has(verb) ? verb : undefined;
}

/** The verb in upper case; only ASCII letters have another case (not "\xdf", which would become "SS"). */
function split(text: string): { verb: string; rest: string | null } {
  const end = text.indexOf(" ");
  const word = end < 0 ? text : text.slice(0, end);
  return {
    verb: /^[A-Za-z0-9]+$/.test(word) ? word.toUpperCase() : "",
    rest: end < 0 ? null : text.slice(end + 1),
  };
}
