// The command table: every command in every state, what of it reaches the server and which code it earns.

import { describe, expect, test } from "bun:test";
import { domainsOf } from "../../../src/policy/domains.ts";
import type { SmtpOptions } from "../../../src/protocols/smtp/options.ts";
import { MARKS } from "../../recorder.ts";
import { type State, Talk } from "./talk.ts";

const STATES: readonly State[] = ["INIT", "READY", "MAIL", "RCPT", "REFUSED", "DEAD"];

/**
 * `fwd TEXT` (or `fwd`, for the line as it is): the server gets TEXT, the client nothing yet.
 * `CODE` and perhaps an enhanced code: the wrapper's own reply; `close` behind it: and the session ends.
 */
type Cell = string;

const GONE = "421 4.3.0 close";
const LATE = "503 5.5.1";

/** The six states' cells of one command. */
type Row = readonly [string, Cell, Cell, Cell, Cell, Cell, Cell];

const everywhere = (command: string, cell: Cell): Row => [command, cell, cell, cell, cell, LATE, GONE];

const TABLE: readonly Row[] = [
  //                     INIT   READY  MAIL   RCPT   REFUSED DEAD
  everywhere("EHLO c.test", "fwd"),
  everywhere("HELO c.test", "fwd"),
  everywhere("ehlo c.test", "fwd EHLO c.test"),
  everywhere("HeLo   c.test  ", "fwd HELO c.test"),
  everywhere("EHLO [192.0.2.7]", "fwd"),
  everywhere("EHLO [IPv6:2001:db8::7]", "fwd"),
  everywhere("EHLO", "501 5.5.4"),
  everywhere("EHLO c.test junk", "501 5.5.4"),
  everywhere("HELO a(", "501 5.5.4"),
  everywhere("HELO c.test.", "501 5.5.4"),
  everywhere("EHLOc.test", "500 5.5.2"),
  ["MAIL FROM:<a@c.test>", LATE, "fwd", LATE, LATE, LATE, GONE],
  ["mail from: <> size=5", LATE, "fwd MAIL FROM:<> SIZE=5", LATE, LATE, LATE, GONE],
  ["MAIL FROM:<a@c.test> SIZE=10000001", LATE, "552 5.3.4", LATE, LATE, LATE, GONE],
  ["MAIL FROM:<a@c.test> SMTPUTF8", LATE, "555 5.5.4", LATE, LATE, LATE, GONE],
  ["MAIL FROM:<a@@c.test>", LATE, "501 5.1.7", LATE, LATE, LATE, GONE],
  ["MAIL FROM:<@b.test:a@c.test>", LATE, "553 5.1.7", LATE, LATE, LATE, GONE],
  ["MAIL FROM:a@c.test", LATE, "501 5.5.4", LATE, LATE, LATE, GONE],
  ["MAIL", LATE, "501 5.5.4", LATE, LATE, LATE, GONE],
  ["RCPT TO:<u@local.test>", LATE, LATE, "fwd", "fwd", LATE, GONE],
  ["rcpt to: <postmaster>", LATE, LATE, "fwd RCPT TO:<postmaster>", "fwd RCPT TO:<postmaster>", LATE, GONE],
  ["RCPT TO:<u@evil.test>", LATE, LATE, "550 5.7.1", "550 5.7.1", LATE, GONE],
  ["RCPT TO:<v%evil.test@local.test>", LATE, LATE, "550 5.7.1", "550 5.7.1", LATE, GONE],
  ["RCPT TO:<@local.test:u@evil.test>", LATE, LATE, "550 5.7.1", "550 5.7.1", LATE, GONE],
  ["RCPT TO:<>", LATE, LATE, "501 5.1.3", "501 5.1.3", LATE, GONE],
  ["RCPT", LATE, LATE, "501 5.5.4", "501 5.5.4", LATE, GONE],
  ["DATA", LATE, LATE, LATE, "fwd", LATE, GONE],
  everywhere("DATA now", "501 5.5.4"),
  everywhere("DATAX", "500 5.5.2"),
  everywhere("RSET", "fwd"),
  everywhere("rset ", "fwd RSET"),
  everywhere("RSET now", "501 5.5.4"),
  ["QUIT", "fwd", "fwd", "fwd", "fwd", "fwd", "221 2.0.0 close"],
  ["quit", "fwd QUIT", "fwd QUIT", "fwd QUIT", "fwd QUIT", "fwd QUIT", "221 2.0.0 close"],
  ["QUIT now", "501 5.5.4", "501 5.5.4", "501 5.5.4", "501 5.5.4", "501 5.5.4", "501 5.5.4"],
  everywhere("NOOP", "250 2.0.0"),
  everywhere("noop whatever", "250 2.0.0"),
  everywhere("VRFY u", "502 5.5.1"),
  everywhere("VRFY", "502 5.5.1"),
  everywhere("EXPN list", "502 5.5.1"),
  everywhere("HELP", "502 5.5.1"),
  everywhere("HELP me", "502 5.5.1"),
  everywhere("SEND FROM:<a@c.test>", "502 5.5.1"),
  everywhere("SOML FROM:<a@c.test>", "502 5.5.1"),
  everywhere("SAML FROM:<a@c.test>", "502 5.5.1"),
  everywhere("TURN", "502 5.5.1"),
  everywhere("ETRN local.test", "502 5.5.1"),
  everywhere("ATRN local.test", "502 5.5.1"),
  everywhere("AUTH PLAIN AHUAcA==", "502 5.5.1"),
  ["STARTTLS", "502 5.5.1", "502 5.5.1", LATE, LATE, LATE, GONE],
  everywhere("BDAT 10", "502 5.5.1 close"),
  everywhere("BDAT 10 LAST", "502 5.5.1 close"),
  everywhere("bdat 0 last", "502 5.5.1 close"),
  everywhere("BURL imap://u@h/ LAST", "502 5.5.1"),
  everywhere("XCLIENT ADDR=127.0.0.1", "502 5.5.1"),
  everywhere("XFORWARD ADDR=127.0.0.1", "502 5.5.1"),
  everywhere("XEXCH50 1 2", "502 5.5.1"),
  everywhere("ONEX", "502 5.5.1"),
  everywhere("VERB ON", "502 5.5.1"),
  everywhere("DEBUG", "502 5.5.1"),
  everywhere("WIZ", "502 5.5.1"),
  everywhere("XWHATEVER", "500 5.5.2"),
  everywhere("X-ANY thing", "500 5.5.2"),
  everywhere("WHAT", "500 5.5.2"),
  everywhere("CONSTRUCTOR", "500 5.5.2"),
  everywhere("__proto__", "500 5.5.2"),
  everywhere("", "500 5.5.2"),
  everywhere(" ", "500 5.5.2"),
  everywhere(" NOOP", "500 5.5.2"),
  everywhere("QUITX", "500 5.5.2"),
  everywhere("NO", "500 5.5.2"),
  everywhere("\xe9HLO c.test", "500 5.5.2"),
  everywhere("GET / HTTP/1.1", "421 4.7.0 close"),
  everywhere("post / HTTP/1.1", "421 4.7.0 close"),
  everywhere("PUT /", "421 4.7.0 close"),
  everywhere("HEAD /", "421 4.7.0 close"),
  everywhere("CONNECT local.test:25 HTTP/1.1", "421 4.7.0 close"),
  everywhere("OPTIONS *", "421 4.7.0 close"),
  everywhere("Host: local.test", "421 4.7.0 close"),
  everywhere("Host:local.test", "421 4.7.0 close"),
  everywhere("Content-Length: 5", "421 4.7.0 close"),
  everywhere("Content-MD5: 5", "421 4.7.0 close"),
  everywhere("Subject:", "421 4.7.0 close"),
];

function play(talk: Talk, line: string): string {
  const { server, client } = talk.say(line);
  const commands = server.replaceAll(/⟦[^⟧]*⟧/g, "");
  if (commands !== "") {
    expect(client).toBe("");
    expect(commands).toEndWith("\r\n");
    return `fwd ${commands.slice(0, -2)}`;
  }
  const parts = /^([2-5][0-9]{2}(?: [245]\.[0-9]+\.[0-9]+)?) [ -~]+\r\n(⟦closed⟧)?$/.exec(client);
  if (parts === null) return client;
  return parts[2] === undefined ? parts[1]! : `${parts[1]} close`;
}

describe("the command table", () => {
  for (const [command, ...cells] of TABLE)
    for (const [index, state] of STATES.entries())
      test(`${JSON.stringify(command)} in ${state}: ${cells[index]}`, () => {
        const cell = cells[index]!;
        expect(play(new Talk().enter(state), command)).toBe(cell === "fwd" ? `fwd ${command}` : cell);
      });
});

describe("with other options", () => {
  const rows: readonly [Partial<SmtpOptions>, ...Row][] = [
    [{ auth: "pass" }, "AUTH PLAIN AHUAcA==", LATE, "fwd", LATE, LATE, LATE, GONE],
    [{ auth: "pass" }, "auth login", LATE, "fwd AUTH LOGIN", LATE, LATE, LATE, GONE],
    [{ auth: "pass" }, "AUTH PLAIN =", LATE, "fwd", LATE, LATE, LATE, GONE],
    [{ auth: "pass" }, "AUTH NTLM", LATE, "504 5.5.4", LATE, LATE, LATE, GONE],
    [{ auth: "pass" }, "AUTH CRAM-MD5", LATE, "504 5.5.4", LATE, LATE, LATE, GONE],
    [{ auth: "pass" }, "AUTH", LATE, "501 5.5.4", LATE, LATE, LATE, GONE],
    [{ auth: "pass" }, "AUTH PLAIN a b", LATE, "501 5.5.4", LATE, LATE, LATE, GONE],
    [{ auth: "pass" }, "AUTH PLAIN !", LATE, "501 5.5.2", LATE, LATE, LATE, GONE],
    [{ auth: "pass" }, "AUTH PLAIN a=b", LATE, "501 5.5.2", LATE, LATE, LATE, GONE],
    [{ vrfy: "252" }, ...everywhere("VRFY u", "252 2.5.0")],
    [{ vrfy: "252" }, ...everywhere("VRFY", "501 5.5.4")],
    [{ ehlo: "helo" }, ...everywhere("EHLO c.test", "fwd HELO c.test")],
    [{ maxMessageSize: 1 }, "MAIL FROM:<> SIZE=2", LATE, "552 5.3.4", LATE, LATE, LATE, GONE],
    [{ ehlo: "helo" }, "MAIL FROM:<> SIZE=5", LATE, "555 5.5.4", LATE, LATE, LATE, GONE],
    [
      { blockAddress: [{ name: "x", test: (text) => text === "a@c.test" }] },
      "MAIL FROM:<a@c.test>",
      LATE,
      "550 5.7.1",
      LATE,
      LATE,
      LATE,
      GONE,
    ],
    [
      { dnsbl: { listedBy: () => "bl.test" } },
      "MAIL FROM:<b@c.test>",
      LATE,
      "550 5.7.1",
      LATE,
      LATE,
      LATE,
      GONE,
    ],
  ];
  for (const [options, command, ...cells] of rows)
    for (const [index, state] of STATES.entries()) {
      // The way to a transaction is itself refused by these.
      if ((options.blockAddress || options.dnsbl) && /MAIL|RCPT/.test(state)) continue;
      test(`${JSON.stringify(options)} ${command} in ${state}: ${cells[index]}`, () => {
        const cell = cells[index]!;
        expect(play(new Talk(options).enter(state), command)).toBe(cell === "fwd" ? `fwd ${command}` : cell);
      });
    }
});

describe("state moves on the server's reply alone", () => {
  /** Which of three commands is legal now tells the state. */
  const state = (talk: Talk) =>
    talk.session.closed
      ? "closed"
      : ["MAIL FROM:<a@c.test> X", "RCPT TO:<>", "DATA"]
          .map((line) => play(talk, line).slice(0, 3))
          .join(" ")
          .replace("503 503 503", "INIT")
          .replace("555 503 503", "READY")
          .replace("501 503 503", "READY")
          .replace("503 501 503", "MAIL")
          .replace("503 501 554", "MAIL")
          .replace("503 501 fwd", "RCPT");

  test.each([
    ["INIT", "EHLO c.test", "250 s\r\n", "READY"],
    ["INIT", "HELO c.test", "250 s\r\n", "READY"],
    ["INIT", "EHLO c.test", "500 no\r\n", "INIT"],
    ["INIT", "EHLO c.test", "451 later\r\n", "INIT"],
    ["INIT", "RSET", "250 ok\r\n", "INIT"],
    ["READY", "RSET", "250 ok\r\n", "READY"],
    ["READY", "MAIL FROM:<a@c.test>", "250 ok\r\n", "MAIL"],
    ["READY", "MAIL FROM:<a@c.test>", "451 no\r\n", "READY"],
    ["READY", "MAIL FROM:<a@c.test>", "550 no\r\n", "READY"],
    ["READY", "EHLO c.test", "500 no\r\n", "READY"],
    ["MAIL", "RCPT TO:<u@local.test>", "250 ok\r\n", "RCPT"],
    ["MAIL", "RCPT TO:<u@local.test>", "251 will forward\r\n", "RCPT"],
    ["MAIL", "RCPT TO:<u@local.test>", "550 no\r\n", "MAIL"],
    ["MAIL", "RCPT TO:<u@local.test>", "450 no\r\n", "MAIL"],
    ["MAIL", "RSET", "250 ok\r\n", "READY"],
    ["MAIL", "RSET", "500 no\r\n", "MAIL"],
    ["MAIL", "EHLO c.test", "250 s\r\n", "READY"],
    ["MAIL", "HELO c.test", "250 s\r\n", "READY"],
    ["MAIL", "EHLO c.test", "550 no\r\n", "MAIL"],
    ["RCPT", "RCPT TO:<v@local.test>", "550 no\r\n", "RCPT"],
    ["RCPT", "RSET", "250 ok\r\n", "READY"],
    ["RCPT", "EHLO c.test", "250 s\r\n", "READY"],
    ["RCPT", "EHLO c.test", "502 no\r\n", "RCPT"],
    ["RCPT", "DATA", "503 no\r\n", "RCPT"],
    ["RCPT", "DATA", "451 no\r\n", "RCPT"],
    ["RCPT", "DATA", "250 what\r\n", "RCPT"],
    ["READY", "MAIL FROM:<a@c.test>", "421 bye\r\n", "closed"],
    ["READY", "MAIL FROM:<a@c.test>", "354 go\r\n", "closed"],
    ["INIT", "EHLO c.test", "334 go\r\n", "closed"],
  ] as [State, string, string, string][])("%s, %s answered %j: %s", (before, command, reply, after) => {
    const talk = new Talk().enter(before);
    expect(talk.say(command)).toEqual({ server: `${command}\r\n`, client: "" });
    talk.answer(reply);
    expect(state(talk)).toBe(after);
  });

  test("once every recipient was refused, DATA is answered 554, and by us", () => {
    for (const [line, answer] of [
      ["RCPT TO:<u@evil.test>", null],
      ["RCPT TO:<u@local.test>", "550 5.1.1 unknown\r\n"],
    ] as const) {
      const talk = new Talk().enter("MAIL");
      talk.say(line);
      if (answer !== null) talk.answer(answer);
      expect(play(talk, "DATA")).toBe("554 5.5.1");
    }
  });

  test("and in the next transaction, before any recipient, 503 again", () => {
    const talk = new Talk().enter("MAIL");
    expect(play(talk, "RCPT TO:<u@evil.test>")).toBe("550 5.7.1");
    talk.say("RSET");
    talk.answer("250 ok\r\n");
    talk.say("MAIL FROM:<a@c.test>");
    talk.answer("250 ok\r\n");
    expect(play(talk, "DATA")).toBe(LATE);
  });

  test("without a limit on recipients there are as many as the server takes", () => {
    const talk = new Talk({ maxRecipients: 0 }).enter("MAIL");
    for (let count = 0; count < 300; count++) {
      expect(play(talk, "RCPT TO:<u@local.test>")).toBe("fwd RCPT TO:<u@local.test>");
      talk.answer("250 ok\r\n");
    }
  });

  test("a recipient refused among others does not count", () => {
    const talk = new Talk({ maxRecipients: 2 }).enter("RCPT");
    expect(play(talk, "RCPT TO:<u@evil.test>")).toBe("550 5.7.1");
    talk.say("RCPT TO:<unknown@local.test>");
    talk.answer("550 5.1.1 unknown\r\n");
    talk.say("RCPT TO:<v@local.test>");
    talk.answer("250 ok\r\n");
    expect(play(talk, "RCPT TO:<w@local.test>")).toBe("452 4.5.3");
    expect(play(talk, "DATA")).toBe("fwd DATA");
  });

  test.each(["EHLO c.test", "HELO c.test", "RSET"])(
    "%s forgets the recipients, taken and refused",
    (line) => {
      const talk = new Talk({ maxRecipients: 1 }).enter("RCPT");
      expect(play(talk, "RCPT TO:<v@evil.test>")).toBe("550 5.7.1");
      talk.say(line);
      talk.answer("250 ok\r\n");
      talk.say("MAIL FROM:<a@c.test>");
      talk.answer("250 ok\r\n");
      expect(play(talk, "DATA")).toBe(LATE);
      expect(play(talk, "RCPT TO:<u@local.test>")).toBe("fwd RCPT TO:<u@local.test>");
    },
  );

  test("a second login is refused, before and after other commands", () => {
    const talk = new Talk({ auth: "pass" }).enter("READY");
    talk.say("AUTH PLAIN AHUAcA==");
    talk.answer("235 2.7.0 in\r\n");
    expect(play(talk, "AUTH PLAIN AHUAcA==")).toBe(LATE);
    talk.say("EHLO c.test");
    talk.answer("250-s\r\n250 AUTH PLAIN\r\n");
    expect(play(talk, "AUTH PLAIN AHUAcA==")).toBe(LATE);
  });

  test("a sender's domain opens relaying where that is asked for, for its own transaction", () => {
    const talk = new Talk({ relaySenderDomain: domainsOf(["ours.test"]) }).enter("READY");
    const mail = (sender: string) => {
      talk.say(`MAIL FROM:<${sender}>`);
      talk.answer("250 ok\r\n");
    };
    mail("a@ours.test");
    expect(play(talk, "RCPT TO:<v@evil.test>")).toBe("fwd RCPT TO:<v@evil.test>");
    talk.answer("250 ok\r\n");
    talk.say("RSET");
    talk.answer("250 ok\r\n");
    mail("a@c.test");
    expect(play(talk, "RCPT TO:<v@evil.test>")).toBe("550 5.7.1");
  });

  test("a blocked address is refused as a recipient, too, and the null sender is an address without text", () => {
    const blockAddress = [{ name: "x", test: (text: string) => text === "u@local.test" || text === "" }];
    const talk = new Talk({ blockAddress }).enter("READY");
    expect(play(talk, "MAIL FROM:<>")).toBe("550 5.7.1");
    talk.say("MAIL FROM:<a@c.test>");
    talk.answer("250 ok\r\n");
    expect(play(talk, "RCPT TO:<u@local.test>")).toBe("550 5.7.1");
    expect(play(talk, "RCPT TO:<v@local.test>")).toBe("fwd RCPT TO:<v@local.test>");
  });

  test("a blocked address without its domain is looked for at our name and at each domain of ours", () => {
    const tried: string[] = [];
    const blockAddress = [{ name: "x", test: (text: string) => tried.push(text) < 0 }];
    const relayDomain = domainsOf(["First.test", ".sub.test", "last.test"]);
    play(new Talk({ blockAddress, relayDomain }).enter("MAIL"), "RCPT TO:<v>");
    expect(tried.slice(1)).toEqual(["v", "v@wrapper.test", "v@first.test", "v@last.test"]);
  });

  test("without a limit on messages any declared size passes", () => {
    const talk = new Talk({ maxMessageSize: 0 }).enter("READY");
    const line = "MAIL FROM:<a@c.test> SIZE=99999999999999999999";
    expect(play(talk, line)).toBe(`fwd ${line}`);
  });

  test("who has logged in may relay, and not before", () => {
    const talk = new Talk({ auth: "pass", loginDelay: 0 }).enter("READY");
    talk.say("AUTH PLAIN AHUAcA==");
    talk.answer("535 5.7.8 no\r\n");
    talk.say("MAIL FROM:<a@c.test>");
    talk.answer("250 ok\r\n");
    expect(play(talk, "RCPT TO:<v@evil.test>")).toBe("550 5.7.1");
    talk.say("RSET");
    talk.answer("250 ok\r\n");
    talk.say("AUTH PLAIN AHUAcA==");
    talk.answer("235 2.7.0 in\r\n");
    talk.say("MAIL FROM:<a@c.test>");
    talk.answer("250 ok\r\n");
    expect(play(talk, "RCPT TO:<v@evil.test>")).toBe("fwd RCPT TO:<v@evil.test>");
  });
});

describe("lines", () => {
  test("one that is too long ends the session where that is asked for", () => {
    for (const octets of [513, 3000])
      expect(play(new Talk({ onLongLine: "close" }).enter("READY"), exactly(octets, "NOOP "))).toBe(
        "500 5.5.2 close",
      );
  });

  const exactly = (octets: number, start: string) => start.padEnd(octets - 2, "x");

  test.each([
    ["NOOP ", 512, "250 2.0.0"],
    ["NOOP ", 513, "500 5.5.2"],
    ["NOOP ", 2048, "500 5.5.2"],
    ["NOOP ", 2049, "500 5.5.2"],
    ["NOOP ", 100_000, "500 5.5.2"],
    ["RCPT TO:<u@local.test> ORCPT=a;", 2048, "501 5.5.4"],
    ["RCPT TO:<u@local.test> ORCPT=a;", 2049, "500 5.5.2"],
    ["RCPT TO:<u@local.test> ORCPT=a;", 3000, "500 5.5.2"],
  ])("%j filled up to %i octets: %s", (start, octets, code) => {
    expect(play(new Talk().enter("MAIL"), exactly(octets, start))).toBe(code);
  });

  test("a long RCPT that is legal passes", () => {
    const line = `RCPT TO:<u@local.test> ORCPT=rfc822;${"x".repeat(490)} NOTIFY=SUCCESS`;
    expect(line.length).toBeGreaterThan(512);
    expect(play(new Talk().enter("MAIL"), line)).toBe(`fwd ${line}`);
  });

  test("without a limit on lines only the reader's own holds", () => {
    expect(play(new Talk({ maxLineLength: 0 }).enter("READY"), exactly(5000, "NOOP "))).toBe("250 2.0.0");
    expect(play(new Talk({ maxLineLength: 0 }).enter("READY"), exactly(65537, "NOOP "))).toBe("500 5.5.2");
  });

  test.each([["\0"], ["\r"], ["\t"], ["\x1b"], ["\x7f"], ["\b"]])(
    "a control octet (%j) refuses the whole line",
    (octet) => {
      for (const line of [`NOOP${octet}`, `QUIT${octet}`, `${octet}NOOP`, `RCPT TO:<u@local.test>${octet}`])
        expect(play(new Talk().enter("MAIL"), line)).toBe("500 5.5.2");
    },
  );
});

describe("a refusal", () => {
  const blockAddress = [{ name: "x", test: (text: string) => text.startsWith("bad@") }];
  test.each([
    ["NOOP\x1b", "control-octet"],
    ["NOOP".padEnd(511, "x"), "line-length"],
    ["", "unknown-command"],
    ["WHAT", "unknown-command"],
    ["QUIT now", "syntax"],
    ["RSET now", "syntax"],
    ["DATA now", "syntax"],
    ["EHLO a(", "syntax"],
    ["MAIL FROM:<a@c.test>", "sequence"],
    ["RCPT", "syntax"],
    ["RCPT TO:", "syntax"],
    ["RCPT TO:u@local.test", "syntax"],
    ["RCPT TO:<u@@local.test>", "syntax"],
    ["RCPT TO:<u@local.test> X", "parameter"],
    ["RCPT TO:<u@local.test> NOTIFY=X", "syntax"],
    ["RCPT TO:<u@local.test> NOTIFY=NEVER NOTIFY=NEVER", "syntax"],
    ["RCPT TO:<@local.test:u@evil.test>", "source-route"],
    ["RCPT TO:<\xe9@local.test>", "not-ascii"],
    ["RCPT TO:<u@evil.test>", "relay"],
    ["RCPT TO:<bad@local.test>", "block-address"],
    ["VRFY u", "probe"],
    ["EXPN u", "probe"],
    ["SAML FROM:<>", "obsolete"],
    ["ETRN local.test", "queue-run"],
    ["BDAT 1", "counted-octets"],
    ["XCLIENT ADDR=127.0.0.1", "trust"],
    ["AUTH PLAIN", "auth"],
    ["STARTTLS", "starttls"],
    ["GET /", "foreign-protocol"],
  ])("of %j is logged under its rule, %s", (line, rule) => {
    const talk = new Talk({ blockAddress }).enter("RCPT");
    talk.say(line);
    expect(talk.logged("refused")).toEqual([expect.objectContaining({ rule })]);
  });

  test.each([
    ["MAIL FROM:<a@c.test> SIZE=10000001", {}, "message-size"],
    ["MAIL FROM:<a@c.test>", { dnsbl: { listedBy: () => "bl.test" } }, "dnsbl"],
    ["MAIL FROM:<bad@c.test>", { blockAddress }, "block-address"],
    ["VRFY", { vrfy: "252" }, "syntax"],
    ["RCPT TO:<u@local.test>", {}, "sequence"],
    ["DATA", {}, "sequence"],
    ["AUTH", { auth: "pass" }, "syntax"],
    ["AUTH NTLM", { auth: "pass" }, "mechanism"],
    ["AUTH PLAIN !", { auth: "pass" }, "sasl"],
  ] as [string, Partial<SmtpOptions>, string][])("of %s with %j is logged as %s", (line, options, rule) => {
    const talk = new Talk(options).enter("READY");
    talk.say(line);
    expect(talk.logged("refused")).toEqual([expect.objectContaining({ rule })]);
  });

  test("of DATA without a recipient is logged as no-recipients, and after a refused greeting as sequence", () => {
    const talk = new Talk().enter("MAIL");
    talk.say("RCPT TO:<u@evil.test>");
    talk.say("DATA");
    expect(talk.logged("refused").map(({ rule }) => rule)).toEqual(["relay", "no-recipients"]);
    const login = new Talk({ auth: "pass" }).enter("MAIL");
    login.say("AUTH PLAIN");
    expect(login.logged("refused").map(({ rule }) => rule)).toEqual(["sequence"]);
    const refused = new Talk().enter("REFUSED");
    refused.say("EHLO c.test");
    expect(refused.logged("refused").map(({ rule }) => rule)).toEqual(["server", "sequence"]);
  });

  test("counts, and the last one the budget allows is the end", () => {
    const talk = new Talk({}, { maxErrors: 3 }).enter("READY");
    expect(play(talk, "WHAT")).toBe("500 5.5.2");
    expect(play(talk, "NOOP")).toBe("250 2.0.0");
    expect(play(talk, "DATA")).toBe("503 5.5.1");
    expect(play(talk, "VRFY u")).toBe("421 4.7.0 close");
  });

  test("of a sender by the server does not count", () => {
    const talk = new Talk({}, { maxErrors: 2 }).enter("READY");
    for (let count = 0; count < 5; count++) {
      talk.say("MAIL FROM:<a@c.test>");
      expect(talk.answer("550 no\r\n").client).toBe("550 no\r\n");
    }
  });

  test("of too many recipients does not count", () => {
    const talk = new Talk({ maxRecipients: 1 }, { maxErrors: 2 }).enter("RCPT");
    for (let count = 0; count < 5; count++) expect(play(talk, "RCPT TO:<v@local.test>")).toBe("452 4.5.3");
  });

  test("of too many recipients is logged as any other", () => {
    const talk = new Talk({ maxRecipients: 1 }).enter("RCPT");
    talk.say("RCPT TO:<v@local.test>");
    expect(talk.recorder.entries).toContainEqual({
      level: 1,
      event: "refused",
      fields: {
        rule: "max-recipients",
        by: "us",
        verb: "RCPT",
        reply: "452 4.5.3 Too many recipients",
        from: "a@c.test",
        to: ["v@local.test"],
        helo: "c.test",
        line: "RCPT TO:<v@local.test>",
      },
    });
  });

  test("without a budget never ends the session", () => {
    const talk = new Talk({}, { maxErrors: 0 }).enter("READY");
    for (let count = 0; count < 100; count++) expect(play(talk, "WHAT")).toBe("500 5.5.2");
  });

  test("that closes leaves the server alone", () => {
    const talk = new Talk().enter("RCPT");
    expect(talk.say("BDAT 10 LAST")).toEqual({
      server: "",
      client: `502 5.5.1 Command not implemented\r\n${MARKS.closed}`,
    });
  });
});

test("refusals, messages and failed logins are told at the lowest level but one, logins with the connections", () => {
  const talk = new Talk({ auth: "pass", loginDelay: 0 }).enter("READY");
  for (const [line, answer] of [
    ["AUTH PLAIN AHUAYQ==", "535 no"],
    ["AUTH PLAIN AHUAcA==", "235 in"],
    ["MAIL FROM:<>", "250 ok"],
    ["RCPT TO:<u@local.test>", "250 ok"],
    ["DATA", "354 go"],
    [".", "250 taken"],
  ] as const) {
    talk.say(line);
    talk.answer(`${answer}\r\n`);
  }
  const level = (event: string) => talk.recorder.entries.find((entry) => entry.event === event)?.level;
  expect(["login-failed", "login", "message"].map(level)).toEqual([1, 2, 1]);
  const blocked = new Talk({ blockIp: { has: () => true } }).enter("INIT");
  expect(blocked.recorder.entries.find(({ event }) => event === "refused")).toEqual({
    level: 1,
    event: "refused",
    fields: { rule: "block-ip", by: "us", line: "(connection)", reply: "554 5.7.1 Access denied" },
  });
});
