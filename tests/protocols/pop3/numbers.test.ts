import { expect, test } from "bun:test";
import fc from "fast-check";
import { canonical, isGreater, plus } from "../../../src/protocols/pop3/numbers.ts";

test.each([
  ["1", "1"],
  ["0", "0"],
  ["000", "0"],
  ["0010", "10"],
  ["99999999999999999999", "99999999999999999999"],
  ["000000000000000000001", null],
  ["", null],
  ["-1", null],
  ["+1", null],
  [" 1", null],
  ["1\n", null],
  ["1e3", null],
  ["0x1", null],
  ["\xb2", null],
])("%j is the number %j", (text, number) => expect(canonical(text)).toBe(number));

test("a shorter limit of digits holds", () => {
  expect(canonical("1234567890", 10)).toBe("1234567890");
  expect(canonical("01234567890", 10)).toBeNull();
});

const natural = fc.bigInt({ min: 0n, max: 10n ** 20n - 1n });

test("order and sum are those of the numbers, also where a double would round", () => {
  fc.assert(
    fc.property(natural, natural, fc.nat(), (a, b, count) => {
      expect(isGreater(String(a), String(b))).toBe(a > b);
      expect(plus(String(a), count)).toBe(String(a + BigInt(count)));
    }),
  );
  expect(isGreater("9007199254740993", "9007199254740992")).toBe(true);
});
