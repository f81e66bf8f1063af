import { expect, test } from "bun:test";
import { List, writeList } from "../../../src/protocols/pop3/list.ts";

test("lines are kept until the end", () => {
  const list = new List();
  expect(["a", "..", "b", "."].map((line) => list.add(line))).toEqual(["more", "more", "more", "end"]);
  expect(list.lines).toEqual(["a", "..", "b"]);
});

test("256 lines are a list, one more is none", () => {
  const list = new List();
  for (let count = 0; count < 256; count++) expect(list.add("TOP")).toBe("more");
  expect(list.add("TOP")).toBe("fault");
});

test("64 KiB are a list, one octet more is none", () => {
  const list = new List();
  for (let count = 0; count < 64; count++) expect(list.add("x".repeat(1024))).toBe("more");
  expect(list.add("x")).toBe("fault");
});

test("it is written in one piece", () => expect(writeList("+OK", ["a", "b"])).toBe("+OK\r\na\r\nb\r\n.\r\n"));
