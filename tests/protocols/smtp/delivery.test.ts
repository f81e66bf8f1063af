// A message, step by step: what is awaited of the server, and what becomes of the session after one that was refused.

import { describe, expect, test } from "bun:test";
import type { Conversation, Setup, Step } from "../../../src/protocols/protocol.ts";
import type { SmtpOptions } from "../../../src/protocols/smtp/options.ts";
import { answer, converse, say, stream } from "./converse.ts";

const GONE = "421 4.3.0 wrapper.test Service not available, closing transmission channel\r\n";

/** DATA was said and agreed to, and this has come. */
function sent(octets: string, options: Partial<SmtpOptions> = {}, setup: Partial<Setup> = {}): Conversation {
  const conversation = converse("rcpt", options, setup);
  say(conversation, "DATA");
  stream(answer(conversation, "354 go"), octets);
  return conversation;
}

test("the answer to DATA may begin a message", () => {
  expect(say(converse("rcpt"), "DATA")).toMatchObject({ server: "DATA\r\n", mayUpload: true });
});

test("the server decides by its answer to the terminator, for which it has ten minutes", () => {
  expect(sent("x\r\n.\r\n").bodyEnd!()).toEqual({
    ...{ server: ".\r\n", next: "reply", patience: 600, decides: "delivery" },
  });
});

test("a message that the server refuses for good is an error of the client's", () => {
  for (const [said, error] of [
    ["554 no", true],
    ["451 later", false],
  ] as const) {
    const conversation = sent("x\r\n.\r\n");
    conversation.bodyEnd!();
    expect(answer(conversation, said)).toEqual({
      ...{ client: `${said}\r\n`, next: "command", refused: "server", by: "server", error },
      told: { verb: "DATA", from: "a@c.test", to: ["u@local.test"], helo: "c.test" },
    });
  }
});

test("each message is told with its own recipients, and above what is told of connections", () => {
  const conversation = sent("x\r\n.\r\n");
  conversation.bodyEnd!();
  expect(answer(conversation, "250 taken").log).toMatchObject({ level: 1, fields: { to: ["u@local.test"] } });
  say(conversation, "MAIL FROM:<>");
  answer(conversation, "250 ok");
  say(conversation, "RCPT TO:<v@local.test>");
  answer(conversation, "250 ok");
  say(conversation, "DATA");
  stream(answer(conversation, "354 go"), "x\r\n.\r\n");
  conversation.bodyEnd!();
  expect(answer(conversation, "250 taken").log).toMatchObject({ fields: { from: "", to: ["v@local.test"] } });
});

test("a server that begins another message instead of an answer is at fault", () => {
  const conversation = sent("x\r\n.\r\n");
  conversation.bodyEnd!();
  expect(() => answer(conversation, "354 go")).toThrow("a fault");
});

describe("after a message that we refuse", () => {
  const ended = (setup: Partial<Setup>, options: Partial<SmtpOptions> = {}): [Conversation, Step] => {
    const conversation = sent("a\nb\r\n.\r\n", options, setup);
    return [conversation, conversation.bodyEnd!()];
  };
  const REFUSED = "550 5.5.2 Bare CR or LF in message not allowed\r\n";

  test("a fresh server takes the place of the one that was ended, where one can be had", () => {
    expect(ended({ canRestart: true })[1]).toEqual({ client: REFUSED, next: "restart" });
  });

  test("there is none where none can be had: whatever comes but QUIT is told so", () => {
    const [conversation, step] = ended({ canRestart: false });
    expect(step).toEqual({ client: REFUSED, next: "command" });
    expect(say(conversation, "NOOP")).toMatchObject({ client: GONE, next: "close" });
    expect(say(conversation, "QUIT")).toMatchObject({ next: "close", ends: "quit" });
  });

  test("the transaction is over", () => {
    const [conversation] = ended({ canRestart: true });
    expect(conversation.spared!()).toBe("never");
    expect(say(conversation, "DATA")).toMatchObject({ refused: "sequence" });
  });
});

test("a server that leaves in a message is told of at its end", () => {
  const conversation = converse("rcpt");
  say(conversation, "DATA");
  stream(answer(conversation, "354 go"), "x\r\n");
  stream(conversation.serverLost(true, "hung-up"), ".\r\n"); // its end is still looked for
  expect(conversation.bodyEnd!()).toEqual({ client: GONE, next: "close" });
});
