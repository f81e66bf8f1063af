// What a step may be, held against what a module from outside returned: the compiler has not seen it. A malformed one
// is told where it is returned, and not where it would have been felt. Knows the shape of steps and what each dialogue
// can follow; no protocol.

import { nearest } from "../../options/usage.ts";
import { bodyOf, isListening } from "../../protocols/next.ts";
import type { AnyProtocol, Next, Step } from "../../protocols/protocol.ts";
import { EVENTS } from "../../record/events.ts";
import { listedEntry } from "../../record/listed.ts";
import { RULES } from "../../record/rules.ts";
import type { Body } from "../../wire/body.ts";

type Dialogue = AnyProtocol["dialogue"];

/** What of its protocol decides what a step may be. */
export interface Manner {
  readonly dialogue: Dialogue;
  /** Rules it declares besides those of everybody. */
  readonly rules: readonly string[];
}

/** @returns the fault, what was expected and what was given; or null */
export type Check = (value: unknown) => string | null;

const REPLY = expecting("octets that end in CRLF", (value) => isOctets(value) && /\r\n$/.test(value));
const COMMAND = expecting(
  "one line of octets that ends in CRLF, with no NUL, CR or LF in it",
  (value) => isOctets(value) && /^[^\0\r\n]*\r\n$/.test(value),
);
export const TEXT = expecting("text", (value) => typeof value === "string");
const SECONDS = expecting(
  "seconds, a number from 0",
  (value) => Number.isFinite(value) && Number(value) >= 0,
);
const TRUE = expecting("true", (value) => value === true);
const BOOLEAN = expecting("true or false", (value) => typeof value === "boolean");
const GUESS = expecting(
  "null, or an object of the texts user and password",
  (value) => value === null || isGuess(value),
);
const TOLD = expecting('an object of the texts verb, from and helo, and the list "to"', isTold);
const ENTRY = expecting("an entry {level, event, fields}, as protowrap(8) has its events", isEntry);

/** Every key of a step but `next`: a new one that is missing here is an error of the compiler. */
const KEYS: Readonly<Record<Exclude<keyof Step, "next" | "refused">, Check>> = {
  client: REPLY,
  part: expecting(
    "nothing, or octets that end in CRLF",
    (value) => isOctets(value) && /^$|\r\n$/.test(value),
  ),
  server: COMMAND,
  delay: SECONDS,
  patience: SECONDS,
  mayUpload: TRUE,
  guess: GUESS,
  undecided: TRUE,
  decides: expecting('"login" or "delivery"', (value) => value === "login" || value === "delivery"),
  shown: TEXT,
  told: TOLD,
  secret: TEXT,
  by: expecting('"server"', (value) => value === "server"),
  ends: expecting(`why the session ends: ${Object.keys(EVENTS.end.reasons).join(", ")}`, (value) =>
    Object.hasOwn(EVENTS.end.reasons, String(value)),
  ),
  error: BOOLEAN,
  idle: TRUE,
  log: ENTRY,
};

/** What a session can do next, as words: a new one that is missing here is an error of the compiler. */
const WORDS: Readonly<Record<Extract<Next, string>, readonly Dialogue[]>> = {
  command: ["lock-step", "stream"],
  more: ["lock-step"],
  reply: ["lock-step"],
  either: ["lock-step"],
  restart: ["lock-step"],
  secure: ["lock-step"],
  drain: ["stream"],
  close: ["lock-step", "stream"],
};

/** @returns the fault of what is no rule of everybody's, nor one of these */
export function faultOfRule(value: unknown, rules: readonly string[]): string | null {
  const isKnown =
    typeof value === "string" &&
    (Object.hasOwn(RULES, value) || rules.includes(value) || /^block-body#[0-9]+$/.test(value));
  return isKnown
    ? null
    : `expected a rule of protowrap(8) or of the protocol's own rules, got ${shown(value)}`;
}

/** @returns the fault of what a method returned as its step, or null */
export function faultOfStep(value: unknown, { dialogue, rules }: Manner): string | null {
  if (typeof value !== "object" || value === null || Array.isArray(value) || isPromise(value))
    return `expected a step, got ${shown(value)}`;
  const step = value as Readonly<Record<string, unknown>>;
  for (const key in step) {
    if (key === "next" || step[key] === undefined) continue;
    const check = key === "refused" ? (rule: unknown) => faultOfRule(rule, rules) : checkOf(key);
    if (check === null) return `expected a step, got one with ${unknownKey(key)}`;
    const fault = check(step[key]);
    if (fault !== null) return `${key}: ${fault}`;
  }
  return faultOfNext(step.next, dialogue) ?? faultOfPair(step as unknown as Step, dialogue);
}

function faultOfNext(next: unknown, dialogue: Dialogue): string | null {
  const words = Object.entries(WORDS).flatMap(([word, dialogues]) =>
    dialogues.includes(dialogue) ? [word] : [],
  );
  if (typeof next === "string" && words.includes(next)) return null;
  const made =
    dialogue === "lock-step" ? ", or what kit.upload, kit.download, kit.literal and kit.swallow make" : "";
  if (made === "" || !isListening(next))
    return `next: expected ${words.join(", ")}${made}; got ${shown(next)}`;
  const body: unknown = bodyOf(next);
  if (body === null || isBody(body)) return null;
  return `next: ${next.name}: expected a body with scan(chunk, at, forward), ended and fault, got ${shown(body)}`;
}

/** What of a step does not go with the rest of it. */
function faultOfPair({ server, next }: Step, dialogue: Dialogue): string | null {
  const isUpload = isListening(next) && next.name === "upload";
  if (dialogue === "lock-step" && server !== undefined && next !== "reply" && !isUpload)
    return `next: expected reply, which goes with server, or an upload; got ${shown(next)}`;
  return null;
}

function isBody(value: unknown): value is Body {
  const { scan, ended, fault } = Object(value) as Partial<Body>;
  return (
    typeof scan === "function" && typeof ended === "boolean" && (fault === null || typeof fault === "string")
  );
}

/** As an error tells it: short, and never more of an object than what it is. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "function") return "a function";
  if (isPromise(value)) return "a promise (a protocol is told of what happened, and waits for nothing)";
  if (typeof value === "object" && value !== null) {
    const keys = Object.keys(value);
    return Array.isArray(value)
      ? "a list"
      : `an object of ${keys.length === 0 ? "nothing" : keys.join(", ")}`;
  }
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}

function checkOf(key: string): Check | null {
  return Object.hasOwn(KEYS, key) ? KEYS[key as keyof typeof KEYS] : null;
}

function unknownKey(key: string): string {
  const near = nearest(key, [...Object.keys(KEYS), "next", "refused"]);
  return `an unknown ${key}${near === null ? "" : `; expected perhaps ${near}`}`;
}

export function expecting(what: string, isRight: (value: unknown) => boolean): Check {
  return (value) => (isRight(value) ? null : `expected ${what}, got ${shown(value)}`);
}

function isPromise(value: unknown): boolean {
  return typeof (Object(value) as { then?: unknown }).then === "function";
}

/** One unit is one octet. */
function isOctets(value: unknown): value is string {
  return typeof value === "string" && !/[^\0-\xff]/.test(value);
}

/** What is told of a line, besides itself. */
export function isTold(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).every(([name, given]) =>
    name === "to" ? isTexts(given) : ["verb", "from", "helo"].includes(name) && typeof given === "string",
  );
}

function isGuess(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).every(
    ([name, given]) =>
      ["user", "password"].includes(name) && (given === undefined || typeof given === "string"),
  );
}

export function isEntry(value: unknown): boolean {
  const { level, event, fields } = Object(value) as Readonly<Record<string, unknown>>;
  const entry = listedEntry(String(event), fields);
  if (entry === null || entry.level !== level) return false;
  return Object.keys(fields as object).every((key) => Object.hasOwn(entry.fields, key));
}

function isTexts(list: unknown): list is readonly string[] {
  return Array.isArray(list) && list.every((text) => typeof text === "string");
}
