import { expect, test } from "bun:test";
import { isCapped, LogCap } from "../../src/record/cap.ts";
import type { Entry, EventName, Level } from "../../src/record/entry.ts";

const entry = (event: EventName, level: Level) => ({ level, event, fields: {} }) as Entry;

/** How many of so many entries are written, and what the last word is. */
function written(event: EventName, level: Level, times: number, octets = 100) {
  const cap = new LogCap();
  const admitted = Array.from({ length: times }, () => cap.admit(entry(event, level), () => octets));
  const own = admitted.filter((one) => one?.event === event).length;
  return { own, others: admitted.filter((one) => one !== null && one.event !== event) };
}

test.each([
  ["command", 3],
  ["server-line", 4],
  ["text", 5],
  ["server-stderr", 1],
  ["unsolicited", 1],
  ["truncated", 1],
] as const)("a session's %s lines are a thousand at most, then one line says so", (event, level) => {
  const last = { level: 1, event: "log-capped", fields: { lines: 1000 } };
  expect(written(event, level, 5000)).toEqual({ own: 1000, others: [last as Entry] });
});

test("they are a MiB at most", () => {
  expect(written("server-line", 4, 100, 65536).own).toBe(16);
  expect(written("server-line", 4, 100, 65537).own).toBe(15);
});

test("all of them together are", () => {
  const cap = new LogCap();
  const events = ["command", "server-line", "reply-line", "server-stderr"] as const;
  let lines = 0;
  for (let turn = 0; turn < 2000; turn++)
    if (cap.admit(entry(events[turn % 4]!, 3), () => 10)?.event !== undefined) lines++;
  expect(lines).toBe(1001);
});

test.each(["message", "login", "login-failed", "end", "connect"] as const)(
  "%s is never left out",
  (event) => {
    expect(written(event, 1, 3000)).toEqual({ own: 3000, others: [] });
  },
);

test("a hundred refusals are told, one by one; the end of the session tells how many there were", () => {
  expect(written("refused", 1, 300)).toEqual({ own: 100, others: [] });
});

test("whoever only makes sure that another counts lets a multiple pass", () => {
  const admitted = (event: EventName, level: Level) => {
    const cap = new LogCap(2);
    return Array.from({ length: 5000 }, () => cap.admit(entry(event, level), () => 100)).filter(
      (one) => one?.event === event,
    ).length;
  };
  expect([admitted("command", 3), admitted("refused", 1), admitted("message", 1)]).toEqual([2000, 200, 5000]);
  const long = new LogCap(2);
  expect(long.admit(entry("text", 5), () => 2_097_152)?.event).toBe("text");
  expect(long.admit(entry("text", 5), () => 1)?.event).toBe("log-capped");
});

test("what has an end in a session is known", () => {
  const of = (event: EventName, level: Level) => isCapped(entry(event, level));
  expect([of("command", 3), of("refused", 1), of("server-stderr", 1)]).toEqual([true, true, true]);
  expect([of("message", 1), of("connect", 2), of("end", 1)]).toEqual([false, false, false]);
});
