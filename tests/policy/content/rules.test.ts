import { expect, test } from "bun:test";
import fc from "fast-check";
import { Rules } from "../../../src/policy/content/rules.ts";
import { compilePattern } from "../../../src/policy/expressions.ts";
import { expressions, texts } from "./arbitraries.ts";

function find(sources: readonly string[], text: string | Uint8Array): string | null {
  const octets = Buffer.from(text);
  return new Rules(sources).find(octets, octets.toString("latin1"));
}

/** What the rules say line by line: the rule, or null. */
function lineByLine(sources: readonly string[], octets: Buffer): string | null {
  const patterns = sources.map(compilePattern);
  for (const reading of ["latin1", "utf8"] as const) {
    for (const line of octets.toString(reading).replace(/\r\n$/, "").split("\r\n")) {
      const plain = line.startsWith(".") ? line.slice(1) : line;
      const rule = patterns.findIndex((pattern) => pattern.test(plain));
      if (rule >= 0) return `block-body#${rule + 1}`;
    }
  }
  return null;
}

const stuffed = (text: string): string => `${text.replace(/\r?\n/g, "\r\n").replace(/^\./gm, "..")}\r\n`;

test("in bulk they find what they find line by line", () => {
  fc.assert(
    fc.property(
      fc.array(expressions, { minLength: 1, maxLength: 3 }),
      fc.array(
        fc.oneof(
          texts.map((text) => Buffer.from(text)),
          texts.map((text) => Buffer.from(text, "latin1")),
        ),
      ),
      (sources, pieces) => {
        const octets = Buffer.from(stuffed(Buffer.concat(pieces).toString("latin1")), "latin1");
        expect(find(sources, octets)).toBe(lineByLine(sources, octets));
      },
    ),
    { numRuns: 3000 },
  );
});

test("where needles lie close the rest is tested in bulk", () => {
  const near = "subject: \r\n.\r\n".repeat(300);
  const rules = ["^subject: .*viagra", "\\Alast\\z"];
  expect(find(rules.slice(0, 1), near)).toBeNull();
  expect(find(rules.slice(0, 1), `${near}subject: viagra\r\n`)).toBe("block-body#1");
  expect(find(rules, `${near}\r\nlast\r\n`)).toBe("block-body#2");
  expect(find(rules, `${near}\r\nlast`)).toBe("block-body#2");
});

test("a match goes over no line end", () => {
  expect(find(["buy\\s+now", "a[^b]c"], "buy\r\nnow\r\na\r\nc\r\n")).toBeNull();
  expect(find(["[ab][^b][cd]"], "a\r\nc\r\n".repeat(1000))).toBeNull();
});

test("of the earliest line the first given", () => {
  expect(find(["three", "two", "[t]w.?"], "one\r\ntwo\r\nthree\r\n")).toBe("block-body#2");
});

test("what an expression says of the whole text it says of a line", () => {
  for (const rule of ["\\A[ab]", "[ab]\\z", "(?-m:^)[ab]", "(?i-m)[ab]$"])
    expect(find([rule], "x\r\nb\r\ny\r\n")).toBe("block-body#1");
});

test("an empty line is a line", () => {
  expect(find(["^$"], "a\r\n\r\nb\r\n")).toBe("block-body#1");
  expect(find(["^$"], "a\r\nb\r\n")).toBeNull();
});

test("the dot that stuffs a line is not seen", () => {
  expect(find(["^\\.hidden$"], "..hidden\r\n")).toBe("block-body#1");
  expect(find(["^hidden$"], ".hidden\r\n")).toBe("block-body#1");
  expect(find(["^[h]?$"], "x\r\n.\r\n")).toBe("block-body#1");
});

test("text is UTF-8 and ISO 8859-1 at once", () => {
  for (const octets of [Buffer.from("caf\u00e9 \xff"), Buffer.from("caf\xe9", "latin1")])
    expect(find(["^caf\\W", "CAFÉ"].slice(1), octets)).toBe("block-body#1");
  expect(find(["^\\x{fffd}$"], Buffer.from([0xff]))).toBe("block-body#1");
  expect(find(["\u6f22"], "\u6f22\u5b57")).toBe("block-body#1");
  expect(find(["kiss"], "\u212ai\u017fs")).toBe("block-body#1");
});

test("a bad expression is named", () => {
  expect(() => new Rules(["good", "b(ad"])).toThrow("b(ad: ");
});
