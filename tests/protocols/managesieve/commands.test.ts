// Which command is legal when, with which words, and how the server gets it.

import { describe, expect, test } from "bun:test";
import {
  type Command,
  commandOf,
  isScriptNext,
  refusalOf,
  type State,
  verbOf,
  writeCommand,
} from "../../../src/protocols/managesieve/commands.ts";
import { wordsOf } from "../../../src/protocols/managesieve/strings.ts";

const ANYWHERE = ["CAPABILITY", "NOOP", "LOGOUT"];
const BEFORE = ["AUTHENTICATE", "STARTTLS"];
const AFTER = [
  ...["HAVESPACE", "PUTSCRIPT", "CHECKSCRIPT", "LISTSCRIPTS", "SETACTIVE", "GETSCRIPT", "DELETESCRIPT"],
  ...["RENAMESCRIPT", "UNAUTHENTICATE"],
];

function read(line: string): Command | null {
  const [verb, ...words] = wordsOf(line)!.words;
  return commandOf(verb!.text, words);
}

describe("a command is refused", () => {
  test.each<[State, readonly string[], readonly string[]]>([
    ["non-authenticated", [...ANYWHERE, ...BEFORE], AFTER],
    ["authenticated", [...ANYWHERE, ...AFTER], BEFORE],
  ])("in the state %s when it is not of it", (state, legal, illegal) => {
    for (const verb of legal) expect(refusalOf(verb, state, true)).toBeNull();
    for (const verb of illegal) expect(refusalOf(verb, state, true)?.rule).toBe("wrong-state");
  });

  test("for itself in every state", () => {
    for (const state of ["non-authenticated", "authenticated"] as const) {
      expect(refusalOf("XCLIENT", state, true)?.rule).toBe("forbidden-command");
      for (const verb of ["EVIL", "", "noop", "constructor"])
        expect(refusalOf(verb, state, true)?.rule).toBe("unknown-command");
      expect(refusalOf("STARTTLS", state, false)?.rule).toBe("starttls");
    }
  });
});

describe("the server gets", () => {
  test.each([
    ["CAPABILITY", "CAPABILITY"],
    ["LISTSCRIPTS", "LISTSCRIPTS"],
    ["LOGOUT", "LOGOUT"],
    ["STARTTLS", "STARTTLS"],
    ["UNAUTHENTICATE", "UNAUTHENTICATE"],
    ["NOOP", "NOOP"],
    ['NOOP "a"', 'NOOP "a"'],
    ['AUTHENTICATE "plain"', 'AUTHENTICATE "PLAIN"'],
    ['AUTHENTICATE "x_-9" ""', 'AUTHENTICATE "X_-9" ""'],
    [`AUTHENTICATE "${"x".repeat(20)}"`, `AUTHENTICATE "${"X".repeat(20)}"`],
    ['HAVESPACE "a" 0', 'HAVESPACE "a" 0'],
    ['HAVESPACE "a" 4294967295', 'HAVESPACE "a" 4294967295'],
    ['PUTSCRIPT "a" ""', 'PUTSCRIPT "a" ""'],
    ['CHECKSCRIPT "\\""', 'CHECKSCRIPT "\\""'],
    ['SETACTIVE ""', 'SETACTIVE ""'],
    ['SETACTIVE "a"', 'SETACTIVE "a"'],
    ['GETSCRIPT "a\\\\"', 'GETSCRIPT "a\\\\"'],
    ['DELETESCRIPT "a"', 'DELETESCRIPT "a"'],
    ['RENAMESCRIPT "a" "b"', 'RENAMESCRIPT "a" "b"'],
  ])("of %s: %s", (line, written) => expect(writeCommand(read(line)!)).toBe(`${written}\r\n`));

  test.each([
    ...["CAPABILITY a", 'LISTSCRIPTS "a"', "LOGOUT 1", "STARTTLS a", 'UNAUTHENTICATE ""', "NOOP a", "NOOP 1"],
    ...['NOOP "a" "b"', "NOOP (a)", 'NOOP "\x1b"', "AUTHENTICATE", "AUTHENTICATE PLAIN", 'AUTHENTICATE ""'],
    ...[
      'AUTHENTICATE "A B"',
      `AUTHENTICATE "${"x".repeat(21)}"`,
      'AUTHENTICATE "A" b',
      'AUTHENTICATE "A" "b" "c"',
    ],
    ...['HAVESPACE "a"', "HAVESPACE a 1", 'HAVESPACE "a" "1"', 'HAVESPACE "a" 01', 'HAVESPACE "a" 1 2'],
    ...['HAVESPACE "a" 4294967296', 'HAVESPACE "a" 99999999999', 'HAVESPACE "a" -1', 'HAVESPACE "" 1'],
    ...['PUTSCRIPT "a"', 'PUTSCRIPT "" "b"', 'PUTSCRIPT "a" b', 'PUTSCRIPT "a" "b" "c"', "CHECKSCRIPT"],
    ...["CHECKSCRIPT a", 'CHECKSCRIPT "a" "b"', "SETACTIVE", "SETACTIVE a", 'SETACTIVE "\x07"', "GETSCRIPT"],
    ...['GETSCRIPT ""', 'GETSCRIPT "a" "b"', 'DELETESCRIPT ""', 'RENAMESCRIPT "a"', 'RENAMESCRIPT "a" ""'],
    ...['RENAMESCRIPT "a" "b" "c"'],
  ])("nothing of %s", (line) => expect(read(line)).toBeNull());

  test("a script behind the head that announces it", () => {
    expect(writeCommand({ verb: "PUTSCRIPT", words: ['a"'] }, 7)).toBe('PUTSCRIPT "a\\"" {7+}\r\n');
    expect(writeCommand({ verb: "CHECKSCRIPT", words: [] }, 0)).toBe("CHECKSCRIPT {0+}\r\n");
  });

  test("a long string announced", () => {
    const long = "x".repeat(1025);
    expect(writeCommand({ verb: "AUTHENTICATE", words: ["PLAIN", long] })).toBe(
      `AUTHENTICATE "PLAIN" {1025+}\r\n${long}\r\n`,
    );
  });
});

test("a script comes next where all that stands before it is right", () => {
  const isNext = (line: string) => {
    const [verb, ...words] = wordsOf(line)!.words;
    return isScriptNext(verb!.text, words);
  };
  for (const line of ['PUTSCRIPT "a"', "CHECKSCRIPT"]) expect(isNext(line)).toBe(true);
  for (const line of [
    ...[
      "PUTSCRIPT",
      'PUTSCRIPT ""',
      "PUTSCRIPT a",
      'PUTSCRIPT "a" "b"',
      'CHECKSCRIPT "a"',
      "GETSCRIPT",
      "EVIL",
    ],
    ...['AUTHENTICATE "PLAIN"', "NOOP"],
  ])
    expect(isNext(line)).toBe(false);
});

test("a verb is a word of its own, in any case", () => {
  expect(["noop", "Noop x", "xclient", "NOOP  "].map(verbOf)).toEqual(["NOOP", "NOOP", "XCLIENT", "NOOP"]);
  expect(["", " NOOP", "NOOP\t", "NOOPS", 'NOOP"a"', "EVIL", "constructor"].map(verbOf)).toEqual(
    Array(7).fill(undefined),
  );
});
