// Messages refused after their octets were streamed: the code each fault earns, what the server has seen by
// then, and that the session goes on, with a fresh server, as often as it must.

import { describe, expect, test } from "bun:test";
import type { SmtpOptions } from "../../../src/protocols/smtp/options.ts";
import { encode } from "../../../src/wire/latin1.ts";
import { MARKS } from "../../recorder.ts";
import { Talk } from "./talk.ts";

const EHLO = "220 server.test\r\n";

/** In a message that has begun. */
function begun(options: Partial<SmtpOptions> = {}): Talk {
  return data(new Talk(options).enter("RCPT"));
}

function data(talk: Talk): Talk {
  talk.say("DATA");
  talk.answer("354 go\r\n");
  return talk;
}

function stream(talk: Talk, octets: string): { server: string; client: string } {
  talk.session.clientOctets(encode(octets), talk.now);
  return talk.heard();
}

const blocking = (word: string) => ({
  octets: (view: Uint8Array) =>
    new TextDecoder("latin1").decode(view).includes(word) ? ("block-body#1" as const) : null,
  end: () => null,
});

const EXCESS = { rule: "block-body#3", octets: 5, seconds: 1.5 } as const;
const slowOn = (word: string) => ({
  octets: (view: Uint8Array) =>
    new TextDecoder("latin1").decode(view).includes(word) ? ("rule-cost" as const) : null,
  end: () => null,
  excess: EXCESS,
});

const FAULTS: [string, Partial<SmtpOptions>, string, string][] = [
  ["a bare line feed", {}, "a\nb", "550 5.5.2"],
  ["a bare carriage return", {}, "a\rb", "550 5.5.2"],
  ["NUL", {}, "a\0b", "550 5.6.0"],
  ["NUL, with normalize", { bareNewline: "normalize" }, "a\n\0b", "550 5.6.0"],
  ["a text line that is too long", {}, "x".repeat(1001), "550 5.6.0"],
  ["too many octets", { maxMessageSize: 20 }, "x".repeat(21), "552 5.3.4"],
  ["a body rule", { blockBody: () => blocking("spam") }, "eat spam", "550 5.7.1"],
  ["a rule that takes too long", { blockBody: () => slowOn("slow") }, "slow text", "451 4.3.0"],
];

describe("a message is refused", () => {
  test.each(FAULTS)(
    "for %s: nothing of it is committed, and it is answered once, at its end",
    (_, options, text, code) => {
      const talk = begun(options);
      expect(stream(talk, "one\r\n")).toEqual({ server: "one\r\n", client: "" });
      const { server, client } = stream(talk, text);
      expect(server).toEndWith(MARKS.aborted);
      expect(client).toBe("");
      expect(stream(talk, "\r\nmore\r\n")).toEqual({ server: "", client: "" });
      const end = stream(talk, ".\r\n");
      expect(end.client.slice(0, 9)).toBe(code);
      expect(end.server).toBe(MARKS.restarted);
    },
  );

  test.each(FAULTS)(
    "for %s, and again for the same: every time a server is ended and a fresh one told EHLO",
    (_, options, text, code) => {
      const talk = begun(options);
      for (let count = 0; count < 3; count++) {
        const { server, client } = stream(talk, `${text}\r\n.\r\n`);
        expect(server).toEndWith(MARKS.aborted + MARKS.restarted);
        expect(client.slice(0, 9)).toBe(code);
        expect(talk.answer(EHLO)).toEqual({ server: "EHLO c.test\r\n", client: "" });
        expect(talk.answer("250-server.test\r\n250 DSN\r\n")).toEqual({ server: "", client: "" });
        talk.say("MAIL FROM:<a@c.test>");
        talk.answer("250 ok\r\n");
        talk.say("RCPT TO:<u@local.test>");
        talk.answer("250 ok\r\n");
        data(talk);
      }
      expect(talk.session.tally).toMatchObject({ refused: 3, messages: 0 });
    },
  );

  test("and swallowed up to ten times the limit, where the client is cut off", () => {
    const talk = begun({ maxMessageSize: 20 });
    expect(stream(talk, "x".repeat(199)).client).toBe("");
    expect(stream(talk, "x").client).toBe(`421 4.7.0 Too much data\r\n${MARKS.closed}`);
  });

  test("and counts against the budget like a command", () => {
    const talk = data(new Talk({}, { maxErrors: 2 }).enter("RCPT"));
    stream(talk, "\0\r\n.\r\n");
    talk.answer(EHLO);
    talk.answer("250 server.test\r\n");
    expect(talk.say("WHAT").client).toBe(`421 4.7.0 Too many errors\r\n${MARKS.closed}`);
  });

  test("for a rule that takes too long, which is told to whoever looks after it", () => {
    const talk = begun({ blockBody: () => slowOn("slow") });
    stream(talk, "slow\r\n");
    expect(talk.logged("costly-rule")).toEqual([EXCESS]);
    expect(talk.logged("refused")).toMatchObject([
      { rule: "rule-cost", reply: expect.stringMatching(/^451 /) },
    ]);
  });

  test("by the server itself: no server is ended", () => {
    const talk = begun();
    expect(stream(talk, "x\r\n.\r\n")).toEqual({ server: "x\r\n.\r\n", client: "" });
    expect(talk.answer("550 no\r\n")).toEqual({ server: "", client: "550 no\r\n" });
    expect(talk.session.tally).toMatchObject({ refused: 1, messages: 0 });
    expect(talk.logged("refused")).toMatchObject([{ by: "server", line: "(message)", reply: "550 no" }]);
  });
});

test("five megabytes that end in a fault leave no terminator behind", () => {
  const talk = begun();
  const line = `${"x".repeat(70)}\r\n`.repeat(900);
  let server = "";
  for (let count = 0; count < 80; count++) server += stream(talk, line).server;
  expect(server.length).toBe(80 * line.length);
  const { server: last, client } = stream(talk, "\n.\r\n\r\n.\r\n");
  expect(last).toBe(MARKS.aborted + MARKS.restarted);
  expect(client).toStartWith("550 5.5.2");
});
