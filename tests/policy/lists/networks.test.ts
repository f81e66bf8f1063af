// A list of networks says of every address what its networks say one by one, however they are written and however
// often it is asked.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { EntryError } from "../../../src/policy/lists/entries.ts";
import { NetworkList } from "../../../src/policy/lists/networks.ts";
import { addressOctets, contains, parseNetwork } from "../../../src/policy/network.ts";

/** Numbers that addresses have in common more often than chance has it. */
const octet = fc.oneof(fc.constantFrom(0, 1, 10, 127, 192, 255), fc.nat(255));
const ipv4 = fc.array(octet, { minLength: 4, maxLength: 4 }).map((octets) => octets.join("."));
const group = fc.oneof(
  fc.constantFrom("0", "0000", "1", "2001", "db8", "0db8", "DB8", "ffff", "a"),
  fc.nat(0xffff).map((value) => value.toString(16)),
);
const ipv6 = fc.oneof(
  fc.array(group, { minLength: 8, maxLength: 8 }).map((groups) => groups.join(":")),
  fc
    .tuple(fc.array(group, { maxLength: 7 }), fc.nat(7))
    .map(([groups, at]) => `${groups.slice(0, at).join(":")}::${groups.slice(at).join(":")}`),
);
const address = fc.oneof(ipv4, ipv6);
const odd = fc.constantFrom(
  ...[
    "10",
    "10.1",
    "192.168.1.",
    "::ffff:10.1.2.3",
    "::ffff:10.0.0.0/104",
    "1:2:3:4:5:6:10.1.2.3",
    "::",
    "::/0",
  ],
  ...["01.2.3.4", "1:2:3:4:5:6:7:8:9", "1::2::3", ":::", "2001:db8:", "1.2.3.4.5", "x", "1:2:3:4:5:6:7"],
  ...["1::2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:8::", "10.0.0.0/33", "1.2.3.256", "10.0.0.0/08"],
);
const entry = fc.oneof(
  { weight: 4, arbitrary: address },
  { weight: 4, arbitrary: fc.tuple(ipv4, fc.nat(33)).map(([text, bits]) => `${text}/${bits}`) },
  { weight: 4, arbitrary: fc.tuple(ipv6, fc.nat(130)).map(([text, bits]) => `${text}/${bits}`) },
  { weight: 1, arbitrary: odd },
);
const before = fc.constantFrom("", "", "", " ", "\t", "# x\n", "\n", "\r\n");
const behind = fc.constantFrom("", "", "", " ", "\r", " # 10.0.0.0/8", "\t#x", " \r");
const line = fc
  .tuple(before, entry, behind)
  .map(([front, said, rest]) => ({ said, text: `${front}${said}${rest}\n` }));

test("a list says what its networks say, once and again, and names what is none", () => {
  fc.assert(
    fc.property(
      fc.array(line, { minLength: 1, maxLength: 4 }),
      address,
      fc.boolean(),
      (lines, other, isOwn) => {
        const asked = isOwn ? lines[0]!.said.replace(/\/.*/, "") : other;
        const octets = addressOctets(asked);
        const networks = lines.map(({ said }) => parseNetwork(said));
        const isWrong = networks.includes(null);
        const isIn = octets !== null && networks.some((one) => one !== null && contains(one, octets));
        const text = `\n${lines.map((one) => one.text).join("")}`;
        const list = new NetworkList(text);
        if (isWrong) {
          expect(() => new NetworkList(text).prove()).toThrow(EntryError);
          if (octets !== null) expect(() => list.has(asked)).toThrow(EntryError);
          return;
        }
        new NetworkList(text).prove();
        for (let times = 0; times < 6; times++) expect(list.has(asked)).toBe(isIn);
      },
    ),
    { numRuns: 3000 },
  );
});

describe("a line that is no network", () => {
  test.each([
    ["\n10.0.0.1\n\n# no\n10.0.0.300\n", 4],
    ["\n1.2.3.4 5.6.7.8\n", 1],
    ["\n10.0.0.1\r\n10.0.0.0/99\r\n", 2],
    ["\nmüller.test\n", 1],
    ["\n10.0.0.1\n10.0\0.0.2\n", 2],
  ])("%j is told with its number", (text, number) => {
    const wrong = (work: () => void) => {
      try {
        work();
      } catch (error) {
        return (error as EntryError).line;
      }
      return null;
    };
    expect(wrong(() => new NetworkList(text).prove())).toBe(number);
    expect(wrong(() => new NetworkList(text).has("9.9.9.9"))).toBe(number);
  });

  test("is found again by whoever asks again", () => {
    const list = new NetworkList("\n10.0.0.1\nx\n");
    for (let times = 0; times < 6; times++) expect(() => list.has("10.0.0.1")).toThrow(EntryError);
  });

  test("does not tell all of what is very long", () => {
    expect(() => new NetworkList(`\n${"x".repeat(1 << 20)}\n`).prove()).toThrow(
      /^line 1 is no entry: "x{60}…"$/,
    );
  });
});

test("an unknown client is in no list, not even in one that is wrong", () => {
  for (const client of [null, "unknown", "192.0.2.1:25"])
    expect(new NetworkList("\n0.0.0.0/0\n::/0\nx\n").has(client)).toBe(false);
});

/** So many that whoever looked at each in turn would be seen to. */
test("a hundred thousand networks are gone through in the time of a few lines", () => {
  const text = `\n${Array.from({ length: 100_000 }, (_, index) => `${1 + (index % 200)}.${index % 256}.${index >> 9}.0/24\n`).join("")}`;
  new NetworkList(text).has("9.9.9.9"); // the expression is compiled
  const started = performance.now();
  new NetworkList(text).has("203.0.113.9");
  expect(performance.now() - started).toBeLessThan(60);
});
