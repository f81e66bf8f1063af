// What the log is told of SMTP: a message with all that is known of it, and refusals, ours and the server's.

import { describe, expect, test } from "bun:test";
import { encode } from "../../../src/wire/latin1.ts";
import { Talk } from "./talk.ts";

/** The client says a line, the server answers it. */
function exchange(talk: Talk, ...pairs: readonly (readonly [line: string, answer: string])[]): Talk {
  for (const [line, answer] of pairs) {
    talk.say(line);
    talk.answer(`${answer}\r\n`);
  }
  return talk;
}

const told = (talk: Talk, event: string) => talk.logged(event).at(-1) as Record<string, unknown>;

describe("a message that was taken", () => {
  test("is told with the server's own name for it, who sent it to whom, and how it was answered", () => {
    const talk = new Talk({ auth: "pass" }).enter("READY");
    exchange(
      talk,
      ["AUTH PLAIN AHVzZXIAcGFzcw==", "235 in"],
      ["MAIL FROM:<a@c.test>", "250 ok"],
      ["RCPT TO:<u@local.test>", "250 ok"],
      ["RCPT TO:<n@local.test>", "550 no"],
      ["RCPT TO:<v@local.test>", "250 ok"],
      ["DATA", "354 go"],
    );
    talk.session.clientOctets(encode("one\r\n..two\r\n"), talk.now);
    exchange(talk, [".", "250 2.0.0 Ok: queued as 4F9D195432C"]);
    expect(Object.entries(told(talk, "message"))).toEqual([
      ["queue", "4F9D195432C"],
      ["octets", 11],
      ["recipients", 2],
      ["reply", "250 2.0.0 Ok: queued as 4F9D195432C"],
      ["from", "a@c.test"],
      ["to", ["u@local.test", "v@local.test"]],
      ["helo", "c.test"],
      ["user", "user"],
    ]);
    exchange(talk, ["QUIT", "221 bye"]);
    expect(talk.session.reason).toBe("quit");
    expect(talk.session.tally.verbs).toBe("ehlo=1 auth=1 mail=1 rcpt=2/3 data=1 quit=1");
  });

  test("of whom nobody is known to have sent it has no user, and no name where the server gave none", () => {
    const talk = exchange(new Talk().enter("RCPT"), ["DATA", "354 go"], [".", "250 taken"]);
    expect(told(talk, "message")).not.toContainAnyKeys(["queue", "user"]);
  });

  test("tells ten recipients at most, and how many there were", () => {
    const talk = new Talk().enter("RCPT");
    for (let at = 0; at < 14; at++) exchange(talk, [`RCPT TO:<u${at}@local.test>`, "250 ok"]);
    exchange(talk, ["DATA", "354 go"], [".", "250 taken"]);
    const { recipients, to } = told(talk, "message");
    expect([recipients, (to as string[]).length, (to as string[])[9]]).toEqual([15, 10, "u8@local.test"]);
  });

  test("is told of without the secret that the server repeats in its answer", () => {
    const talk = new Talk({ auth: "pass" }).enter("READY");
    exchange(talk, ["AUTH PLAIN AHUAaHVudGVyMg==", "235 in"], ["MAIL FROM:<>", "250 ok"]);
    exchange(talk, ["RCPT TO:<u@local.test>", "250 ok"], ["DATA", "354 go"]);
    exchange(talk, [".", "250 Ok: queued as hunter2"]);
    expect(told(talk, "message")).toMatchObject({ queue: "***", reply: "250 Ok: queued as ***" });
  });
});

describe("a refusal by the server", () => {
  test.each([
    ["EHLO d.test", "550 no", "EHLO", { helo: "c.test" }],
    ["MAIL FROM:<b@c.test>", "451 later", "MAIL", { from: "b@c.test" }],
    ["MAIL FROM:<b@c.test>", "550 no", "MAIL", { from: "b@c.test" }],
  ])("of %s, %s, is told like ours and is no error of the client's", (line, answer, verb, more) => {
    const talk = new Talk({}, { maxErrors: 2 }).enter("READY");
    for (let count = 0; count < 3; count++) exchange(talk, [line, answer]);
    expect(talk.logged("refused")).toHaveLength(3);
    const common = { rule: "server", by: "server", verb, reply: answer, helo: "c.test", line };
    expect(told(talk, "refused")).toEqual({ ...common, ...more });
    expect([talk.session.closed, talk.session.tally.refused]).toEqual([false, 3]);
  });

  test("of a recipient that may be taken later is no error, one that may not is", () => {
    const talk = new Talk({}, { maxErrors: 2 }).enter("MAIL");
    for (let count = 0; count < 5; count++)
      exchange(talk, ["RCPT TO:<u@local.test>", "451 4.7.1 greylisted"]);
    expect(talk.session.closed).toBe(false);
    expect(told(talk, "refused")).toMatchObject({ from: "a@c.test", to: ["u@local.test"] });
    exchange(talk, ["RCPT TO:<u@local.test>", "550 no"], ["RCPT TO:<u@local.test>", "550 no"]);
    expect([talk.session.closed, talk.session.reason]).toEqual([true, "too-many-errors"]);
  });

  test("of DATA and of the message itself says whose message it was", () => {
    const talk = exchange(new Talk().enter("RCPT"), ["DATA", "451 no room"]);
    const whose = { from: "a@c.test", to: ["u@local.test"], helo: "c.test" };
    expect(told(talk, "refused")).toMatchObject({
      verb: "DATA",
      reply: "451 no room",
      line: "DATA",
      ...whose,
    });
    exchange(talk, ["DATA", "354 go"], [".", "550 spam"]);
    expect(told(talk, "refused")).toMatchObject({
      verb: "DATA",
      reply: "550 spam",
      line: "(message)",
      ...whose,
    });
    expect(talk.session.tally.messages).toBe(0);
  });

  test("of the connection is told", () => {
    const talk = new Talk().enter("REFUSED");
    const fields = { rule: "server", by: "server", reply: "554 no", line: "(connection)" };
    expect(talk.logged("refused")).toEqual([fields]);
  });

  test("of a login tells nothing of what the server says to the secret", () => {
    const talk = new Talk({ auth: "pass" }).enter("READY");
    exchange(talk, ["AUTH PLAIN AHUAaHVudGVyMg==", "454 hunter2 and its reverse 2retnuh"]);
    expect(told(talk, "refused")).toMatchObject({ verb: "AUTH", reply: "454 ***", line: "AUTH PLAIN ***" });
  });
});

test("a message we refuse is told at once, with whose it is and how it will be answered", () => {
  const talk = exchange(new Talk().enter("RCPT"), ["DATA", "354 go"]);
  talk.session.clientOctets(encode("a\nb"), talk.now);
  expect(talk.logged("refused")).toEqual([
    {
      ...{ rule: "bare-newline", by: "us", verb: "DATA" },
      reply: "550 5.5.2 Bare CR or LF in message not allowed",
      ...{ from: "a@c.test", to: ["u@local.test"], helo: "c.test", line: "(message)" },
    },
  ]);
});

test("the null sender is empty", () => {
  const talk = exchange(new Talk().enter("READY"), ["MAIL FROM:<>", "550 no bounces"]);
  expect(told(talk, "refused")).toMatchObject({ from: "" });
});
