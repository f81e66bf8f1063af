// The administrator's regular expressions, compiled by RE2: linear in the text, because clients choose it.
// Loaded only by sessions that have rules.

import { RE2JS } from "re2js";
import type { Pattern } from "./pattern.ts";

/** Case-insensitive, matching anywhere. @throws Error with RE2's own words for a bad expression */
export function compilePattern(source: string): Pattern {
  const expression = RE2JS.compile(source, RE2JS.CASE_INSENSITIVE);
  return { name: source, test: (text) => expression.matcher(text).find() };
}
