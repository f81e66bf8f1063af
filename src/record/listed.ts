// Whether what somebody else calls an entry is one (pure): by the closed lists its event, its keys, and what their
// values are. Knows the lists; not who tells it.

import type { Entry, Level } from "./entry.ts";
import { EVENTS, type EventName, KEYS, keysOf } from "./events.ts";

interface Listed {
  readonly level: Level;
  readonly reasons: object | null;
  readonly keys: ReturnType<typeof keysOf>;
}

/** Of each event that was asked for: its keys are read once. */
const listed = new Map<EventName, Listed>();

/** @returns the entry, of its listed keys in their order; null when it is none: one that is sure is missing, or wrong */
export function listedEntry(event: string, fields: unknown): Entry | null {
  if (!Object.hasOwn(EVENTS, event) || typeof fields !== "object" || fields === null) return null;
  const { level, reasons, keys } = listedAs(event as EventName);
  const given = fields as Readonly<Record<string, unknown>>;
  const taken: Record<string, unknown> = {};
  for (const { name, isSure } of keys) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    if (value === undefined && !isSure) continue;
    if (!IS[KEYS[name].is](value)) return null;
    taken[name] = value;
  }
  if (reasons !== null && !Object.hasOwn(reasons, String(taken.reason))) return null;
  return { level, event, fields: taken } as unknown as Entry;
}

function listedAs(event: EventName): Listed {
  const known = listed.get(event);
  if (known !== undefined) return known;
  const entry = EVENTS[event];
  const made = {
    level: entry.level,
    reasons: "reasons" in entry ? entry.reasons : null,
    keys: keysOf(event),
  };
  listed.set(event, made);
  return made;
}

const isText = (value: unknown) => typeof value === "string";
const isNumber = (value: unknown) => Number.isFinite(value);

const IS: Readonly<Record<(typeof KEYS)[keyof typeof KEYS]["is"], (value: unknown) => boolean>> = {
  text: isText,
  number: isNumber,
  list: (value) => Array.isArray(value) && value.every(isText),
  status: (value) => isText(value) || isNumber(value),
};
