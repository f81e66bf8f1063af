import { expect, test } from "bun:test";
import { listed } from "../../../src/protocols/managesieve/scripts.ts";
import { wordsOf } from "../../../src/protocols/managesieve/strings.ts";

test.each([
  ['"a"', '"a"\r\n'],
  ['"a" active', '"a" ACTIVE\r\n'],
  ['"a\\"b\\\\" ACTIVE', '"a\\"b\\\\" ACTIVE\r\n'],
  ['""', ""],
  ['"\x07" ACTIVE', ""],
  ["", null],
  ["a", null],
  ['"a" "ACTIVE"', null],
  ['"a" PASSIVE', null],
  ['"a" ACTIVE ACTIVE', null],
])("of %s a client hears %j", (line, heard) => expect(listed(wordsOf(line)!.words)).toBe(heard));
