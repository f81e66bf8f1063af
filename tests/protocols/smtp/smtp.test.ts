// What the conversation tells the session beside its words: what is idle, what is an error, what is awaited and how
// long, and whom the budget of errors spares.

import { describe, expect, test } from "bun:test";
import { answer, converse, heard, say } from "./converse.ts";

const AUTH = { auth: "pass" } as const;

test("a greeting of the server that is none is a fault, one that says no closes nothing, and is no error", () => {
  expect(heard(converse("connected"), "354 go")).toBe("fault");
  expect(heard(converse("connected"), "554 no")).toEqual({
    ...{ client: "554 no\r\n", next: "command", refused: "server", by: "server", error: false, told: {} },
  });
});

test("a client that is blocked has made no error by coming", () => {
  const conversation = converse("connected", { blockIp: { has: () => true } });
  expect(heard(conversation, "220 hi")).toEqual({
    ...{ client: "554 5.7.1 Access denied\r\n", next: "command", refused: "block-ip", error: false },
  });
});

describe("a command that does nothing is idle", () => {
  test.each([
    ["NOOP", "250 2.0.0 OK\r\n"],
    ["VRFY u", "252 2.5.0 Cannot VRFY user, but will accept message and attempt delivery\r\n"],
  ])("%s, which we answer", (line, client) => {
    expect(say(converse("ready", { vrfy: "252" }), line)).toMatchObject({ client, idle: true });
  });

  test("RSET, which the server answers", () => {
    expect(say(converse("ready"), "RSET")).toMatchObject({ server: "RSET\r\n", idle: true });
  });

  test("every greeting but the first", () => {
    const conversation = converse("init");
    const idle = ["EHLO c.test", "HELO c.test", "EHLO c.test"].map((line) => {
      const step = say(conversation, line);
      answer(conversation, "250 hi");
      return step.idle;
    });
    expect(idle).toEqual([undefined, true, true]);
  });
});

describe("what the server says no to is told as refused by it, and is an error", () => {
  test.each([
    ["init", "HELO c.test", "HELO", false],
    ["init", "EHLO c.test", "EHLO", false],
    ["ready", "MAIL FROM:<a@c.test>", "MAIL", false],
    ["mail", "RCPT TO:<u@local.test>", "RCPT", true],
    ["rcpt", "DATA", "DATA", false],
    ["ready", "RSET", "RSET", false],
  ] as const)("in %s, %s", (place, line, verb, error) => {
    const conversation = converse(place);
    say(conversation, line);
    const step = answer(conversation, "550 no");
    expect(step).toMatchObject({ client: "550 no\r\n", next: "command", refused: "server", by: "server" });
    expect([step.told?.verb, step.error]).toEqual([verb, error]);
  });

  test("only where it is permanent", () => {
    const conversation = converse("mail");
    say(conversation, "RCPT TO:<u@local.test>");
    expect(answer(conversation, "450 later")).toMatchObject({ refused: "server", error: false });
  });
});

describe("the server has", () => {
  test.each([
    ["ready", "RSET", 300],
    ["rcpt", "DATA", 120],
    ["rcpt", "QUIT", 5],
  ] as const)("in %s, for %s, %d seconds", (place, line, patience) => {
    expect(say(converse(place), line).patience).toBe(patience);
  });
});

describe("the budget of errors", () => {
  test("spares nobody who is unknown", () => {
    for (const place of ["connected", "init", "ready", "mail"] as const)
      expect(converse(place).spared!()).toBe("never");
  });

  test("spares a transaction that has a recipient, until it is over", () => {
    const conversation = converse("rcpt");
    expect(conversation.spared!()).toBe("for-now");
    say(conversation, "RSET");
    answer(conversation, "250 ok");
    expect(conversation.spared!()).toBe("never");
  });

  test("spares whoever may relay, and whoever has logged in", () => {
    expect(converse("init", { relayIp: { has: () => true } }).spared!()).toBe("always");
    const conversation = converse("ready", AUTH);
    say(conversation, "AUTH PLAIN AHUAcA==");
    answer(conversation, "235 in");
    expect(conversation.spared!()).toBe("always");
  });
});

test("a reply tells how its command went by its first digit", () => {
  const { outcome } = converse("ready");
  expect(["250 ok", "354 go", "334 ", "421 bye", "550 no"].map((reply) => outcome!(reply))).toEqual([
    ...(["done", "more", "more", "refused", "refused"] as const),
  ]);
});

test("a server that says anything unasked is given up, and the client told at its next command", () => {
  const conversation = converse("ready");
  expect(conversation.unsolicited!("250 ok")).toEqual({ next: "command" });
  expect(say(conversation, "NOOP")).toMatchObject({
    client: "421 4.3.0 wrapper.test Service not available, closing transmission channel\r\n",
    next: "close",
  });
});

test("a server that says goodbye unasked ends the session by it", () => {
  for (const [said, client] of [
    ["421 4.3.2 down", "421 4.3.2 down\r\n"],
    ["421-4.3.2 down", "421 4.3.2 down\r\n"],
    ["421", "421 \r\n"],
  ] as const)
    expect(converse("ready").unsolicited!(said)).toEqual({ client, next: "close", ends: "server-end" });
  expect(converse("ready").unsolicited!("4210 down")).toEqual({ next: "command" });
});

test("whoever talks before the greeting is held, or sent away", () => {
  expect(converse("connected").earlyTalker!()).toBeNull();
  expect(converse("connected", { earlyTalker: "refuse" }).earlyTalker!()).toEqual({
    ...{
      client: "554 5.5.0 SMTP protocol synchronization error\r\n",
      refused: "early-talker",
      next: "close",
    },
  });
});
