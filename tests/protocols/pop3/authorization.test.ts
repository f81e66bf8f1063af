// Logging in, answer by answer: what the server may say, or leave unsaid, and what that makes of it.

import { describe, expect, test } from "bun:test";
import type { Conversation, Step } from "../../../src/protocols/protocol.ts";
import { heard } from "../steps.ts";
import { answer, converse, say } from "./converse.ts";

const OPTIONS = { auth: "pass" } as const;
const FAILED = "-ERR authentication failed\r\n";
const GONE = { client: "-ERR [SYS/TEMP] server unavailable\r\n", next: "close" } as const;
const STAMPED = "c4c9334bac560ecc979e58001b3e22fb";

/** The client has said these lines, each but the last answered by a challenge. */
function asked(...lines: readonly string[]): Conversation {
  const conversation = converse("authorization", OPTIONS);
  lines.forEach((line, at) => {
    if (at > 0) answer(conversation, "+ ");
    say(conversation, line);
  });
  return conversation;
}

describe("a login is accepted", () => {
  test.each([
    [`APOP u ${STAMPED}`, { method: "APOP", attempt: 1, user: "u" }],
    ["AUTH PLAIN AHUAcA==", { method: "PLAIN", attempt: 1, user: "u" }],
    ["AUTH EXTERNAL", { method: "EXTERNAL", attempt: 1 }],
  ])("that %s asks for", (line, fields) => {
    const conversation = asked(line);
    expect(answer(conversation, "+OK in")).toEqual({
      ...{ client: "+OK in\r\n", next: "command", log: { level: 2, event: "login", fields } },
    });
    expect(say(conversation, "STAT")).toMatchObject({ server: "STAT\r\n" });
  });

  test("that PASS asks for", () => {
    const conversation = converse("user");
    expect(say(conversation, "PASS p")).toMatchObject({ server: "PASS p\r\n", decides: "login" });
    expect(answer(conversation, "+OK").log).toMatchObject({ fields: { method: "PASS", user: "u" } });
  });
});

describe("a login is refused", () => {
  test("in one wording, and another may be tried", () => {
    const conversation = converse("user");
    say(conversation, "PASS p");
    expect(answer(conversation, "-ERR no such user u")).toMatchObject({ client: FAILED, delay: 3 });
    expect(say(conversation, "PASS p")).toMatchObject({ refused: "wrong-state" });
    expect(say(conversation, "USER v")).toMatchObject({ server: "USER v\r\n" });
  });

  test("a mechanism is, which is nobody's guess", () => {
    expect(answer(asked("AUTH PLAIN"), "-ERR no")).toEqual({
      ...{ client: "-ERR authentication mechanism not supported\r\n", next: "command" },
    });
  });

  test("neither is anything by what is no answer", () => {
    expect(heard(asked("AUTH PLAIN AHUAcA=="), "in")).toBe("fault");
    expect(heard(asked(`APOP u ${STAMPED}`), "+ ")).toBe("fault");
  });
});

test("APOP wants a stamp in the server's greeting, and the client is told it", () => {
  const told = (greeting: string): [Step, Step] => {
    const conversation = converse("connected");
    return [answer(conversation, greeting), say(conversation, `APOP u ${STAMPED}`)];
  };
  const [stamped, asking] = told("+OK popper <1.2@server> ready");
  expect([stamped.client, asking.server]).toEqual([
    "+OK wrapper.test ready <1.2@server>\r\n",
    `APOP u ${STAMPED}\r\n`,
  ]);
  const [bare, refused] = told("+OK popper ready");
  expect([bare.client, refused.refused]).toEqual(["+OK wrapper.test ready\r\n", "no-stamp"]);
});

describe("a server that hangs up on a name", () => {
  function named(how: "hung-up" | "failed" = "hung-up"): [Conversation, Step] {
    const conversation = converse("authorization");
    say(conversation, "USER u");
    return [conversation, conversation.serverLost(true, how)];
  }

  test("has told nothing by it: the password is asked for all the same, and fails", () => {
    const [conversation, step] = named();
    expect(step).toEqual({ client: "+OK send the password\r\n", next: "command" });
    expect(say(conversation, "LIST x")).toMatchObject({ refused: "wrong-state", next: "command" });
    expect(say(conversation, "PASS p")).toMatchObject({
      ...{ client: FAILED, delay: 3, next: "command", shown: "PASS ***" },
      log: { fields: { method: "PASS", reason: "hung-up", user: "u" } },
    });
    expect(say(conversation, "QUIT")).toMatchObject({ client: "+OK bye\r\n", ends: "quit" });
    expect(say(conversation, "USER u")).toMatchObject(GONE);
  });

  test("is asked for nothing else: that is a guess, and costs what one costs", () => {
    expect(say(named()[0], "CAPA")).toMatchObject({
      ...{ ...GONE, delay: 3, log: { fields: { method: "PASS", reason: "hung-up", user: "u" } } },
    });
  });

  test("is not needed to leave", () => {
    const step = say(named()[0], "QUIT");
    expect(step).toMatchObject({ client: "+OK bye\r\n", ends: "quit" });
    expect(step.log).toBeUndefined();
  });

  test("and one that failed meanwhile is gone", () => {
    expect(named("failed")[1]).toEqual(GONE);
  });

  test("after it has answered is asked for a password all the same", () => {
    const conversation = converse("user");
    conversation.serverLost(false, "hung-up");
    expect(say(conversation, "PASS p")).toMatchObject({ client: FAILED, delay: 3 });
  });

  test("after it has answered, and failed, is gone", () => {
    const conversation = converse("user");
    conversation.serverLost(false, "failed");
    expect(say(conversation, "PASS p")).toMatchObject(GONE);
  });
});

describe("a server that was lost in a login", () => {
  test("has refused it, if it hung up, and another may not be tried", () => {
    const conversation = converse("user");
    say(conversation, "PASS p");
    expect(conversation.serverLost(true, "hung-up")).toMatchObject({ client: FAILED, delay: 3 });
    expect(say(conversation, "QUIT")).toMatchObject({ client: "+OK bye\r\n", ends: "quit" });
    expect(say(conversation, "PASS p")).toMatchObject(GONE);
  });

  test("and failed has not", () => {
    const conversation = converse("user");
    say(conversation, "PASS p");
    expect(conversation.serverLost(true, "failed")).toEqual(GONE);
  });
});

describe("a server that was told to stop", () => {
  test("is at fault where it goes on, or says yes", () => {
    for (const said of ["+ go on", "+OK in", "what"])
      expect(heard(asked("AUTH LOGIN", "*"), said)).toBe("fault");
  });

  test("is not quoted", () => {
    expect(answer(asked("AUTH LOGIN", "*"), "-ERR the name u is known")).toEqual({
      ...{ client: "-ERR authentication cancelled\r\n", next: "command", error: true },
    });
    expect(answer(asked("AUTH LOGIN", "!"), "-ERR what")).toMatchObject({
      ...{ client: "-ERR cannot decode authentication data\r\n", refused: "sasl" },
    });
    expect(answer(asked("AUTH LOGIN", "x".repeat(12_288)), "-ERR what")).toMatchObject({
      ...{ client: "-ERR line too long\r\n", refused: "sasl" },
    });
  });

  test("was told all of a guess before: that is counted", () => {
    expect(answer(asked("AUTH XOAUTH2 dXNlcj11AQ==", "*"), "-ERR cancelled")).toMatchObject({
      ...{ client: FAILED, delay: 3, log: { fields: { reason: "abandoned", user: "u" } } },
    });
  });
});
