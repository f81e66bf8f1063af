// What a session gives account of, and that a secret is in none of it.

import { describe, expect, test } from "bun:test";
import { Account } from "../../src/record/account.ts";
import { encode } from "../../src/wire/latin1.ts";
import type { Read } from "./lists.ts";

function account(withText = true): { account: Account; told: Read[] } {
  const told: Read[] = [];
  const statusOf = (reply: string) => /^(?:\+OK|-ERR|[0-9]{3})(?= )/.exec(reply)?.[0] ?? "";
  return { account: new Account((entry) => told.push(entry), withText ? 5 : 4, statusOf), told };
}

describe("a line that answers a secret", () => {
  test("is told by how it went, and nothing else of it", () => {
    const { account: to, told } = account();
    to.keepSecret("hunter2secret");
    for (const line of ["-ERR no such word: x", "+OK welcome", "535 5.7.8 no", "hunter2secret"])
      to.tellLine(4, "server-line", line);
    expect(told.map(({ fields }) => fields.said)).toEqual(["-ERR ***", "+OK ***", "535 ***", "***"]);
  });

  test("is told again once another line was read, but for the secret in it", () => {
    const { account: to, told } = account();
    to.keepSecret("hunter2secret");
    to.begin();
    to.tellLine(4, "server-line", "+OK hunter2secret it was");
    expect(told[0]!.fields.said).toBe("+OK *** it was");
  });
});

describe("text", () => {
  test("is told by its start, without secrets, when it is asked for", () => {
    const { account: to, told } = account();
    to.keepSecret("hunter2secret");
    to.tellText("client", encode(`..hunter2secret${"x".repeat(300)}`), 2, 315);
    expect(told[0]).toEqual({
      level: 5,
      event: "text",
      fields: { side: "client", octets: 313, text: `***${"x".repeat(187)}` },
    });
  });

  test("is not told otherwise", () => {
    const { account: to, told } = account(false);
    to.tellText("server", encode("text"), 0, 4);
    expect(told).toEqual([]);
  });
});

test("what is above the level that anybody reads is not put into words", () => {
  const told: Read[] = [];
  const quiet = new Account(
    (entry) => told.push(entry),
    2,
    () => "",
  );
  quiet.tell(3, "command", { line: "NOOP" });
  quiet.tellLine(4, "server-line", "250 ok");
  quiet.tell(2, "connect", {});
  expect(told.map(({ event }) => event)).toEqual(["connect"]);
});
