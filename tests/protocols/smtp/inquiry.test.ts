// How a server is asked what it offers, and what its answer comes to: which keywords clients lose, and why.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { rewriteEhlo } from "../../../src/protocols/smtp/extensions.ts";
import { smtpInquiry } from "../../../src/protocols/smtp/inquiry.ts";
import { KEPT, LOST, UNKNOWN } from "../../../src/protocols/smtp/keywords.ts";
import { XCLIENT_DOUBT } from "../../../src/protocols/xclient.ts";
import { settled } from "../../settled.ts";

/** What each line of a server comes to. */
function asked(...lines: string[]): unknown[] {
  const dialogue = smtpInquiry.ask("gate.test");
  return lines.map((line) => dialogue.serverLine(line));
}

describe("A server", () => {
  test("is asked by EHLO behind its whole greeting, and told goodbye", () => {
    expect(asked("220-mx.test", "220 ESMTP", "250-mx.test hello", "250-SIZE 10", "250 DSN")).toEqual([
      ...["more", { server: "EHLO gate.test\r\n" }, "more", "more"],
      { offers: ["SIZE 10", "DSN"], server: "QUIT\r\n" },
    ]);
  });

  test("that knows no EHLO offers nothing", () => {
    expect(asked("220 mx.test", "502 what?").at(-1)).toEqual({ offers: [], server: "QUIT\r\n" });
  });

  test.each([
    [["554 not you"], "greets with 554"],
    [["hello"], "says what is no reply"],
    [["220 mx.test", "421 busy"], "answers EHLO with 421"],
    [["220 mx.test", "354 go on"], "answers EHLO with 354"],
  ])("that says %j does not say what it offers", (lines, failed) => {
    expect(asked(...lines).at(-1)).toEqual({ failed });
  });
});

async function learned(offers: string[], ...argv: string[]): Promise<string[]> {
  const { settings } = await settled("smtp", ...argv);
  const place = { server: [], hasNameServer: true, tls: "off", throttle: "none" } as const;
  const { rows, doubts } = smtpInquiry.learn(offers, settings.read, place);
  expect(doubts).toEqual([]);
  return rows.map(([subject, sentence]) => `${subject} ${sentence}`);
}

describe("Of what a server offers", () => {
  test("what passes is told, and of each of the rest why it does not", async () => {
    expect(await learned(["PIPELINING", "size 10", "CHUNKING", "BINARYMIME", "x-new"])).toEqual([
      "passes PIPELINING, SIZE",
      `keeps back CHUNKING, BINARYMIME: ${LOST.CHUNKING}`,
      `keeps back X-NEW: ${UNKNOWN}`,
    ]);
  });

  test("nothing may pass", async () => {
    expect(await learned(["HELP"])).toEqual([
      "passes nothing the server offers",
      `keeps back HELP: ${LOST.HELP}`,
    ]);
    expect(await learned([])).toEqual(["passes nothing the server offers"]);
  });

  test("TLS is the server's own, though we offer ours", async () => {
    const { settings } = await settled("smtp");
    const place = { server: [], hasNameServer: true, tls: "optional", throttle: "none" } as const;
    expect(smtpInquiry.learn(["STARTTLS"], settings.read, place).rows).toEqual([
      ["passes", "nothing the server offers"],
      ["keeps back", `STARTTLS: ${LOST.STARTTLS}`],
    ]);
  });

  test("AUTH passes with --auth pass, but for mechanisms with a layer of their own", async () => {
    expect(await learned(["AUTH PLAIN GSSAPI"])).toEqual([
      "passes nothing the server offers",
      "keeps back AUTH: --auth off",
    ]);
    expect(await learned(["AUTH PLAIN GSSAPI NTLM", "AUTH=PLAIN"], "--auth", "pass")).toEqual([
      "passes AUTH",
      "keeps back AUTH GSSAPI NTLM: may have a security layer, inside which nothing could be judged, or is unknown here",
      "keeps back AUTH=PLAIN: the old form of AUTH",
    ]);
    const [, one] = await learned(["AUTH PLAIN GSSAPI"], "--auth", "pass");
    expect(one).toStartWith("keeps back AUTH GSSAPI: may have a security layer");
    expect(await learned(["AUTH GSSAPI"], "--auth", "pass")).toEqual([
      "passes nothing the server offers",
      "keeps back AUTH: no mechanism of it can be passed: each may have a security layer, inside which nothing could be judged, or is unknown here",
    ]);
  });

  test("SMTPUTF8 passes with --smtputf8 pass, and 8BITMIME", async () => {
    expect(await learned(["SMTPUTF8", "8BITMIME"], "--smtputf8", "pass")).toEqual([
      "passes SMTPUTF8, 8BITMIME",
    ]);
    expect(await learned(["SMTPUTF8"], "--smtputf8", "pass")).toEqual([
      "passes nothing the server offers",
      "keeps back SMTPUTF8: nothing without 8BITMIME, which the server does not offer",
    ]);
    expect(await learned(["SMTPUTF8", "8BITMIME"])).toEqual([
      "passes 8BITMIME",
      `keeps back SMTPUTF8: ${LOST.SMTPUTF8}`,
    ]);
  });

  test("all is lost to --ehlo helo", async () => {
    expect(await learned(["DSN", "ETRN"], "--ehlo", "helo")).toEqual([
      "passes nothing the server offers",
      "keeps back DSN, ETRN: --ehlo helo: clients are offered no extension",
    ]);
  });

  test("nothing reaches a terminal raw", async () => {
    const [, told] = await learned(["X\x1b[2J\xff"]);
    expect(told).toBe(`keeps back X?[2J?: ${UNKNOWN}`);
  });

  test("whatever it is, each keyword is told to pass exactly if clients are offered it", () => {
    const keyword = fc.oneof(
      fc.constantFrom(...KEPT, ...Object.keys(LOST), "SIZE"),
      fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9-]{0,8}$/),
    );
    return fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(keyword, { selector: (word) => word.toUpperCase() }),
        async (offers) => {
          const policy = { hostname: "", maxMessageSize: 0, auth: false, utf8: false, startsTls: false };
          const { offered } = rewriteEhlo(["", ...offers], policy);
          const [passes, ...lost] = await learned(offers, "--max-message-size", "0");
          const told = passes === "passes nothing the server offers" ? [] : passes!.slice(7).split(", ");
          expect(told.sort()).toEqual([...offered].sort());
          const back = lost.flatMap((row) => row.slice("keeps back ".length).split(": ")[0]!.split(", "));
          expect([...told, ...back].sort()).toEqual(offers.map((word) => word.toUpperCase()).sort());
        },
      ),
    );
  });
});

test("--xclient with a server that does not hear whom we speak for is doubted", async () => {
  const { settings } = await settled("smtp", "--xclient");
  const place = { server: [], hasNameServer: true, tls: "off", throttle: "none" } as const;
  const doubted = (...offers: string[]) => smtpInquiry.learn(offers, settings.read, place).doubts;
  expect(doubted("PIPELINING", "XCLIENT NAME ADDR PORT")).toEqual([]);
  expect(doubted("PIPELINING")).toEqual([XCLIENT_DOUBT]);
  expect(doubted("XCLIENT NAME")).toEqual([XCLIENT_DOUBT]);
});
