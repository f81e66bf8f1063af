// What is said with a server before its session: each protocol asks for TLS in its own way, whatever the pieces its octets come in.

import { describe, expect, test } from "bun:test";
import { managesieve } from "../../src/protocols/managesieve/managesieve.ts";
import { pop3 } from "../../src/protocols/pop3/pop3.ts";
import type { AnyProtocol } from "../../src/protocols/protocol.ts";
import { smtp } from "../../src/protocols/smtp/smtp.ts";
import { Preface } from "../../src/session/preface.ts";
import { decode, encode } from "../../src/wire/latin1.ts";

const text = (octets: Uint8Array) => decode(octets, 0, octets.length);

/**
 * Tells one server after the other what it says, each answer when it is asked, in pieces of so many octets.
 * @returns what was said to it, and how it went
 */
function heard(protocol: AnyProtocol, answers: readonly string[], pieces = 10_000) {
  const preface = new Preface(protocol.startTls!("gate.test"));
  let said = "";
  for (const answer of answers) {
    for (let at = 0; at < answer.length; at += pieces) {
      const step = preface.octets(encode(answer.slice(at, at + pieces)));
      if (step === "more") continue;
      if (step === "secure")
        return { said, end: "secure", greeting: text(preface.greeting), behind: answer.slice(at + pieces) };
      if ("failed" in step) return { said, end: step.failed };
      said += text(step.server);
    }
  }
  return { said, end: "more" };
}

const greeting = "220-mx.test\r\n220 here\r\n";
const extended = "250-mx.test\r\n250-SIZE\r\n250-starttls\r\n250 HELP\r\n";

describe("An SMTP server that is asked for TLS", () => {
  for (const pieces of [1, 2, 3, 7, 1000])
    test(`agrees in pieces of ${pieces}, and its greeting is kept as it came`, () => {
      expect(heard(smtp, [greeting, extended, "220-ready\r\n220 go\r\n"], pieces)).toEqual({
        ...{ said: "EHLO gate.test\r\nSTARTTLS\r\n", end: "secure", behind: "" },
        greeting,
      });
    });

  test.each([
    ["does not offer it", [greeting, "250-STARTTLS\r\n250 SIZE\r\n"], "does not offer STARTTLS"],
    [
      "offers something like it",
      [greeting, "250-x\r\n250-XSTARTTLS\r\n250 STARTTLSX\r\n"],
      "does not offer STARTTLS",
    ],
    ["is stripped of it", [greeting, "250-x\r\n250 XXXXXXXX\r\n"], "does not offer STARTTLS"],
    ["knows no EHLO", [greeting, "502 what\r\n"], "answered EHLO with 502"],
    ["has none now", [greeting, extended, "454 4.7.0 later\r\n"], "answered STARTTLS with 454"],
    ["says 250 to it", [greeting, extended, "250 fine\r\n"], "answered STARTTLS with 250"],
    ["is not there for now", ["421 later\r\n"], "greeted with 421"],
    ["is not there for good", ["554-no\r\n554 no\r\n"], "greeted with 554"],
    ["speaks something else", ["+OK\r\n"], "said what is no reply"],
    ["changes its mind in a reply", [greeting, "250-x\r\n550 y\r\n"], "said what is no reply"],
    ["answers before it is asked", [`${greeting}250 x\r\n`], "says more than it was asked for before TLS"],
    ["has half an answer ready", [`${greeting}2`], "says more than it was asked for before TLS"],
    ["answers twice", [greeting, `${extended}220 go\r\n`], "says more than it was asked for before TLS"],
    [
      "injects behind its 220",
      [greeting, extended, "220 go\r\n250 x\r\n"],
      "says more than it was asked for before TLS",
    ],
    [
      "injects half a line",
      [greeting, extended, "220 go\r\n2"],
      "says more than it was asked for before TLS",
    ],
    ["says a line without end", [`220 ${"x".repeat(3000)}`], "says a line that is too long"],
    ["says a line that is too long", [`220 ${"x".repeat(3000)}\r\n`], "says a line that is too long"],
    ["greets without end", [`220-${"x".repeat(1000)}\r\n`.repeat(66)], "says too much before TLS"],
  ])("and %s is given up", (_, answers, end) => {
    expect(heard(smtp, answers).end).toBe(end);
  });

  test("and greets without end in small pieces is given up all the same", () => {
    expect(heard(smtp, [`220-${"x".repeat(1000)}\r\n`.repeat(66)], 100).end).toBe("says too much before TLS");
  });

  /** With its line end. */
  const line = (separator: string, octets: number) => `220${separator}${"x".repeat(octets - 6)}\r\n`;

  test("and greets in lines of 2,048 octets, and in 64 KiB of them, is asked; one octet more is too much", () => {
    const lines = line("-", 2048).repeat(31);
    expect(heard(smtp, [line(" ", 2048)]).said).toBe("EHLO gate.test\r\n");
    expect(heard(smtp, [line(" ", 2049)]).end).toBe("says a line that is too long");
    expect(heard(smtp, [line("-", 2049).slice(0, 2048)]).end).toBe("more");
    expect(heard(smtp, [line("-", 3000).slice(0, 2049)]).end).toBe("says a line that is too long");
    expect(heard(smtp, [lines + line(" ", 2048)], 100_000).said).toBe("EHLO gate.test\r\n");
    expect(heard(smtp, [lines + line("-", 2041) + line(" ", 8)], 100_000).end).toBe(
      "says too much before TLS",
    );
  });

  test("is awaited as long as its reply has more lines", () => {
    expect(heard(smtp, ["220-mx.test\r\n"])).toEqual({ said: "", end: "more" });
    expect(heard(smtp, [greeting, "250-STARTTLS\r\n"]).end).toBe("more");
  });
});

describe("A POP3 server that is asked for TLS", () => {
  test.each([1, 4, 1000])("agrees in pieces of %p", (pieces) => {
    const stamp = "+OK <1.2@mx.test>\n";
    expect(heard(pop3, [stamp, "+OK go\r\n"], pieces)).toEqual({
      ...{ said: "STLS\r\n", end: "secure", behind: "", greeting: stamp },
    });
  });

  test.each([
    ["is not there", ["-ERR [SYS/TEMP] no\r\n"], "greeted with -ERR"],
    ["has none", ["+OK\r\n", "-ERR what\r\n"], "answered STLS with -ERR"],
    ["asks back", ["+OK\r\n", "+ \r\n"], "answered STLS with a challenge"],
    ["speaks something else", ["220 x\r\n"], "said what is no status"],
    [
      "injects behind its +OK",
      ["+OK\r\n", "+OK go\r\n+OK\r\n"],
      "says more than it was asked for before TLS",
    ],
  ])("and %s is given up", (_, answers, end) => {
    expect(heard(pop3, answers).end).toBe(end);
  });
});

describe("A ManageSieve server that is asked for TLS", () => {
  test.each([1, 4, 1000])("agrees in pieces of %p", (pieces) => {
    const offer = '"SASL" ""\r\n"STARTTLS"\r\nOK\r\n';
    expect(heard(managesieve, [offer, 'OK "begin"\r\n'], pieces)).toEqual({
      ...{ said: "STARTTLS\r\n", end: "secure", behind: "", greeting: offer },
    });
  });

  test.each([
    ["has none", ["OK\r\n"], "does not offer STARTTLS"],
    ["has none now", ['"STARTTLS"\r\nOK\r\n', "NO\r\n"], "answered STARTTLS with NO"],
    [
      "injects behind its OK",
      ['"STARTTLS"\r\nOK\r\n', 'OK\r\n"SASL" "PLAIN"\r\n'],
      "says more than it was asked for before TLS",
    ],
  ])("and %s is given up", (_, answers, end) => {
    expect(heard(managesieve, answers).end).toBe(end);
  });
});
