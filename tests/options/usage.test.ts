// The words for a wrong command line.

import { expect, test } from "bun:test";
import { expected, nearest, UsageError } from "../../src/options/usage.ts";

test("an error names the option, what was expected and what was given, quoted", () => {
  const error = expected("--auth", "off or pass", 'a"\n\x1b');
  expect(error).toBeInstanceOf(UsageError);
  expect(error.message).toBe('--auth: expected off or pass, got "a\\"\\n\\u001b"');
});

test.each([
  ["smpt", "smtp"],
  ["pop", "pop3"],
  ["max-errrs", "max-errors"],
  ["relay-domains", "relay-domain"],
  ["maxerrors", "max-errors"],
  ["", null],
  ["something-else", null],
])("%j is meant to be %p", (name, meant) => {
  expect(nearest(name, ["pop3", "smtp", "max-errors", "relay-domain", "log-level"])).toBe(meant);
});

test("among no names none is near", () => {
  expect(nearest("smtp", [])).toBeNull();
});
