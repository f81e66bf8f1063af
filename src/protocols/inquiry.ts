// How `protowrap check` asks a server what it offers, and what a protocol makes of the answer: who asks is
// in cli/check/capabilities.ts, what is said in the protocol's own inquiry. No session has it.

import type { GivenOf, Table } from "../options/table.ts";
import type { Doubt, Place, ReadGiven, Row } from "./protocol.ts";

/** The dialogue by which one server is asked, from its greeting on. */
export interface Inquiry {
  /** One line of the server, without its line end. */
  serverLine(text: string): InquiryStep;
}

/** What follows from a line of the server. Strings are as in a `Step`. */
export type InquiryStep =
  /** The reply has more lines. */
  | "more"
  /** One command, when the whole reply has been read. */
  | { readonly server: string }
  /** It does not say: what it did instead. */
  | { readonly failed: string }
  /** What it offers, each as it said it, and our goodbye. */
  | { readonly offers: readonly string[]; readonly server: string };

/** What a server's answer comes to, under the options of a configuration. */
export interface Learned {
  readonly rows: readonly Row[];
  readonly doubts: readonly Doubt[];
}

/** A protocol whose servers can be asked, whichever its options are. Made by `inquiry` alone. */
export interface AnyInquiry {
  /** A new dialogue. @param hostname our own name */
  ask(hostname: string): Inquiry;
  learn(offers: readonly string[], read: ReadGiven, place: Place): Learned;
}

/** @param table the protocol's options */
export function inquiry<const T extends Table>(
  table: T,
  of: Pick<AnyInquiry, "ask"> & {
    learn(offers: readonly string[], options: GivenOf<T>, place: Place): Learned;
  },
): AnyInquiry {
  return { ask: of.ask, learn: (offers, read, place) => of.learn(offers, read(table), place) };
}

/** Of servers that list capabilities: those that no client sees. @param lost by name, as the server said it */
export function keptBack(lost: readonly string[]): readonly Row[] {
  // A server's words before a terminal.
  const names = lost.map((name) => name.replace(/[^ -~]/g, "?"));
  return names.length === 0 ? [] : [["keeps back", `${names.join(", ")}: ${WHY}`]];
}

const WHY =
  "TLS with clients is ours (--tls), SASL is passed with --auth pass, and of others nobody has thought what they would open";
