// The list of capabilities re-written (RFC 5804 section 1.7), default-deny: one that is not in the table could open a way
// past the wrapper, or names the server. Knows capabilities and how they are listed; not the conversation.

import { filterMechanisms } from "../sasl.ts";
import { type Status, statusIn } from "./status.ts";
import { toClient, type Word } from "./strings.ts";
import { readable } from "./text.ts";

/** RFC 5804 section 1.7; what Sieve can do is nobody's secret, and clients need it. */
const KEPT: ReadonlySet<string> = new Set([
  "SIEVE",
  "VERSION",
  "NOTIFY",
  "MAXREDIRECTS",
  "LANGUAGE",
  "OWNER",
  "UNAUTHENTICATE",
]);

/** Who is here: the server's name tells which of its faults may be tried. */
const IMPLEMENTATION = "protowrap";

const MOST_LINES = 256;

export interface Capability {
  /** In upper case. */
  readonly name: string;
  readonly value: string | null;
}

export interface CapabilityPolicy {
  /** Pass SASL, with the mechanisms that have no security layer. */
  readonly auth: boolean;
  /** A login may be offered. */
  readonly isLoginOpen: boolean;
  /** Offer STARTTLS, which is ours. */
  readonly startsTls: boolean;
}

/** A list as it is read, the greeting for one (RFC 5804 section 1.7), up to the status that ends it. */
export class CapabilityList {
  readonly capabilities: Capability[] = [];

  /** @returns the status, null when more must come, "fault" for what no honest server says */
  add(words: readonly Word[]): Status | "fault" | null {
    const status = statusIn(words);
    if (status !== null) return status;
    const [name, value, more] = words;
    const isLine = name?.kind === "string" && (value?.kind ?? "string") === "string" && more === undefined;
    if (!isLine || this.capabilities.length === MOST_LINES) return "fault";
    this.capabilities.push({ name: name.text.toUpperCase(), value: value?.text ?? null });
    return null;
  }

  has(name: string): boolean {
    return this.capabilities.some((capability) => capability.name === name);
  }
}

export function filterCapabilities(list: readonly Capability[], policy: CapabilityPolicy): Capability[] {
  const mechanisms = mechanismsOf(list, policy);
  // An empty list says that TLS must come first (RFC 5804 section 1.7), and nothing where there is none to be had.
  const isSaslTold = mechanisms.length > 0 || policy.startsTls;
  return [
    { name: "IMPLEMENTATION", value: IMPLEMENTATION },
    ...(isSaslTold ? [{ name: "SASL", value: mechanisms.join(" ") }] : []),
    ...list.filter(({ name }) => KEPT.has(name)),
    ...(policy.startsTls ? [{ name: "STARTTLS", value: null }] : []),
  ];
}

export function writeCapabilities(list: readonly Capability[]): string {
  return list
    .map(
      ({ name, value }) =>
        `${[name, ...(value === null ? [] : [readable(value)])].map(toClient).join(" ")}\r\n`,
    )
    .join("");
}

function mechanismsOf(list: readonly Capability[], { auth, isLoginOpen }: CapabilityPolicy): string[] {
  if (!auth || !isLoginOpen) return [];
  const said = list.filter(({ name }) => name === "SASL").flatMap(({ value }) => (value ?? "").split(" "));
  return filterMechanisms(said);
}
