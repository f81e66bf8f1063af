// Where keys begin, in files that are written in every way.

import { expect, test } from "bun:test";
import { linesOf, pathOf } from "../../src/options/toml-lines.ts";

function lines(text: string): Record<string, number> {
  return Object.fromEntries(
    [...linesOf(text)].map(([path, line]) => [(JSON.parse(path) as string[]).join("/"), line]),
  );
}

test("a key is on the line it begins on, however many its value takes", () => {
  const text = `# a comment with "quotes and [brackets
a = 1
b = [ # ] }
  "]", ']', """
]""", # "
]
c = { d = 1, e = [2] }

"quoted # key" = '#'
`;
  expect(lines(text)).toEqual({ a: 2, b: 3, c: 7, "c/d": 7, "c/e": 7, "quoted # key": 9 });
});

test("a table is on the line of its header, and its keys on theirs", () => {
  const text = `[a.b] # [c]
x = """
[not.a.table]
y = 1 \\"""
"""
y.z = 2
[a."c.d"]
x = ''' ''' # x
  [e]
\tx = "\\"#"
[[f]]
x = 1
[[f]]
x = 2`;
  expect(lines(text)).toEqual({
    ...{ a: 1, "a/b": 1, "a/b/x": 2, "a/b/y": 6, "a/b/y/z": 6 },
    ...{ "a/c.d": 7, "a/c.d/x": 8, e: 9, "e/x": 10, f: 11, "f/x": 12 },
  });
});

test("strings of many lines may have quotes at their end", () => {
  expect(lines(`a = """x""""\nb = '''y'''''\nc = ""\nd = ''\ne = """"""\nf = 1`)).toEqual({
    ...{ a: 1, b: 2, c: 3, d: 4, e: 5, f: 6 },
  });
});

test("lines may end with CRLF", () => {
  expect(lines("a = [\r\n1,\r\n]\r\n\r\nb = 2\r\n")).toEqual({ a: 1, b: 5 });
});

test("a long file costs a moment", () => {
  const list = Array.from({ length: 100_000 }, (_, index) => `  "d${index}.test",`).join("\n");
  const begun = performance.now();
  expect(linesOf(`a = [\n${list}\n]\nb = 1`).get(pathOf(["b"]))).toBe(100_003);
  expect(performance.now() - begun).toBeLessThan(2000);
});
