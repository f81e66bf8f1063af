// What syslog puts in front of a line.

import { expect, test } from "bun:test";
import { FACILITY, localHeader, placedTagOf, severityOf, tagOf } from "../../src/log/header.ts";

test("our levels are syslog's severities", () => {
  expect(([0, 1, 2, 3, 4, 5] as const).map(severityOf)).toEqual([3, 5, 6, 7, 7, 7]);
});

test("priority, time of the host and name stand in front", () => {
  const at = new Date(2026, 10, 5, 9, 7, 3);
  const header = localHeader({ level: 1, line: "", at }, FACILITY.mail, "protowrap-smtp[42]");
  expect(header).toBe("<21>Nov  5 09:07:03 protowrap-smtp[42]: ");
  const later = { level: 0, line: "", at: new Date(2026, 0, 15, 23, 59, 59) } as const;
  expect(localHeader(later, FACILITY.daemon, "n[1]")).toBe("<27>Jan 15 23:59:59 n[1]: ");
});

test("a line that another is to have said has his name, and his host where the reader knows none", () => {
  const at = new Date(2026, 10, 5, 9, 7, 3);
  const theirs = { level: 1, line: "", at, speaker: { tag: "postfix/smtpd[7]", host: "mx" } } as const;
  const ours = { level: 1, line: "", at } as const;
  expect([tagOf(theirs, "n[1]"), tagOf(ours, "n[1]")]).toEqual(["postfix/smtpd[7]", "n[1]"]);
  expect([placedTagOf(theirs, "n[1]"), placedTagOf(ours, "n[1]")]).toEqual(["mx postfix/smtpd[7]", "n[1]"]);
  expect(localHeader(theirs, FACILITY.mail, "n[1]")).toBe("<21>Nov  5 09:07:03 postfix/smtpd[7]: ");
});
