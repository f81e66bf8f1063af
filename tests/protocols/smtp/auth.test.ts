// AUTH, answer by answer: what the server may say at each point of an exchange, and what that makes of it.

import { describe, expect, test } from "bun:test";
import type { Conversation } from "../../../src/protocols/protocol.ts";
import { answer, converse, heard, say } from "./converse.ts";

const OPTIONS = { auth: "pass" } as const;
const FAILED = "535 5.7.8 Authentication credentials invalid\r\n";
const LATER = "454 4.7.0 Temporary authentication failure\r\n";
const GONE = "421 4.3.0 wrapper.test Service not available, closing transmission channel\r\n";

/** The client has said these lines, each but the last answered by a challenge. */
function asked(...lines: readonly string[]): Conversation {
  const conversation = converse("ready", OPTIONS);
  lines.forEach((line, at) => {
    if (at > 0) answer(conversation, "334 ");
    say(conversation, line);
  });
  return conversation;
}

describe("a login is accepted", () => {
  test.each([
    ["AUTH PLAIN AHUAcA==", { method: "PLAIN", attempt: 1, user: "u" }],
    ["AUTH EXTERNAL", { method: "EXTERNAL", attempt: 1 }],
  ])("that %s asks for", (line, fields) => {
    const conversation = asked(line);
    expect(answer(conversation, "235 in")).toEqual({
      ...{ client: "235 in\r\n", next: "command", log: { level: 2, event: "login", fields } },
    });
    expect(say(conversation, line)).toMatchObject({ client: "503 5.5.1 Bad sequence of commands\r\n" });
  });
});

describe("a login is refused", () => {
  test("in one wording, as an error, and at once after which another may be tried", () => {
    const conversation = asked("AUTH PLAIN AHUAcA==");
    const step = answer(conversation, "550 no such user u");
    expect(step).toMatchObject({ client: FAILED, next: "command", error: true, delay: 3 });
    expect(say(conversation, "AUTH PLAIN AHUAcQ==")).toMatchObject({ next: "reply", decides: "login" });
  });

  test("a mechanism is, which is nobody's guess", () => {
    expect(answer(asked("AUTH PLAIN"), "504 no")).toMatchObject({
      ...{ client: "504 no\r\n", refused: "server", by: "server", error: true, told: { verb: "AUTH" } },
    });
    expect(answer(asked("AUTH PLAIN"), "504 no").log).toBeUndefined();
  });
});

describe("a server without time for a login", () => {
  test("says so in one wording, no sooner than a refusal, and nothing is counted", () => {
    const conversation = asked("AUTH PLAIN AHUAcA==");
    const step = answer(conversation, "454 the name u is known");
    expect(step).toMatchObject({ client: LATER, delay: 3, next: "command", refused: "server", error: false });
    expect(step.log).toBeUndefined();
    say(conversation, "AUTH PLAIN AHUAcA==");
    expect(answer(conversation, "535 no").log).toMatchObject({ fields: { attempt: 1 } });
  });

  test("has decided that: what is lost later is no login", () => {
    const conversation = asked("AUTH PLAIN AHUAcA==");
    answer(conversation, "454 later");
    say(conversation, "MAIL FROM:<a@c.test>");
    expect(conversation.serverLost(true, "hung-up")).toEqual({ client: GONE, next: "close" });
  });

  test("and before any data says what it likes", () => {
    const step = answer(asked("AUTH PLAIN"), "454 later");
    expect([step.client, step.delay]).toEqual(["454 later\r\n", undefined]);
  });
});

describe("a server that says goodbye", () => {
  test("instead of an answer has refused the login and is gone", () => {
    const conversation = asked("AUTH PLAIN AHUAcA==");
    expect(answer(conversation, "421 bye")).toMatchObject({
      ...{ client: FAILED, next: "command", delay: 3, log: { fields: { reason: "hung-up" } } },
    });
    expect(say(conversation, "NOOP")).toMatchObject({ client: GONE, next: "close" });
  });

  test("before any data ends the session", () => {
    const step = answer(asked("AUTH PLAIN"), "421 bye");
    expect(step).toMatchObject({ client: "421 bye\r\n", next: "close", ends: "server-end" });
  });
});

describe("a server that was lost", () => {
  test("in a login has refused it, if it hung up", () => {
    const conversation = asked("AUTH PLAIN AHUAcA==");
    expect(conversation.serverLost(true, "hung-up")).toMatchObject({ client: FAILED, delay: 3 });
  });

  test("and failed has not", () => {
    const conversation = asked("AUTH PLAIN AHUAcA==");
    expect(conversation.serverLost(true, "failed")).toEqual({
      ...{ client: LATER, undecided: true, next: "close" },
    });
  });

  test("before any data was asked for nothing", () => {
    expect(asked("AUTH PLAIN").serverLost(true, "hung-up")).toEqual({ client: GONE, next: "close" });
  });
});

describe("a server that was told to stop", () => {
  test("is at fault where it goes on, or says yes", () => {
    for (const said of ["334 go on", "235 in", "354 go"])
      expect(heard(asked("AUTH LOGIN", "*"), said)).toBe("fault");
  });

  test("is believed where the client wished it", () => {
    expect(answer(asked("AUTH LOGIN", "*"), "501 cancelled")).toEqual({
      ...{ client: "501 cancelled\r\n", next: "command", error: true },
    });
  });

  test("gives way to our own words where the client's line was no data", () => {
    expect(answer(asked("AUTH LOGIN", "!"), "501 cancelled")).toMatchObject({
      ...{ client: "501 5.5.2 Cannot decode authentication data\r\n", refused: "sasl", next: "command" },
    });
    expect(answer(asked("AUTH LOGIN", "x".repeat(12_288)), "501 cancelled")).toMatchObject({
      ...{ client: "500 5.5.6 Authentication exchange line is too long\r\n", refused: "sasl" },
    });
  });

  test("was told all of a guess before: that is counted", () => {
    expect(answer(asked("AUTH XOAUTH2 dXNlcj11AQ==", "*"), "501 cancelled")).toMatchObject({
      ...{ client: FAILED, error: true, delay: 3, log: { fields: { reason: "abandoned", user: "u" } } },
    });
  });
});

test("a server that begins a message instead of an answer is at fault", () => {
  expect(heard(asked("AUTH PLAIN AHUAcA=="), "354 go")).toBe("fault");
});
