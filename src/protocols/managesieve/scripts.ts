// The list of scripts (RFC 5804 section 2.7): a line of it as a client gets it. Knows words; not who asked.

import { quote, type Word } from "./strings.ts";
import { isName } from "./text.ts";

/** @returns the line, nothing for a script that no client could ask for, and null for what is no line of a list */
export function listed([name, active, more]: readonly Word[]): string | null {
  const isActive = active?.kind === "atom" && active.text.toUpperCase() === "ACTIVE";
  if (name?.kind !== "string" || (active !== undefined && !isActive) || more !== undefined) return null;
  return isName(name.text) ? `${quote(name.text)}${isActive ? " ACTIVE" : ""}\r\n` : "";
}
