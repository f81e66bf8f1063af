// The lists of the log as the manual has them (mdoc): keys, events with their reasons, rules. Knows how they are
// written down; what is in them is in src/record.

import { EVENTS, type EventName, KEYS, keysOf } from "../../src/record/events.ts";
import { CONTENT_RULE, RULES } from "../../src/record/rules.ts";
import { item, list, literals } from "./lists.ts";
import { marksOf, put } from "./place.ts";
import { prose } from "./prose.ts";

/** What stands around them in the page. */
export const MARKS = marksOf("src/record");

/** The page with the lists as they are now. @throws where it has no place for them */
export function withLists(page: string): string {
  return put(page, MARKS, logLists());
}

function logLists(): string {
  return [
    ...prose("The keys, of which each means the same everywhere:"),
    ...list(Object.entries(KEYS).map(([name, { sentence }]) => item(name, sentence))),
    ".Pp",
    ...prose("The events, by level, with their keys in the order of the line:"),
    ...list((Object.keys(EVENTS) as EventName[]).map(eventItem)),
    ".Pp",
    ...prose("The rules of refusals, besides those that a protocol from outside has of its own:"),
    ...list(
      [...Object.entries(RULES), ["block-body#n", CONTENT_RULE] as const]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, sentence]) => item(name, sentence)),
    ),
    "",
  ].join("\n");
}

function eventItem(name: EventName): string[] {
  const event = EVENTS[name];
  const keys = keysOf(name).map((key) => key.name);
  const reasons = "reasons" in event ? Object.entries(event.reasons) : [];
  return [
    `.It Li ${name}`,
    `.Pq level ${event.level}`,
    ...prose(event.sentence),
    ...(keys.length === 0 ? [] : [".br", ...literals(keys)]),
    ...(reasons.length === 0
      ? []
      : [".br", "Its reasons:", ...list(reasons.map(([reason, why]) => item(reason, why)))]),
  ];
}
