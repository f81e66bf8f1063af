// A client's command as it comes, part by part: what must be read next of it, and that no octet of it is taken for
// another one, wherever it is cut.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { CommandReader, type Fate, type Heard } from "../../../src/protocols/managesieve/reader.ts";
import { quote, toServer, type Word } from "../../../src/protocols/managesieve/strings.ts";
import type { Refusal } from "../../../src/protocols/refusal.ts";

const NO_LINE: Refusal = { rule: "syntax", reply: "what?\r\n" };
const TOO_LONG: Refusal = { rule: "bad-argument", reply: "no\r\n" };

const atom = (text: string): Word => ({ kind: "atom", text });
const string = (text: string): Word => ({ kind: "string", text });

function reader(fate: Fate = "held"): CommandReader {
  return new CommandReader(NO_LINE, () => fate);
}

function whole(text: string, words: readonly Word[], refusal: Refusal | null = null): Heard {
  return { is: "whole", text, words, refusal };
}

describe("a command", () => {
  test("of one line is whole with it", () => {
    const read = reader();
    expect(read.line('A "b"')).toEqual(whole('A "b"', [atom("A"), string("b")]));
    expect(read.line("C")).toEqual(whole("C", [atom("C")]));
    expect(read.line("")).toEqual(whole("", []));
  });

  test("goes on behind the octets that it announces, and is whole with the line behind the last", () => {
    const read = reader();
    expect(read.line('A "b" {3+}')).toEqual({ is: "string", octets: 3 });
    read.string("c d");
    expect(read.line(" {0+}")).toEqual({ is: "string", octets: 0 });
    read.string("");
    expect(read.line(" e")).toEqual(
      whole('A "b" {3+}', [atom("A"), string("b"), string("c d"), string(""), atom("e")]),
    );
    expect(read.line("A")).toEqual(whole("A", [atom("A")]));
  });

  test("that is no line is refused as one, and as what it began with", () => {
    expect(reader().line("A  b")).toEqual(whole("A  b", [], NO_LINE));
    const read = reader();
    read.line("A {3+}");
    read.string("b");
    expect(read.line("c")).toEqual(whole("A {3+}", [atom("A"), string("b")], NO_LINE));
    expect(read.line("A")).toEqual(whole("A", [atom("A")]));
  });

  test("whose octets are refused is refused with its end, for what it was refused first", () => {
    const read = reader(TOO_LONG);
    expect(read.line("A {3+}")).toEqual({ is: "refused", octets: 3 });
    expect(read.line(" {4+}")).toEqual({ is: "refused", octets: 4 });
    expect(read.line("  b")).toEqual(whole("A {3+}", [atom("A")], TOO_LONG));
    expect(read.line("  b")).toEqual(whole("  b", [], NO_LINE));
  });

  test("whose octets pass is over with them", () => {
    const read = reader("passed");
    expect(read.line('A "b" {3+}')).toEqual({ is: "passed", words: [atom("A"), string("b")], octets: 3 });
    expect(read.line("B")).toEqual(whole("B", [atom("B")]));
  });
});

test("what becomes of octets is asked for with the words before them, and their number", () => {
  const asked: unknown[] = [];
  const read = new CommandReader(NO_LINE, (words, octets) => {
    asked.push([words.map(({ text }) => text), octets]);
    return "held";
  });
  read.line("A {3+}");
  read.string("b");
  read.line(" c {4294967295+}");
  expect(asked).toEqual([
    [["A"], 3],
    [["A", "b", "c"], 4294967295],
  ]);
});

describe("nobody knows where a command ends", () => {
  test.each(["A {5}", "A {05+}", "A{5+}", "A  {5+}", '"{5+}', "A {4294967296+}", "{", "A {5"])(
    "that says %j",
    (text) => {
      const read = reader();
      expect(read.line(text)).toEqual({ is: "lost" });
      expect(read.line("B")).toEqual(whole("B", [atom("B")]));
    },
  );

  test("that has nine strings announced", () => {
    const read = reader();
    expect(read.line("A {1+}")).toEqual({ is: "string", octets: 1 });
    for (let count = 2; count <= 8; count++) {
      read.string("x");
      expect(read.line(" {1+}")).toEqual({ is: "string", octets: 1 });
    }
    read.string("x");
    expect(read.line(" {1+}")).toEqual({ is: "lost" });
    expect(read.line("B")).toEqual(whole("B", [atom("B")]));
  });
});

test("whatever strings are made of, they are the words that were meant, and what follows is the next command", () => {
  const octets = fc
    .array(fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(10, 13, 34, 92, 123, 125)), {
      maxLength: 40,
    })
    .map((all) => String.fromCharCode(...all));
  const word = fc.oneof(
    fc.constantFrom("A", "12", "X-Y").map((text) => ({ word: atom(text), written: text })),
    octets.map((text) => ({ word: string(text), written: toServer(text) })),
    octets
      .filter((text) => !/[\0\r\n]/.test(text))
      .map((text) => ({ word: string(text), written: quote(text) })),
    octets.map((text) => ({ word: string(text), written: `{${text.length}+}\r\n${text}` })),
  );
  const command = fc.array(word, { minLength: 1, maxLength: 7 });
  fc.assert(
    fc.property(fc.array(command, { minLength: 1, maxLength: 3 }), (commands) => {
      const read = reader();
      let rest = commands.map((words) => `${words.map(({ written }) => written).join(" ")}\r\n`).join("");
      const heard: (readonly Word[])[] = [];
      while (rest !== "") {
        const end = rest.indexOf("\r\n");
        const next = read.line(rest.slice(0, end));
        rest = rest.slice(end + 2);
        if (next.is === "whole") {
          expect(next.refusal).toBeNull();
          heard.push(next.words);
        } else if (next.is === "string") {
          read.string(rest.slice(0, next.octets));
          rest = rest.slice(next.octets);
        } else throw new Error(next.is);
      }
      expect(heard).toEqual(commands.map((words) => words.map(({ word }) => word)));
    }),
  );
});
