// Which lines of a file are the client's.

import { describe, expect, test } from "bun:test";
import { clientLines } from "../../../src/cli/explain/transcript.ts";

const texts = (text: string) => clientLines(text).map((line) => line.text);

describe("the client's lines", () => {
  test("are all lines of a file without marks, with LF or CRLF, the last with or without it", () => {
    expect(texts("EHLO a\r\nQUIT\r\n")).toEqual(["EHLO a", "QUIT"]);
    expect(texts("EHLO a\n\n.\nQUIT")).toEqual(["EHLO a", "", ".", "QUIT"]);
    expect(texts("")).toEqual([]);
  });

  test("are those behind C: in a dialogue", () => {
    const dialogue = "\nS: 220 hello\nC: EHLO a\n# a remark\nS: 250 ok\nC:\nC: .\nC:  two blanks\nQUIT\n";
    expect(clientLines(dialogue)).toEqual([
      { number: 3, text: "EHLO a" },
      { number: 6, text: "" },
      { number: 7, text: "." },
      { number: 8, text: " two blanks" },
    ]);
  });

  test("keep a C: that comes later, as a header might", () => {
    expect(texts("DATA\nC: x\n")).toEqual(["DATA", "C: x"]);
  });

  test("keep a bare CR", () => expect(texts("a\rb\r\n")).toEqual(["a\rb"]));
});
