// What the supervisor and the process that answers Prometheus say to each other: lines of a word and a text. That
// process has clients of its own, and may be in somebody's hands: all it can do is ask. Knows no socket.

import type { MetricsPlace } from "../options/metrics.ts";
import type { Identity } from "../os/identity.ts";

/** What it is to do: where it listens, and whom it becomes before anybody is heard. */
export interface ScrapeConfiguration {
  readonly place: MetricsPlace;
  /** Null for whom it is. */
  readonly identity: Identity | null;
}

export type ScrapeOrder =
  | ({ readonly word: "configure" } & ScrapeConfiguration)
  | { readonly word: "numbers"; readonly text: string };

export type ScrapeReport =
  | { readonly word: "ready" }
  /** It cannot listen there; with the name of an errno where the system says so. */
  | { readonly word: "broken"; readonly text: string; readonly code?: string }
  | { readonly word: "ask" };

/** Octets of a line that it says. */
export const MOST_SAID = 1_024;
/** Octets of the numbers. */
export const MOST_NUMBERS = 16_777_216;

export function write(said: ScrapeOrder | ScrapeReport): string {
  return `${JSON.stringify(said)}\n`;
}

/** @throws when the supervisor says what it never does */
export function readScrapeOrder(line: string): ScrapeOrder {
  return JSON.parse(line) as ScrapeOrder;
}

/** @returns null for what is none */
export function readScrapeReport(line: string): ScrapeReport | null {
  try {
    const { word, text, code } = Object(JSON.parse(line)) as Readonly<Record<string, unknown>>;
    if (word === "ready" || word === "ask") return { word };
    if (word !== "broken") return null;
    const isErrno = typeof code === "string" && /^E[A-Z0-9]{1,20}$/.test(code);
    return { word, text: String(text).slice(0, 200), ...(isErrno ? { code } : {}) };
  } catch {
    return null;
  }
}
