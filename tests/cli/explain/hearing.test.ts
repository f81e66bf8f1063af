// The verdicts on whole transcripts, by the real protocols: who decides what, and by which rule.

import { describe, expect, test } from "bun:test";
import { hear, type Verdict } from "../../../src/cli/explain/hearing.ts";
import { clientLines } from "../../../src/cli/explain/transcript.ts";
import { resolve } from "../../../src/options/resolve.ts";
import { RUN_OPTIONS } from "../../../src/options/run.ts";
import type { Conversation } from "../../../src/protocols/protocol.ts";
import { settled } from "../../settled.ts";

async function verdicts(
  name: string,
  lines: readonly string[],
  ...argv: string[]
): Promise<readonly Verdict[]> {
  const { protocol, settings } = await settled(name, ...argv);
  const clientAddress = "192.0.2.7";
  const { read } = (await resolve(settings, protocol.options))(clientAddress);
  const setup = {
    clientAddress,
    clientPort: null,
    hostname: "mx.test",
    canRestart: true,
    tlsOffer: "off",
  } as const;
  const { maxErrors } = settings.read(RUN_OPTIONS);
  return hear(
    protocol,
    (tls) => protocol.converse({ ...setup, tls }, read),
    maxErrors,
    clientLines(lines.join("\n")),
  );
}

/** `verdict rule`, a line each. */
async function outline(name: string, lines: readonly string[], ...argv: string[]): Promise<string[]> {
  const all = await verdicts(name, lines, ...argv);
  return all.map(({ verdict, rule }) => (rule === null ? verdict : `${verdict} ${rule}`));
}

const START = ["EHLO a.test", "MAIL FROM:<a@b.test>"];
const MESSAGE = [...START, "RCPT TO:<u>", "DATA"];

describe("smtp", () => {
  test("tells each line's fate, what the server gets and what we answer", async () => {
    const all = await verdicts("smtp", ["EHLO a.test", "mail from:<a@B.test>", "NOOP", "RCPT TO:<v@c.test>"]);
    expect(all[0]).toEqual({
      line: null,
      client: "(connects)",
      verdict: "answered",
      forwarded: [],
      reply: ["220 mx.test ESMTP"],
      rule: null,
    });
    expect(all.slice(2)).toEqual([
      {
        line: 2,
        client: "mail from:<a@B.test>",
        verdict: "forwarded",
        forwarded: ["MAIL FROM:<a@b.test>"],
        reply: ["250 2.0.0 ok"],
        rule: null,
      },
      { line: 3, client: "NOOP", verdict: "answered", forwarded: [], reply: ["250 2.0.0 OK"], rule: null },
      {
        line: 4,
        client: "RCPT TO:<v@c.test>",
        verdict: "refused",
        forwarded: [],
        reply: ["550 5.7.1 Relaying denied"],
        rule: "relay",
      },
    ]);
  });

  test("a message is text, and its end is forwarded", async () => {
    const lines = [...MESSAGE, "Subject: x", "", ".", "QUIT"];
    expect((await outline("smtp", lines)).slice(5)).toEqual(["text", "text", "forwarded", "forwarded"]);
  });

  test("a message that is refused names the line and the end, and the session goes on", async () => {
    const lines = [...MESSAGE, "a\rb", "more", ".", "MAIL FROM:<>", "RCPT TO:<u>", "DATA", "ok", "."];
    const all = await verdicts("smtp", lines);
    expect(all.slice(5, 8).map(({ client, verdict, rule }) => [client, verdict, rule])).toEqual([
      ["(message)", "refused", "bare-newline"],
      ["(message)", "text", null],
      [".", "refused", "bare-newline"],
    ]);
    expect(all[7]!.forwarded).toEqual([]);
    expect(all.slice(8).map(({ verdict }) => verdict)).toEqual([
      "forwarded",
      "forwarded",
      "forwarded",
      "text",
      "forwarded",
    ]);
  });

  test("a message that has no end is not delivered", async () => {
    expect((await outline("smtp", [...MESSAGE, "text"])).slice(5)).toEqual([
      "text",
      "ignored incomplete-message",
    ]);
  });

  test("the client's address counts", async () => {
    const lines = [...START, "RCPT TO:<v@c.test>"];
    expect((await outline("smtp", lines, "--relay-ip", "192.0.2.0/24")).at(-1)).toBe("forwarded");
    expect((await outline("smtp", lines, "--block-ip", "192.0.2"))[0]).toBe("refused block-ip");
  });

  test("too many recipients are refused without being an error", async () => {
    const lines = [...START, "RCPT TO:<u>", "RCPT TO:<v>"];
    expect((await outline("smtp", lines, "--max-recipients", "1")).at(-1)).toBe("refused max-recipients");
  });

  test("what comes after the end is not read", async () => {
    expect(await outline("smtp", ["X", "Y", "Z"], "--max-errors", "2")).toEqual([
      "answered",
      "refused unknown-command",
      "refused unknown-command",
      "unread",
    ]);
  });

  test("secrets are masked, whichever way they come", async () => {
    const plain = "c2VjcmV0LXNlY3JldA==";
    const lines = ["EHLO a.test", `AUTH PLAIN ${plain}`, "QUIT"];
    const asked = ["EHLO a.test", "AUTH LOGIN", plain, plain, "NOOP"];
    for (const transcript of [lines, asked]) {
      const all = await verdicts("smtp", transcript, "--auth", "pass");
      expect(JSON.stringify(all)).not.toContain(plain);
      expect(all.map(({ verdict }) => verdict)).not.toContain("refused");
      expect(all.at(-1)!.client).toBe(transcript.at(-1)!);
      expect(all[2]!.forwarded[0]).toStartWith(transcript === lines ? "AUTH PLAIN ***" : "AUTH LOGIN");
    }
  });
});

describe("pop3", () => {
  const LOGIN = ["USER ann", "PASS secret-secret"];

  test("a session of an ordinary client is forwarded, hidden questions and all", async () => {
    const all = await verdicts("pop3", [...LOGIN, "RETR 3", "DELE 3", "RETR 3", "LIST", "QUIT"]);
    expect(all.map(({ forwarded, rule }) => (rule === null ? forwarded.join(",") : rule))).toEqual([
      "",
      "USER ann",
      "PASS ***",
      "STAT,RETR 3",
      "DELE 3",
      "deleted-message",
      "LIST",
      "QUIT",
    ]);
    expect(JSON.stringify(all)).not.toContain("secret");
  });

  test("APOP and AUTH are masked, and let in", async () => {
    const digest = "0123456789abcdef0123456789abcdef";
    const apop = await verdicts("pop3", [`APOP ann ${digest}`, "STAT"]);
    expect(apop.map(({ verdict }) => verdict)).toEqual(["answered", "forwarded", "forwarded"]);
    const auth = await verdicts("pop3", ["AUTH CRAM-MD5", digest, "STAT"], "--auth", "pass");
    expect(auth.map(({ verdict }) => verdict)).toEqual(["answered", "forwarded", "forwarded", "forwarded"]);
    expect(JSON.stringify([apop, auth])).not.toContain(digest);
  });

  test("a line that may be anything is not shown", async () => {
    const [, , pass] = await verdicts("pop3", ["USER ann", "secret-secret"]);
    expect([pass!.client, pass!.rule]).toEqual(["(15 octets)", "unknown-command"]);
  });
});

describe("streams", () => {
  test("finger reads one query", async () => {
    expect(await outline("finger", ["ann", "bob"])).toEqual(["forwarded", "unread"]);
    expect(await outline("finger", ["ann@host"])).toEqual(["refused forwarding"]);
  });

  test("a line that is cut says so", async () => {
    const lines = ["short", "x".repeat(30), "a\0b"];
    expect(await outline("line", lines, "--max-line-length", "20")).toEqual([
      "forwarded",
      "forwarded truncated",
      "refused control-octet",
    ]);
  });
});

test("a delay is not waited for", async () => {
  const stubborn: Conversation = {
    lineLimit: () => 0,
    clientLine: ({ text }) => ({ server: `${text}\r\n`, next: "reply" }),
    serverLine: (text) => ({
      client: `${text}\r\n`,
      next: "command",
      ...(text === "-ERR" ? { delay: 30 } : {}),
    }),
    serverLost: () => ({ next: "close" }),
    expired: () => ({ next: "close" }),
    tooManyErrors: () => ({ next: "close" }),
  };
  const obliging = () => (command: string) => (command === "" ? "+OK\r\n" : "-ERR\r\n");
  const all = hear({ dialogue: "lock-step", obliging }, () => stubborn, 0, clientLines("a\nb\n"));
  expect(all.map(({ reply }) => reply)).toEqual([["+OK"], ["-ERR"], ["-ERR"]]);
});
