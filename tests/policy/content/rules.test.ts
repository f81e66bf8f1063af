import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { processorTime } from "../../../src/os/processor.ts";
import { Rules } from "../../../src/policy/content/rules.ts";
import { compilePattern } from "../../../src/policy/expressions.ts";
import { expressions, texts } from "./arbitraries.ts";

function find(sources: readonly string[], text: string | Uint8Array): string | null {
  const octets = Buffer.from(text);
  const found = new Rules(sources).find(octets, octets.toString("latin1"));
  return found === null || typeof found === "string" ? found : "too slow";
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

describe("between slices and between lines somebody is asked whether to go on", () => {
  /** How often, where it must not end before. */
  function asked(
    sources: readonly string[],
    text: string,
    times = Number.POSITIVE_INFINITY,
  ): [number, unknown] {
    let count = 0;
    const found = new Rules(sources).find(Buffer.from(text), text, () => ++count < times);
    return [count, found];
  }
  const lines = "x".repeat(98).concat("\r\n").repeat(600);

  test("of text that is tested as a whole, a slice of whole lines is what it was at", () => {
    expect(asked([".x{500}"], lines)[0]).toBeGreaterThan(12);
    const [count, found] = asked([".x{500}"], lines, 3);
    const { slowOn } = found as { slowOn: string };
    expect([count, slowOn.length > 4000, slowOn.length < 4200]).toEqual([3, true, true]);
    expect(new Set(slowOn.split("\n"))).toEqual(new Set(["x".repeat(98)]));
  });

  test("of lines that are looked at for what is in them, a line is", () => {
    const text = `spam: ${lines}spam: y\r\n`;
    expect(asked(["spam.*ham"], text)).toEqual([2, null]);
    expect(asked(["spam.*ham"], text, 1)).toEqual([1, { slowOn: `spam: ${"x".repeat(98)}` }]);
  });
});

describe("somebody is asked within a text where many states may be live", () => {
  const slow = Array.from({ length: 8 }, (_, which) => `.{${400 + which}}.{${500 + which}}Q${which}`);
  const random = (state: number, length: number) =>
    Array.from({ length }, () => {
      state = (state * 48271) % 0x7fffffff;
      return ["ab", "c", "d"][state % 3];
    }).join("");
  const hits = "Q0Q1Q2Q3Q4Q5Q6Q7";

  /** The longest processor time between two looks, of those that are allowed, and what is found. */
  function steps(sources: readonly string[], text: string, budget: number): [number, unknown] {
    const rules = new Rules(sources);
    const began = processorTime();
    let last = began;
    let longest = 0;
    const look = () => {
      const now = processorTime();
      longest = Math.max(longest, now - last);
      last = now;
      return now - began < budget;
    };
    const found = rules.find(Buffer.from(text), text, look);
    look();
    return [longest, found];
  }

  test.each([
    ["several rules of which each has a hit", slow, hits + random(1, 30000)],
    ["one rule of many branches", [slow.join("|")], hits + random(2, 30000)],
    ["rules that match", slow, random(3, 20000) + hits + random(4, 20000)],
    ["lines that are not long", slow, `${hits + random(5, 600)}\r\n`.repeat(60)],
  ])("%s: no step is long", (_, sources, text) => {
    const [longest, found] = steps(sources, text, 50);
    // It is some 15 ms; before anybody was asked within it was seconds.
    expect(longest).toBeLessThan(200);
    expect(found).toHaveProperty("slowOn");
  });

  test("of many rules that are small less is tested at a time, and none of it slowly", () => {
    const rules = new Rules(Array.from({ length: 300 }, (_, which) => `(?:buy|order)\\s+pill${which}\\b`));
    const line = `${"buy order pill ".repeat(5)}\r\n`;
    let times = 0;
    const text = line.repeat(100);
    expect(rules.find(Buffer.from(text), text, () => ++times > 0)).toBeNull();
    expect(times).toBeGreaterThan(3);
    expect(times).toBeLessThan(10);
  });

  test("it ends where it is told to, with what was before, and has lost nothing", () => {
    const rules = new Rules(slow);
    const text = hits + random(1, 2000);
    const octets = Buffer.from(text);
    let times = 0;
    expect(rules.find(octets, text, () => ++times < 3)).toEqual({ slowOn: text.slice(0, 1024) });
    expect(times).toBe(3);
    expect(rules.find(octets, `${text}Q3`)).toBe("block-body#4");
  });

  test("an error that is none of cost is passed on", () => {
    const rules = new Rules(slow);
    const look = () => {
      throw new Error("no clock");
    };
    expect(() => rules.find(Buffer.from(hits), hits, look)).toThrow("no clock");
  });
});

test("with somebody who is asked within they find what they find line by line", () => {
  // It never matches here, and needs so many states that no text is tested unwatched.
  const heavy = "x{900}".repeat(5);
  fc.assert(
    fc.property(
      fc.array(expressions, { minLength: 1, maxLength: 2 }),
      fc.array(texts.map((text) => Buffer.from(text))),
      (sources, pieces) => {
        const octets = Buffer.from(stuffed(`${Buffer.concat(pieces)}${"z".repeat(5000)}`), "utf8");
        expect(find([...sources, heavy], octets)).toBe(lineByLine([...sources, heavy], octets));
      },
    ),
    { numRuns: 100 },
  );
});

test("the slowest rule is the one that takes longest for a text", () => {
  let now = 0;
  const rules = new Rules(["a", "b", "c"]);
  // Of three pairs of readings the second is the longest apart.
  const times = [1, 2, 10, 15, 20, 22];
  expect(rules.slowest("text", () => times[now++]!)).toBe("block-body#2");
});

test("no more rules are measured than there is time for", () => {
  let now = 0;
  const rules = new Rules(["a", "b", "c", "d"]);
  // The second takes more than all are given.
  const times = [1, 2, 10, 150, 160, 900];
  expect(rules.slowest("text", () => times[now++]!)).toBe("block-body#2");
});
