// Expressions and texts that meet often, for the properties of this directory: few letters, much syntax.

import fc from "fast-check";
import { RE2JS } from "re2js";

const ATOMS = [
  ..."abks. -",
  ...[
    "\\.",
    "\\s",
    "\\d",
    "\\w",
    "\\W",
    "\\S",
    "[ab]",
    "[^a]",
    "[a-k]",
    "[K-b]",
    "é",
    "[é]",
    "ſ",
    "\\b",
    "\\B",
    "^",
    "$",
  ],
  ...[
    "\\A",
    "\\z",
    "(?i)",
    "(?m)",
    "(?-m:^)",
    "(?s).",
    "[[:alpha:]]",
    "\\x61",
    "\\pL",
    "\\Qa",
    "abk",
    "ask",
    "sab",
    "a\\-b",
  ],
];

function valid(source: string): boolean {
  try {
    RE2JS.compile(source, RE2JS.CASE_INSENSITIVE);
    return true;
  } catch {
    return false;
  }
}

/** Valid RE2 expressions. */
export const expressions: fc.Arbitrary<string> = fc
  .letrec<{ expression: string; part: string }>((tie) => ({
    expression: fc.oneof(
      { maxDepth: 4 },
      fc.array(tie("part"), { minLength: 1, maxLength: 5 }).map((parts) => parts.join("")),
      fc.tuple(tie("expression"), tie("expression")).map((sides) => sides.join("|")),
    ),
    part: fc
      .tuple(
        fc.oneof(
          { maxDepth: 3, withCrossShrink: true },
          { arbitrary: fc.constantFrom(...ATOMS), weight: 4 },
          { arbitrary: tie("expression").map((inner) => `(${inner})`), weight: 1 },
          { arbitrary: tie("expression").map((inner) => `(?:${inner})`), weight: 1 },
        ),
        fc.constantFrom("", "", "", "", "?", "*", "+", "*?", "{2}", "{0,2}", "{1,}"),
      )
      .map((pieces) => pieces.join("")),
  }))
  .expression.filter(valid);

/** Lines, mostly short, with line ends of every kind. */
export const texts: fc.Arbitrary<string> = fc
  .array(
    fc.constantFrom(
      ..."aabbkkss..  AKS0-",
      "abk",
      "ask",
      "sab",
      "é",
      "ſ",
      "\u212a",
      "\n",
      "\r\n",
      "\n.",
      "\n\n",
    ),
    { maxLength: 40 },
  )
  .map((pieces) => pieces.join(""));
