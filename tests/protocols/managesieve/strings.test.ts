// Strings as they are read and written: what is a line of words, what is none, and that what is written is read again.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  mayGoOn,
  quote,
  toClient,
  toServer,
  type Word,
  wordsOf,
} from "../../../src/protocols/managesieve/strings.ts";

const atom = (text: string): Word => ({ kind: "atom", text });
const string = (text: string): Word => ({ kind: "string", text });
const parenthesis = (text: string): Word => ({ kind: "parenthesis", text });
const [OPEN, CLOSE] = [parenthesis("("), parenthesis(")")];

describe("a line is words with one blank between them", () => {
  test.each<[string, Word[]]>([
    ["", []],
    ["NOOP", [atom("NOOP")]],
    ['a "b" c', [atom("a"), string("b"), atom("c")]],
    ['"a\\"b\\\\c" ""', [string('a"b\\c'), string("")]],
    ['"\x01\x7f\xff\t"', [string("\x01\x7f\xff\t")]],
    ["!#$%&'*+,-./0:;<=>?@[]^_`|~", [atom("!#$%&'*+,-./0:;<=>?@[]^_`|~")]],
    [
      'OK (A "b" (1)) "t"',
      [atom("OK"), OPEN, atom("A"), string("b"), OPEN, atom("1"), CLOSE, CLOSE, string("t")],
    ],
    ["NO () x", [atom("NO"), OPEN, CLOSE, atom("x")]],
    ["(a)", [OPEN, atom("a"), CLOSE]],
  ])("%j", (text, words) => expect(wordsOf(text)).toEqual({ words, announced: null }));

  test.each([
    ...[" a", "a ", "a  b", "a\tb", "( a)", "(a )b", '"a""b"', 'a"b"', '"a"b', "a(", "(a)b", '(a)"b"'],
    ...['"', '"a', 'a"', '"a\\"', '"a\\b"', '"a\0"', '"a\rb"', '"a\nb"', "\xfc", "a\x7f", "a\0", "a\\"],
    ...[
      "{5}x",
      "{5",
      "{",
      "}",
      "{}",
      "{+}",
      "{5+} ",
      "{05}",
      "{-1}",
      "{5 }",
      "{5++}",
      "a{5}",
      "~{5}",
      "{4294967296}",
    ],
  ])("%j is none", (text) => expect(wordsOf(text)).toBeNull());

  test("a quoted string has 1024 octets as they are meant", () => {
    for (const octet of ["x", '\\"', "\\\\"]) {
      expect(wordsOf(`"${octet.repeat(1024)}"`)?.words[0]?.text).toHaveLength(1024);
      expect(wordsOf(`"${octet.repeat(1025)}"`)).toBeNull();
    }
  });
});

describe("octets are announced at the end of a line", () => {
  test.each<[string, Word[], number, boolean]>([
    ["{0}", [], 0, false],
    ["{5+}", [], 5, true],
    ["OK (TAG {4294967295}", [atom("OK"), OPEN, atom("TAG")], 4294967295, false],
    ["({1+}", [OPEN], 1, true],
  ])("%j", (text, words, octets, isSent) =>
    expect(wordsOf(text)).toEqual({ words, announced: { octets, isSent } }),
  );

  test("the line that goes on behind them begins with a blank, or a parenthesis that ends", () => {
    const rest = (text: string) => wordsOf(text, { isContinued: true })?.words ?? null;
    expect([rest(""), rest(" a"), rest(")"), rest(' "a" {5+}')]).toEqual([
      [],
      [atom("a")],
      [CLOSE],
      [string("a")],
    ]);
    expect([rest("a"), rest("  a"), rest('"a"'), rest("{5+}"), rest("("), rest(" ")]).toEqual(
      Array(6).fill(null),
    );
  });
});

describe("what is no line goes on perhaps", () => {
  test.each([
    ...["{5}", "{5+}", "{05+}", "{-1}", "{x", "{", "{}", "a{5+}", '"{5+}', "~{5+}", "a  {5"],
    ...["{5+} ", "{5+}\r", "{5+}\t", "{5+}x", "{5+})", '"a" {5+}x', '"', 'a "b', 'a "b\\"', '"a""'],
  ])("%j: nobody knows", (text) => expect(mayGoOn(text)).toBe(true));
  test.each(["", "a", "}", "5}", "a  b", '"a"', '"{5+}"', '"a\\"{5+}"  b', "a\0"])(
    "%j: it does not",
    (text) => expect(mayGoOn(text)).toBe(false),
  );
});

describe("a string is written", () => {
  test("behind quotes where it may be, else announced", () => {
    expect(quote('a"b\\c')).toBe('"a\\"b\\\\c"');
    expect([toClient("a"), toServer("a"), toClient(""), toServer("")]).toEqual(['"a"', '"a"', '""', '""']);
    for (const octets of ["a\0", "a\r", "a\n", "x".repeat(1025), '"'.repeat(513)]) {
      expect(toClient(octets)).toBe(`{${octets.length}}\r\n${octets}`);
      expect(toServer(octets)).toBe(`{${octets.length}+}\r\n${octets}`);
    }
    for (const octets of ["x".repeat(1024), '"'.repeat(512)]) {
      expect(toClient(octets)).toBe(quote(octets));
      expect(toServer(octets)).toBe(quote(octets));
    }
  });

  const octets = fc
    .array(fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 10, 13, 34, 92, 123, 125)), {
      maxLength: 60,
    })
    .chain((all) => fc.constantFrom(1, 20, 40).map((times) => String.fromCharCode(...all).repeat(times)));

  test("so that it is read as it was meant, and as one word", () => {
    fc.assert(
      fc.property(octets, fc.boolean(), (meant, isServer) => {
        const written = isServer ? toServer(meant) : toClient(meant);
        expect(written.split("\r\n", 1)[0]!.length).toBeLessThanOrEqual(1026);
        if (!written.startsWith("{"))
          return expect(wordsOf(`A ${written}`)?.words).toEqual([atom("A"), string(meant)]);
        const head = written.slice(0, written.indexOf("\r\n"));
        const announced = wordsOf(head)!.announced!;
        expect(announced).toEqual({ octets: meant.length, isSent: isServer });
        expect(written.slice(head.length + 2)).toBe(meant);
      }),
    );
  });

  test("what is announced by a line of words is seen by whoever cannot read the line", () => {
    fc.assert(
      fc.property(octets, (text) => {
        if ((wordsOf(text)?.announced ?? null) !== null) expect(mayGoOn(text)).toBe(true);
      }),
    );
  });
});
