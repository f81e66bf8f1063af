// The list of capabilities, as it is read and as clients get it.

import { describe, expect, test } from "bun:test";
import {
  CapabilityList,
  type CapabilityPolicy,
  filterCapabilities,
  writeCapabilities,
} from "../../../src/protocols/managesieve/capabilities.ts";
import { type Word, wordsOf } from "../../../src/protocols/managesieve/strings.ts";

const words = (line: string): readonly Word[] => wordsOf(line)!.words;
const OPEN: CapabilityPolicy = { auth: true, isLoginOpen: true, startsTls: false };

function shown(lines: readonly string[], policy: Partial<CapabilityPolicy> = {}): string[] {
  const list = new CapabilityList();
  for (const line of lines) expect(list.add(words(line))).toBeNull();
  const written = writeCapabilities(filterCapabilities(list.capabilities, { ...OPEN, ...policy }));
  return written.split("\r\n").slice(0, -1);
}

const IMPLEMENTATION = '"IMPLEMENTATION" "protowrap"';

describe("a list", () => {
  test("is read up to its status", () => {
    const list = new CapabilityList();
    expect(['"Sieve" "a"', '"starttls"', "OK"].map((line) => list.add(words(line)))).toEqual([
      ...[null, null],
      { word: "OK", code: null, data: null, text: null },
    ]);
    expect(list.capabilities).toEqual([
      { name: "SIEVE", value: "a" },
      { name: "STARTTLS", value: null },
    ]);
    expect([list.has("SIEVE"), list.has("STARTTLS"), list.has("OK"), list.has("sieve")]).toEqual([
      ...[true, true, false, false],
    ]);
  });

  test.each(["", "SIEVE", '"SIEVE" a', '"SIEVE" "a" "b"', '("SIEVE")'])("has no line %j", (line) =>
    expect(new CapabilityList().add(words(line))).toBe("fault"),
  );

  test("has 256 lines at most", () => {
    const list = new CapabilityList();
    for (let count = 0; count < 256; count++) expect(list.add(words('"A"'))).toBeNull();
    expect(list.add(words('"A"'))).toBe("fault");
    expect(list.add(words("OK"))).toMatchObject({ word: "OK" });
  });
});

describe("of it a client sees", () => {
  test("what is known, and whose name is ours", () => {
    const names = ["SIEVE", "VERSION", "NOTIFY", "MAXREDIRECTS", "LANGUAGE", "OWNER", "UNAUTHENTICATE"];
    const kept = names.map((name) => `"${name}" "v"`);
    const lost = ["IMPLEMENTATION", "STARTTLS", "XCLIENT", "X-A", "", "constructor"].map(
      (name) => `"${name}" "v"`,
    );
    expect(shown([...lost, ...kept])).toEqual([IMPLEMENTATION, ...kept]);
  });

  test("mechanisms where somebody may log in", () => {
    const lines = ['"SASL" "plain GSSAPI LOGIN"', '"SASL" "PLAIN SCRAM-SHA-1"', '"SASL"'];
    expect(shown(lines)).toEqual([IMPLEMENTATION, '"SASL" "PLAIN LOGIN SCRAM-SHA-1"']);
    expect(shown(lines, { auth: false })).toEqual([IMPLEMENTATION]);
    expect(shown(lines, { isLoginOpen: false })).toEqual([IMPLEMENTATION]);
    expect(shown(['"SASL" ""', '"SASL" "GSSAPI"'])).toEqual([IMPLEMENTATION]);
  });

  test("none of them, and STARTTLS behind all else, where TLS comes first", () => {
    expect(shown(['"SASL" "PLAIN"', '"SIEVE" ""'], { isLoginOpen: false, startsTls: true })).toEqual([
      ...[IMPLEMENTATION, '"SASL" ""', '"SIEVE" ""', '"STARTTLS"'],
    ]);
    expect(shown([], { auth: false, startsTls: true })).toEqual([IMPLEMENTATION, '"SASL" ""', '"STARTTLS"']);
    expect(shown(['"SASL" "PLAIN"'], { startsTls: true })).toEqual([
      ...[IMPLEMENTATION, '"SASL" "PLAIN"', '"STARTTLS"'],
    ]);
  });

  test("values that are text", () =>
    expect(shown(['"SIEVE" "\x1b\\"\xff"'])).toEqual([IMPLEMENTATION, '"SIEVE" "?\\"?"']));
});
