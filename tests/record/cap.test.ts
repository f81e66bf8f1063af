import { expect, test } from "bun:test";
import { LogCap } from "../../src/record/cap.ts";
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
