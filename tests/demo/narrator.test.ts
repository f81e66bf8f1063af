// How rows look, with and without colour.

import { expect, test } from "bun:test";
import { Narrator, wantsColour } from "../../src/demo/narrator.ts";

function rows(coloured: boolean, text: string): string {
  let out = "";
  new Narrator((piece) => {
    out += piece;
  }, coloured).row("client", text, "cyan");
  return out;
}

test("a row is a label and its lines; without colour there is no escape", () => {
  expect(rows(false, "one\r\ntwo\r\n")).toBe("  client    one\n            two\n");
});

test("colour surrounds the text", () => {
  expect(rows(true, "one")).toContain("\x1b[36mone\x1b[0m");
});

test("control octets are shown and never sent to the terminal", () => {
  expect(rows(false, "a\n.\n\x1b[31m\r\0\xe9")).toBe("  client    a\\n.\\n\\x1b[31m\\r\\x00\\xe9\n");
});

test("a long text is cut and counted", () => {
  const lines = rows(false, "x\r\n".repeat(20)).split("\n");
  expect(lines).toHaveLength(16);
  expect(lines.at(-2)).toBe("            (6 more lines)");
});

for (const [terminal, environment, wanted] of [
  [true, {}, true],
  [false, {}, false],
  [true, { NO_COLOR: "1" }, false],
  [true, { NO_COLOR: "" }, true],
  [true, { TERM: "dumb" }, false],
] as const) {
  test(`terminal ${terminal}, ${JSON.stringify(environment)}: colour ${wanted}`, () => {
    expect(wantsColour(terminal, environment)).toBe(wanted);
  });
}
