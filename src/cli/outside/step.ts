// What a step may be, held against what a module from outside returned: the compiler has not seen it. A malformed one
// is told where it is returned, and not where it would have been felt. Knows the shape of steps and what each dialogue
// can follow; no protocol.

import { nearest } from "../../options/usage.ts";
import type { AnyProtocol, Step } from "../../protocols/protocol.ts";
import type { Body } from "../../wire/body.ts";

type Dialogue = AnyProtocol["dialogue"];

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
const RULE = expecting('a rule\'s name, of small letters, digits and "-"', (value) => isName(value));
const FIELDS = expecting("an object of names with text or numbers", isFields);
const ENTRY = expecting(
  "an entry {level: 0 to 5, event: a name, fields: an object of names with text or numbers}",
  (value) => {
    const { level, event, fields } = Object(value) as Readonly<Record<string, unknown>>;
    return [0, 1, 2, 3, 4, 5].includes(level as number) && isName(event) && isFields(fields);
  },
);

/** Every key of a step but `next`: a new one that is missing here is an error of the compiler. */
const KEYS: Readonly<Record<Exclude<keyof Step, "next">, Check>> = {
  client: REPLY,
  server: COMMAND,
  delay: SECONDS,
  patience: SECONDS,
  mayUpload: TRUE,
  decides: expecting('"login" or "delivery"', (value) => value === "login" || value === "delivery"),
  shown: TEXT,
  told: FIELDS,
  secret: TEXT,
  refused: RULE,
  by: expecting('"server"', (value) => value === "server"),
  error: BOOLEAN,
  idle: TRUE,
  log: ENTRY,
};

/** What a session can do next. */
const NEXT: Readonly<Record<Dialogue, readonly string[]>> = {
  "lock-step": ["command", "reply", "restart", "close"],
  stream: ["command", "drain", "close"],
};

/** @returns the fault of what a method returned as its step, or null */
export function faultOfStep(value: unknown, dialogue: Dialogue): string | null {
  if (typeof value !== "object" || value === null || Array.isArray(value) || isPromise(value))
    return `expected a step, got ${shown(value)}`;
  const step = value as Readonly<Record<string, unknown>>;
  for (const key in step) {
    if (key === "next") continue;
    if (!Object.hasOwn(KEYS, key)) return `expected a step, got one with ${unknownKey(key)}`;
    const fault = step[key] === undefined ? null : KEYS[key as keyof typeof KEYS](step[key]);
    if (fault !== null) return `${key}: ${fault}`;
  }
  return faultOfNext(step.next, dialogue) ?? faultOfPair(step as unknown as Step, dialogue);
}

function faultOfNext(next: unknown, dialogue: Dialogue): string | null {
  const words = NEXT[dialogue];
  if (typeof next === "string" && words.includes(next)) return null;
  const bodies = dialogue === "lock-step" ? ", {upload: body} or {download: body}" : "";
  const expected = `next: expected ${words.join(", ")}${bodies}`;
  const keys = typeof next === "object" && next !== null ? Object.keys(next) : [];
  if (bodies === "" || keys.length !== 1 || !["upload", "download"].includes(keys[0]!))
    return `${expected}; got ${shown(next)}`;
  const body = (next as Readonly<Record<string, unknown>>)[keys[0]!];
  if (isBody(body)) return null;
  return `next: ${keys[0]}: expected a body with scan(chunk, at, forward), ended and fault, got ${shown(body)}`;
}

/** What of a step does not go with the rest of it. */
function faultOfPair({ server, next }: Step, dialogue: Dialogue): string | null {
  if (dialogue === "lock-step" && server !== undefined && next !== "reply")
    return `next: expected reply, which goes with server; got ${shown(next)}`;
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

function unknownKey(key: string): string {
  const near = nearest(key, [...Object.keys(KEYS), "next"]);
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

function isName(value: unknown): value is string {
  return typeof value === "string" && /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(value);
}

function isFields(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).every(
    ([name, field]) => /^[a-z][a-zA-Z0-9]*$/.test(name) && ["string", "number"].includes(typeof field),
  );
}
