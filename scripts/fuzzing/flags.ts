// Knows how the values that a simulated session runs with are said on the command line.

import type { Domains } from "../../src/policy/relay.ts";

const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** What is neither text, nor a number, nor a flag, is a table of the session's own, and empty here as there. */
export function flagsOf(values: object): string[] {
  return Object.entries(values).flatMap(([name, value]) =>
    [isDomains(value) ? value.some(MOST) : value]
      .flat()
      .filter((one) => ["string", "number", "boolean"].includes(typeof one))
      .map((one) => `--${kebab(name)}=${one}`),
  );
}

/** More than any session here has. */
const MOST = 100;

function isDomains(value: unknown): value is Domains {
  return typeof (Object(value) as { some?: unknown }).some === "function" && !Array.isArray(value);
}
