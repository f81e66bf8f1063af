// Verdicts as columns: aligned, harmless to a terminal, coloured only when asked.

import { describe, expect, test } from "bun:test";
import type { Verdict } from "../../../src/cli/explain/hearing.ts";
import { table } from "../../../src/cli/explain/table.ts";

const verdict = (line: number, fields: Partial<Verdict>): Verdict => ({
  line,
  client: "NOOP",
  verdict: "answered",
  forwarded: [],
  reply: [],
  rule: null,
  ...fields,
});

describe("the table", () => {
  test("has a column under each title, and gathers the text of a message", () => {
    const rows = [
      verdict(1, { verdict: "forwarded", client: "DATA", forwarded: ["DATA"], reply: ["354 go on"] }),
      ...[2, 3, 4].map((line) => verdict(line, { verdict: "text", client: "(message)" })),
      verdict(5, { verdict: "refused", client: ".", reply: ["550 no"], rule: "nul" }),
    ];
    expect(table(rows, false)).toEqual([
      "no  client               verdict    the server gets / we answer  rule",
      " 1  DATA                 forwarded  DATA",
      " 2  (message) to line 4  text",
      " 5  .                    refused    550 no                       nul",
    ]);
  });

  test("cuts what is long and shows no control octet", () => {
    const [, row = ""] = table([verdict(1, { client: `\x1b[2J\xff${"x".repeat(100)}` })], false);
    expect(row).toContain("\\x1b[2J\\xffxxx");
    expect(row).toContain("xxx...");
    expect(row.length).toBeLessThan(90);
  });

  test("is coloured when asked", () => {
    const rows = [verdict(1, { verdict: "refused", rule: "relay" })];
    expect(table(rows, true)[1]).toMatch(/^\x1b\[31m.*\x1b\[0m$/);
    expect(table(rows, false).join("")).not.toContain("\x1b");
  });
});
