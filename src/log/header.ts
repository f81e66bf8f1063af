// What syslog puts in front of a line (RFC 3164): priority, time, name (pure). Knows our levels and what
// they are called there; not how a line travels.

import type { Message } from "./sink.ts";

/** RFC 3164 section 4.1.1. */
export const FACILITY = { mail: 2, daemon: 3 } as const;

export type Facility = (typeof FACILITY)[keyof typeof FACILITY];

/** Error, notice, informational, and debug for the rest. */
const SEVERITY = [3, 5, 6, 7, 7, 7] as const;

export function severityOf(level: Message["level"]): number {
  return SEVERITY[level];
}

/** Who says it, to a place that knows the host. */
export function tagOf({ speaker }: Message, ours: string): string {
  return speaker?.tag ?? ours;
}

/** The same for one that does not: others' lines have the host in front of the name, and who reads them looks there. */
export function placedTagOf({ speaker }: Message, ours: string): string {
  return speaker === undefined ? ours : `${speaker.host} ${speaker.tag}`;
}

/** As a program talks to its own host: no host name. */
export function localHeader(message: Message, facility: Facility, ours: string): string {
  const { level, at } = message;
  return `<${facility * 8 + severityOf(level)}>${stamp(at)} ${tagOf(message, ours)}: `;
}

/** `Nov  5 09:07:00`, in the time zone of the host, as RFC 3164 section 4.1.2 has it. */
function stamp(at: Date): string {
  const [, month, day, , time] = at.toString().split(" ");
  return `${month} ${day!.replace(/^0/, " ")} ${time}`;
}
