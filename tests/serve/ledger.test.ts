// What workers tell the log, and of whom they can.

import { expect, test } from "bun:test";
import type { Entry } from "../../src/record/entry.ts";
import { Ledger } from "../../src/serve/ledger.ts";

const CONNECT: Entry = { level: 2, event: "connect", fields: {} };

function book() {
  const ledger = new Ledger<string>();
  const written: number[] = [];
  const begin = (session: number, worker: string, is = true) =>
    ledger.begin(session, worker, () => {
      written.push(session);
      return is;
    });
  return { ledger, written, begin };
}

test("a worker tells of its own sessions, and of no other's", () => {
  const { ledger, written, begin } = book();
  begin(1, "one");
  begin(2, "two");
  expect(ledger.tell(1, "one", CONNECT)).toBe(true);
  expect(ledger.tell(2, "one", CONNECT)).toBe(false);
  expect(ledger.tell(3, "one", CONNECT)).toBe(false);
  expect(written).toEqual([1]);
});

test("what a session has no share left for is not written", () => {
  const { ledger, begin } = book();
  begin(1, "one", false);
  expect(ledger.tell(1, "one", CONNECT)).toBe(false);
});

test("last words of a session are written until the second sweep after it", () => {
  const { ledger, written, begin } = book();
  begin(1, "one");
  begin(2, "one");
  ledger.end(1);
  expect(ledger.tell(1, "one", CONNECT)).toBe(true);
  ledger.sweep();
  expect(ledger.tell(1, "one", CONNECT)).toBe(true);
  ledger.sweep();
  expect(ledger.tell(1, "one", CONNECT)).toBe(false);
  ledger.sweep();
  expect(ledger.tell(2, "one", CONNECT)).toBe(true);
  expect(written).toEqual([1, 1, 2]);
});
