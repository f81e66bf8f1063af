import { expect, test } from "bun:test";
import fc from "fast-check";
import { Mailbox } from "../../../src/protocols/pop3/mailbox.ts";

test("nothing is known before the server has said anything, but that there is no message 0", () => {
  const mailbox = new Mailbox();
  expect(mailbox.judge("1")).toBe("unknown");
  expect(mailbox.judge("0")).toBe("missing");
});

test("a count is the highest number while nothing is deleted", () => {
  const mailbox = new Mailbox();
  mailbox.learnCount("+OK 3 600 octets");
  expect(mailbox.judge("3")).toBe("there");
  expect(mailbox.judge("4")).toBe("missing");
  expect(mailbox.judge("4294967297")).toBe("missing");
});

test("an empty mailbox is known to be empty", () => {
  const mailbox = new Mailbox();
  mailbox.learnCount("+OK 0 0");
  expect(mailbox.judge("1")).toBe("missing");
});

test.each([
  "-ERR 3 600",
  "+OK",
  "+OK 3",
  "+OK x y",
  "+OK -3 600",
  "+OK 3.5 1",
  "+OK3 4",
  "+OK 111111111111111111111 1",
])("%j is no count", (status) => {
  const mailbox = new Mailbox();
  mailbox.learnCount(status);
  expect(mailbox.judge("1")).toBe("unknown");
});

test("a number beyond all numbers is not learnt", () => {
  const mailbox = new Mailbox();
  mailbox.learnNumber("111111111111111111111");
  expect(mailbox.judge("1")).toBe("unknown");
});

test("what is known is never lowered", () => {
  const mailbox = new Mailbox();
  mailbox.learnNumber("7");
  mailbox.learnCount("+OK 2 100");
  mailbox.learnNumber("5");
  expect(mailbox.judge("7")).toBe("there");
  mailbox.learnNumber("010");
  expect(mailbox.judge("10")).toBe("there");
});

test("a count leaves out what is deleted, each message once, until all is restored", () => {
  const mailbox = new Mailbox();
  for (const number of ["1", "2", "2"]) mailbox.delete(number);
  mailbox.learnCount("+OK 1 100");
  expect(mailbox.judge("3")).toBe("there");
  expect(mailbox.judge("4")).toBe("missing");

  const restored = new Mailbox();
  restored.delete("1");
  restored.restore();
  restored.learnCount("+OK 3 100");
  expect(restored.judge("4")).toBe("missing");
});

test("a deletion that is not remembered is not counted", () => {
  const mailbox = new Mailbox();
  mailbox.delete("1048576");
  mailbox.learnCount("+OK 3 100");
  expect(mailbox.judge("4")).toBe("missing");
});

test("a number beyond 32 bits is not taken for a small one that is deleted", () => {
  const mailbox = new Mailbox();
  mailbox.learnNumber("99999999999999999999");
  mailbox.delete("1");
  expect(mailbox.judge("4294967297")).toBe("there");
});

test("deletions are remembered up to a bound, beyond which the server judges", () => {
  const mailbox = new Mailbox();
  mailbox.learnNumber("99999999999999999999");
  for (const number of ["1048575", "1048576", "9007199254740993"]) mailbox.delete(number);
  expect(mailbox.judge("1048575")).toBe("deleted");
  expect(mailbox.judge("1048576")).toBe("there");
  expect(mailbox.judge("9007199254740993")).toBe("there");
  expect(mailbox.judge("1048574")).toBe("there");
});

test("it agrees with a mailbox that is a set", () => {
  const doing = fc.record({
    what: fc.constantFrom("delete", "restore", "count"),
    number: fc.integer({ min: 1, max: 3000 }),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3000 }), fc.array(doing, { maxLength: 60 }), (size, doings) => {
      const mailbox = new Mailbox();
      mailbox.learnCount(`+OK ${size} 1`);
      const deleted = new Set<number>();
      for (const { what, number } of doings) {
        if (what === "restore") {
          mailbox.restore();
          deleted.clear();
        } else if (what === "count") mailbox.learnCount(`+OK ${size - deleted.size} 1`);
        else if (number <= size) {
          mailbox.delete(String(number));
          deleted.add(number);
        }
        const expected = number > size ? "missing" : deleted.has(number) ? "deleted" : "there";
        expect(mailbox.judge(String(number))).toBe(expected);
      }
      for (const number of deleted) expect(mailbox.judge(String(number))).toBe("deleted");
    }),
  );
});

test("a deletion far above all before it is remembered, and so are those", () => {
  const mailbox = new Mailbox();
  mailbox.learnNumber("99999");
  const numbers = ["1", "511", "512", "600", "1023", "9999"];
  for (const number of numbers) mailbox.delete(number);
  expect(numbers.map((number) => mailbox.judge(number))).toEqual(numbers.map(() => "deleted"));
  expect(["2", "510", "513", "9998"].map((number) => mailbox.judge(number))).toEqual(Array(4).fill("there"));
});
