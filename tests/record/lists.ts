// Holds one entry against the lists of src/record: its level, its keys in their order, and what their values are.

import { EVENTS, type EventName, KEYS, keysOf } from "../../src/record/events.ts";

/** An entry as whoever reads a log has it: of any event. */
export interface Read {
  readonly level: number;
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** @throws for an entry that the lists do not have */
export function checkEntry({ level, event, fields }: Read): void {
  const wrong = (what: string) => new Error(`${what}: ${event} ${JSON.stringify(fields)}`);
  if (!Object.hasOwn(EVENTS, event)) throw wrong("no event");
  const known = EVENTS[event as EventName];
  if (known.level !== level) throw wrong(`level ${level}`);
  const keys = keysOf(event as EventName);
  const given = Object.keys(fields);
  const inOrder = keys.map(({ name }) => name).filter((key) => given.includes(key));
  if (given.join() !== inOrder.join()) throw wrong("keys that are not listed, or not in that order");
  for (const { name, isSure } of keys) if (isSure && !given.includes(name)) throw wrong(`${name} is missing`);
  for (const [key, value] of Object.entries(fields)) {
    const { is } = KEYS[key as keyof typeof KEYS];
    if (!isOf(is, value)) throw wrong(`${key} is no ${is}`);
  }
  if ("reasons" in known && !Object.hasOwn(known.reasons, String(fields.reason))) throw wrong("no reason");
}

function isOf(is: "text" | "number" | "list" | "status", value: unknown): boolean {
  switch (is) {
    case "number":
      return typeof value === "number" && Number.isFinite(value);
    case "list":
      return Array.isArray(value) && value.every((one) => typeof one === "string");
    case "status":
      return typeof value === "number" || typeof value === "string";
    case "text":
      return typeof value === "string";
  }
}
