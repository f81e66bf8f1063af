import { expect, test } from "bun:test";
import { queueIdOf } from "../../../src/protocols/smtp/queue.ts";

test.each([
  ["2.0.0 Ok: queued as 4F9D195432C", "4F9D195432C"], // Postfix
  ["2.0.0 Ok: queued as 4ZBqyV1tV2z3K", "4ZBqyV1tV2z3K"], // with long queue ids
  ["2.0.0 Ok: 349 bytes queued as D2D6C1AE092", "D2D6C1AE092"],
  ["Ok: queued as 12345.", "12345"],
  ["Ok: queued as ab", "ab"],
  ["Ok: queued as 1", "1"],
  [`Ok: queued as ${"x".repeat(64)}`, "x".repeat(64)],
  ["OK id=1tYx2a-0001XX-1Y", "1tYx2a-0001XX-1Y"], // exim
  ["OK id=1tYx2a-00000001XXX-1YAb", "1tYx2a-00000001XXX-1YAb"], // exim 4.97
  ["2.0.0 4BK6d1n1004731 Message accepted for delivery", "4BK6d1n1004731"], // Sendmail
  ["4BK6d1n1004731 Message accepted for delivery", "4BK6d1n1004731"],
  ["2.0.0 a1b2c3d4 Message accepted for delivery", "a1b2c3d4"], // OpenSMTPD
  ["2.0.0: a1b2c3d4 Message accepted for delivery", "a1b2c3d4"],
  ["ok 1700000000 qp 12345", "12345"], // qmail
  ["ok 1700000000 qp 7", "7"],
  ["2.6.0 Accepted message qp 12345 bytes 349", "12345"], // mailfront
])("%s is queued as %s", (text, id) => {
  expect(queueIdOf(text)).toBe(id);
});

test.each([
  "",
  "2.0.0 Ok",
  "2.6.0 Message accepted.",
  "Message accepted for delivery",
  "2.0.0 Message accepted for delivery",
  "Ok: queued as",
  'Ok: queued as "x y"',
  `Ok: queued as ${"x".repeat(65)}`,
  "OK id=a b",
  "it was queued asap",
])("%j names no queue", (text) => {
  expect(queueIdOf(text)).toBeNull();
});

test.each([
  ["2.0.0 OK: QUEUED AS 4F9D195432C", "4F9D195432C"],
  ["ok id=1tYx2a-0001XX-1Y", "1tYx2a-0001XX-1Y"],
  ["2.0.0 4BK6d1n1004731 message accepted for delivery", "4BK6d1n1004731"],
])("%s is queued as %s: words have no case", (text, id) => {
  expect(queueIdOf(text)).toBe(id);
});
