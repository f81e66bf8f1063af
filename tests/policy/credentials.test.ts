// Which certificate a client gets: by an exact name before a wildcard, a wildcard for one label, and else the first.

import { expect, test } from "bun:test";
import { type Credentials, credentialFor } from "../../src/policy/credentials.ts";

const credential = (label: string, ...names: string[]) => ({ label, names, chain: "", key: "" });

const ALL: Credentials = [
  credential("first", "mx.test", "also.test"),
  credential("wild", "*.example.test"),
  credential("exact", "imap.example.test", "*.deep.example.test"),
];

test.each([
  ["mx.test", "first"],
  ["also.test", "first"],
  ["imap.example.test", "exact"],
  ["pop.example.test", "wild"],
  ["x.deep.example.test", "exact"],
  // RFC 6125 §6.4.3: one label, the leftmost, and never none.
  ["example.test", "first"],
  ["a.b.example.test", "first"],
  ["a.x.deep.example.test", "first"],
  ["deep.example.test", "wild"],
  [".example.test", "first"],
  // A name that a client says is never a pattern.
  ["*.example.test", "wild"],
  ["*.deep.example.test", "exact"],
  ["unknown.test", "first"],
  ["", "first"],
  [null, "first"],
])("for %p it is the %s one", (asked, label) => {
  expect(credentialFor(ALL, asked).label).toBe(label);
});

test("the first stands for all where there is one, with whatever names", () => {
  for (const names of [[], ["*"], ["*.test"]])
    for (const asked of [null, "a", "a.test", "test"])
      expect(credentialFor([credential("only", ...names)], asked).label).toBe("only");
});

test("a name in two certificates is that of the one that was given first", () => {
  const twice: Credentials = [
    credential("a", "x.test"),
    credential("b", "y.test"),
    credential("c", "y.test"),
  ];
  expect(credentialFor(twice, "y.test").label).toBe("b");
  const wild: Credentials = [
    credential("a", "x.test"),
    credential("b", "*.y.test"),
    credential("c", "*.y.test"),
  ];
  expect(credentialFor(wild, "a.y.test").label).toBe("b");
});
