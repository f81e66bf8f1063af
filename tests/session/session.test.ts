// The machine of one connection with protocols made up for it: order, ends, deadlines, the budget of errors,
// and the mistakes a protocol module must not get away with. No protocol of the wrapper's own.

import { describe, expect, test } from "bun:test";
import { download, upload } from "../../src/protocols/next.ts";
import type { Conversation, Step } from "../../src/protocols/protocol.ts";
import type { Entry } from "../../src/record/entry.ts";
import type { Session } from "../../src/session/session.ts";
import { encode } from "../../src/wire/latin1.ts";
import { MARKS } from "../recorder.ts";
import { Exclamation, FAULT, greeted, MESSAGE, type Plain, said, started } from "./made-up.ts";

test("a client that may not speak before it is greeted ends its session by that", () => {
  const peers = started({
    earlyTalker: () => ({ client: "no\r\n", refused: "early-talker", next: "close" }),
  });
  peers.client("a\r\n");
  expect(peers.session.reason).toBe("early-talker");
  expect(peers.told("refused")).toEqual([
    [1, { rule: "early-talker", by: "us", reply: "no", line: "(3 octets)" }],
  ]);
});

test("a client that may make one error makes its last by speaking too early", () => {
  const earlyTalker = (): Step => ({ client: "no\r\n", refused: "early-talker", next: "command" });
  const peers = started({ earlyTalker }, { limits: { maxErrors: 1 } });
  peers.client("a\r\n");
  expect(peers.got.client).toBe(`enough\r\n${MARKS.closed}`);
});

test("a server that hangs up instead of greeting is told of", () => {
  const peers = started();
  peers.session.serverEnd(0);
  expect(peers.told("server-lost")).toEqual([[1, { reason: "closed", mode: "greeting" }]]);
});

test("what a server says behind the reply that ends the session is not heard", () => {
  const peers = greeted({
    serverLine: (text) => ({ client: `${text}\r\n`, next: text === "bye" ? "close" : "command" }),
  });
  peers.client("quit\r\n");
  peers.server("bye\r\nand more\r\n");
  expect(peers.got.client).toBe(`hi\r\nbye\r\n${MARKS.closed}`);
  expect(peers.told("unsolicited")).toEqual([]);
  expect(peers.session.reason).toBe("quit");
});

test("a command that is refused, and a login that failed, are given and not accepted", () => {
  const failed: Entry = {
    level: 1,
    event: "login-failed",
    fields: { method: "PASS", attempt: 1, reason: "refused", delay: 0 },
  };
  const peers = greeted({
    clientLine: ({ text }) => ({
      ...said("no"),
      told: { verb: text },
      ...(text === "PASS" ? { log: failed } : text === "RCPT" ? { refused: "syntax" } : {}),
    }),
  });
  peers.client("PASS\r\nRCPT\r\nNOOP\r\n");
  expect(peers.session.tally.verbs).toBe("pass=0/1 rcpt=0/1 noop=1");
});

test("of a stream's last octets none is lost", () => {
  const peers = started({ serverRest: () => encode("!") }, { dialogue: "stream" });
  peers.session.serverEnd(0);
  expect(peers.got.client).toBe(`!${MARKS.closed}`);
});

test("a session that ends because its message was refused ends by that, and by no lost server", () => {
  const peers = greeted({
    clientLine: () => ({ client: "go\r\n", next: upload(new Exclamation()) }),
    bodyEnd: () => ({ client: "no\r\n", next: "close" }),
  });
  peers.client("data\r\na?b!");
  expect(peers.session.reason).toBe("refused");
});

test("a message that has ended is not too slow any more", () => {
  const peers = greeted(
    {
      clientLine: () => ({ client: "go\r\n", next: upload(new Exclamation()) }),
      bodyEnd: () => said("taken"),
    },
    { limits: { minRate: 20, idleTimeout: 1000 } },
  );
  peers.client("data\r\nabc!");
  expect(peers.session.deadline).toBe(1_000_000);
});

test("an answer is held back to the last millisecond", () => {
  const peers = greeted({
    serverLine: (text) => (text === "hi" ? said(text) : { client: "no\r\n", delay: 3, next: "command" }),
  });
  peers.client("a\r\n", 0);
  peers.server("no\r\n", 2999);
  expect(peers.got.client).toBe("hi\r\n");
  peers.session.tick(3000);
  expect(peers.got.client).toBe("hi\r\nno\r\n");
});

test("after a fault of ours nothing is read, and nobody is told anything by the session", () => {
  const peers = greeted({ clientLine: () => ({ next: "command" }) });
  expect(() => peers.client("a\r\n")).toThrow(FAULT);
  peers.session.clientEnd(0);
  peers.server("x\r\n");
  expect(peers.got).toEqual({ client: "hi\r\n", server: "" });
  expect([peers.session.closed, peers.session.tellable]).toEqual([false, true]);
});

test("a single octet behind a reply that leads to a hidden command is out of turn", () => {
  const peers = greeted({
    serverLine: (text) => (text === "1" ? { server: "hidden\r\n", next: "reply" } : said(text)),
  });
  peers.client("a\r\n");
  peers.server("1\r\n+");
  expect(peers.told("server-lost")).toEqual([[1, { reason: "out-of-turn", mode: "reply" }]]);
  expect(peers.got.server).toBe(`a\r\n${MARKS.aborted}`);
});

describe("of the answer to a secret", () => {
  const told = (statusOf?: Conversation["statusOf"]) => {
    const peers = greeted({
      clientLine: () => ({ server: "x\r\n", next: "reply", shown: "***", secret: "hunter2" }),
      ...(statusOf === undefined ? {} : { statusOf }),
    });
    peers.client("hunter2\r\n");
    peers.server("NO hunter2 is wrong\r\n");
    return peers.told("server-line").at(-1);
  };

  test("nothing is told by a protocol that knows no status", () => {
    expect(told()).toEqual([4, { said: "***" }]);
  });

  test("what the protocol takes for its status is told, and no more", () => {
    expect(told((reply) => reply.split(" ")[0]!)).toEqual([4, { said: "NO ***" }]);
  });
});

describe("lock-step", () => {
  test("the second command waits for the first one's reply", () => {
    const peers = greeted();
    peers.client("a\r\nb\r\n");
    expect(peers.got.server).toBe("a\r\n");
    peers.server("1");
    expect(peers.got.server).toBe("a\r\n");
    peers.server("\r\n");
    expect(peers.got.server).toBe("a\r\nb\r\n");
    peers.server("2\r\n");
    expect(peers.got.client).toBe("hi\r\n1\r\n2\r\n");
  });

  test("one chunk is read ahead, and no more wanted until it is consumed", () => {
    const peers = greeted();
    expect(peers.session.wantsClient).toBe(true);
    peers.client("a\r\nb");
    expect(peers.session.wantsClient).toBe(false);
    expect(() => peers.client("c")).toThrow(FAULT);
    peers.server("1\r\n");
    expect(peers.session.wantsClient).toBe(true);
    peers.client("\r\n");
    expect(peers.got.server).toBe("a\r\nb\r\n");
  });

  test("tells until its greeting that it has not greeted, and not after it", () => {
    const peers = started();
    expect(peers.session.isGreeting).toBe(true);
    peers.server("hi\r\n");
    expect(peers.session.isGreeting).toBe(false);
  });

  test("nothing is read before the greeting but one chunk", () => {
    const peers = started();
    peers.client("a\r\n");
    expect(peers.got).toEqual({ client: "", server: "" });
    peers.server("hi\r\n");
    expect(peers.got.server).toBe("a\r\n");
  });

  test("octets behind a reply are not the reply to what is asked on our own then", () => {
    const peers = greeted({
      serverLine: (text) => (text === "hi" ? said(text) : { server: "and?\r\n", next: "reply" }),
    });
    peers.client("a\r\n");
    peers.server("1\r\n2\r\n");
    expect(peers.got).toEqual({ client: `hi\r\nlost\r\n${MARKS.closed}`, server: `a\r\n${MARKS.aborted}` });
    expect(peers.told("server-lost")).toEqual([[1, { reason: "out-of-turn", mode: "reply" }]]);
  });

  test("a line is read although the server was lost, when the one before was answered all the same", () => {
    const peers = greeted({
      clientLine: ({ text }) => (text === "a" ? { server: "a\r\n", next: "reply" } : said(text)),
      serverLost: () => said("lost"),
    });
    peers.client("a\r\nb\r\n");
    peers.session.serverEnd(0);
    expect(peers.got.client).toBe("hi\r\nlost\r\nb\r\n");
  });

  test("a server's line without an end is given up as soon as it is too long", () => {
    const peers = greeted();
    peers.client("a\r\n");
    peers.server("x".repeat(2048));
    expect(peers.session.closed).toBe(false);
    peers.server("x");
    expect(peers.got.client).toBe(`hi\r\nlost\r\n${MARKS.closed}`);
    expect(peers.told("server-lost")).toEqual([[1, { reason: "line-too-long", mode: "reply" }]]);
  });

  test("half a line of a server that was ended is not the start of the next one's", () => {
    const body = new Exclamation();
    const peers = greeted({
      clientLine: () => ({ client: "go\r\n", next: upload(body) }),
      bodyEnd: () => ({ client: "refused\r\n", next: "restart" }),
      restarted: () => ({ next: "reply" }),
      serverLine: (text) => (text === "fresh" ? { next: "command" } : said(text)),
    });
    peers.client("a\r\n");
    peers.server("half");
    peers.client("?!");
    peers.server("fresh\r\n");
    expect(peers.session.deadline).toBe(100_000);
    expect(peers.got.server).toBe(MARKS.aborted + MARKS.restarted);
  });

  test("a fresh server for a protocol that has no words for it is the end", () => {
    const body = new Exclamation();
    const peers = greeted({
      clientLine: () => ({ client: "go\r\n", next: upload(body) }),
      bodyEnd: () => ({ client: "refused\r\n", next: "restart" }),
    });
    peers.client("a\r\n?!");
    expect(peers.got.client).toBe(`hi\r\ngo\r\nrefused\r\n${MARKS.closed}`);
  });

  test("octets behind a reply are not the next line's reply", () => {
    const peers = greeted({ serverLost: () => ({ next: "close" }) });
    peers.client("a\r\nb\r\n");
    peers.server("1\r\n2\r\n");
    expect(peers.got).toEqual({ client: `hi\r\n1\r\n${MARKS.closed}`, server: `a\r\n${MARKS.aborted}` });
  });

  test("octets behind an answer are not the reply to the hidden command that follows from it", () => {
    const hidden: Step = { server: "hidden\r\n", next: "reply" };
    const peers = greeted({
      serverLine: (text) => (text === "1" ? hidden : { client: `${text}\r\n`, next: "command" }),
    });
    peers.client("a\r\n");
    peers.server("1\r\n2\r\n");
    expect(peers.got).toEqual({ client: `hi\r\nlost\r\n${MARKS.closed}`, server: `a\r\n${MARKS.aborted}` });
  });

  test("half a line left over from before is not the start of a reply", () => {
    const peers = greeted();
    peers.client("a\r\n");
    peers.server("1\r\n2");
    peers.client("b\r\n");
    expect(peers.got.server).toBe(`a\r\n${MARKS.aborted}`);
    expect(peers.got.client).toBe(`hi\r\n1\r\nlost\r\n${MARKS.closed}`);
  });

  test("a server that was ended is not heard any more", () => {
    const peers = greeted();
    peers.session.serverEnd(0);
    peers.server("1\r\n");
    peers.session.serverEnd(0);
    expect(peers.got).toEqual({ client: "hi\r\n", server: MARKS.aborted });
  });
});

describe("lock-step where nobody greets", () => {
  const ungreeted = (overrides: Partial<Plain> = {}) => started(overrides, { greets: "nobody" });

  test("begins with the client's first line, and goes on as any other", () => {
    const peers = ungreeted();
    expect(peers.session.isGreeting).toBe(false);
    peers.client("a\r\nb\r\n");
    expect(peers.got.server).toBe("a\r\n");
    peers.server("1\r\n");
    peers.server("2\r\n");
    expect(peers.got).toEqual({ client: "1\r\n2\r\n", server: "a\r\nb\r\n" });
  });

  test("takes a greeting for what nobody asked for", () => {
    const peers = ungreeted();
    peers.server("hi\r\n");
    expect(peers.got.server).toBe(MARKS.aborted);
    expect(peers.told("unsolicited")).toEqual([[1, { said: "hi" }]]);
  });

  test("is told of a lost server that nothing is due, and its client is not unserved", () => {
    const dues: boolean[] = [];
    const peers = ungreeted({
      serverLost: (due) => {
        dues.push(due);
        return { next: "close" };
      },
    });
    peers.session.serverEnd(0);
    expect([dues, peers.session.unserved, peers.got.client]).toEqual([[false], false, MARKS.closed]);
  });

  test("waits for the client's first line as for any, and not for the server", () => {
    const peers = ungreeted({ expired: () => ({ client: "bye\r\n", next: "close" }) });
    peers.session.tick(peers.session.deadline);
    expect([peers.got.client, peers.session.reason]).toEqual([`bye\r\n${MARKS.closed}`, "idle"]);
  });
});

describe("a protocol module that errs", () => {
  test.each([
    [
      "replies twice",
      {
        serverLine: () => ({ client: "x\r\n", next: "command" }) as Step,
        clientLine: () => ({ client: "x\r\n", server: "y\r\n", next: "reply" }) as Step,
      },
    ],
    ["does not reply", { clientLine: () => ({ next: "command" }) as Step }],
    [
      "sends and does not wait",
      { clientLine: () => ({ client: "x\r\n", server: "y\r\n", next: "command" }) as Step },
    ],
    ["replies without a line end", { clientLine: () => ({ client: "x", next: "command" }) as Step }],
    ["sends without a line end", { clientLine: () => ({ server: "x", next: "reply" }) as Step }],
    ["sends NUL", { clientLine: () => ({ server: "x\0\r\n", next: "reply" }) as Step }],
    ["sends a bare CR", { clientLine: () => ({ server: "x\ry\r\n", next: "reply" }) as Step }],
    ["sends two lines", { clientLine: () => ({ server: "x\r\ny\r\n", next: "reply" }) as Step }],
    ["sends a bare LF", { clientLine: () => ({ server: "x\n", next: "reply" }) as Step }],
    [
      "forgets the end of its body",
      { clientLine: () => ({ client: "go\r\n", next: upload(new Exclamation()) }) as Step },
    ],
  ])("is stopped: it %s", (_, overrides) => {
    const peers = greeted(overrides);
    expect(() => {
      peers.client("a\r\n!");
      peers.server("1\r\n");
    }).toThrow(FAULT);
  });

  test("has no reader for what the server says", () => {
    const peers = started({ serverLine: undefined as never });
    expect(() => peers.server("hi\r\n")).toThrow(FAULT);
  });

  test("is stopped for good: no line after its mistake is read", () => {
    const peers = greeted({
      clientLine: ({ text }) => ({ server: text === "a" ? "\0\r\n" : `${text}\r\n`, next: "reply" }),
    });
    expect(() => peers.client("a\r\nb\r\n")).toThrow(FAULT);
    peers.session.clientEnd(0);
    expect(peers.got.server).toBe("");
  });

  test("ends with the server that is not to be greeted anew", () => {
    const peers = greeted({ clientLine: () => ({ client: "again\r\n", next: "restart" }) });
    peers.client("a\r\n");
    expect(peers.got).toEqual({ client: `hi\r\nagain\r\n${MARKS.closed}`, server: MARKS.restarted });
  });

  test("sends to a server that is gone", () => {
    const peers = greeted();
    peers.session.serverEnd(0);
    expect(() => peers.client("a\r\n")).toThrow(FAULT);
  });
});

describe("a body", () => {
  const uploading = () => {
    const body = new Exclamation();
    const peers = greeted({
      clientLine: () => ({ client: "go\r\n", next: upload(body) }),
      bodyEnd: () =>
        body.fault === null ? { server: ".\r\n", next: "reply" } : { client: "refused\r\n", next: "command" },
    });
    peers.client("a\r\n");
    return peers;
  };

  test("is passed as it comes, and committed at its end", () => {
    const peers = uploading();
    peers.client("one ");
    peers.client("two!");
    expect(peers.got.server).toBe("one two.\r\n");
    peers.server("ok\r\n");
    expect(peers.got.client).toBe("hi\r\ngo\r\nok\r\n");
  });

  test("with a fault costs the server its life before another octet, and is answered once, at its end", () => {
    const peers = uploading();
    peers.client("one ");
    peers.client("? two ");
    expect(peers.got).toEqual({ client: "hi\r\ngo\r\n", server: `one ${MARKS.aborted}` });
    peers.client("three!");
    expect(peers.got).toEqual({ client: "hi\r\ngo\r\nrefused\r\n", server: `one ${MARKS.aborted}` });
    expect(peers.session.tally.refused).toBe(1);
  });

  test.each([
    ["the client ends its side", (session: Session) => session.clientEnd(0)],
    ["the connection breaks", (session: Session) => session.clientLost(0)],
    ["the administrator ends us", (session: Session) => session.shutdown(0)],
    ["it stalls", (session: Session) => session.tick(100_000)],
  ])("is not delivered when %s", (_, happens) => {
    const peers = uploading();
    peers.client("one");
    happens(peers.session);
    expect(peers.got.server).toBe(`one${MARKS.aborted}`);
    expect(peers.session.closed).toBe(true);
  });

  test("is not interrupted by a server that speaks: that is given up, and the client told at the end", () => {
    const body = new Exclamation();
    const peers = greeted({
      clientLine: () => ({ client: "go\r\n", next: upload(body) }),
      serverLost: () => ({ next: upload(body) }),
      bodyEnd: () => ({ client: "lost\r\n", next: "close" }),
    });
    peers.client("a\r\n");
    peers.server("421 bye\r\n");
    expect(peers.got).toEqual({ client: "hi\r\ngo\r\n", server: MARKS.aborted });
    peers.client("one!");
    expect(peers.got).toEqual({ client: `hi\r\ngo\r\nlost\r\n${MARKS.closed}`, server: MARKS.aborted });
    expect(peers.recorder.entries.map(({ event }) => event)).not.toContain("unsolicited");
  });

  test("may stall three minutes at most, or as long as a line if that is less", () => {
    for (const [idleTimeout, patience] of [
      [0, 180],
      [600, 180],
      [60, 60],
    ] as const) {
      const peers = greeted(
        { clientLine: () => ({ client: "go\r\n", next: upload(new Exclamation()) }) },
        { limits: { idleTimeout } },
      );
      peers.client("a\r\n", 1000);
      expect(peers.session.deadline).toBe(1000 + patience * 1000);
      peers.client("one\r\n", 50_000);
      expect(peers.session.deadline).toBe(50_000 + patience * 1000);
    }
  });

  test("gains no time by octets, but by lines or what would be one", () => {
    const peers = greeted({ clientLine: () => ({ client: "go\r\n", next: upload(new Exclamation()) }) });
    peers.client("a\r\n", 1000);
    const first = peers.session.deadline;
    peers.client("x".repeat(999), 2000);
    expect(peers.session.deadline).toBe(first);
    peers.client("x", 3000);
    expect(peers.session.deadline).toBe(first + 2000);
    peers.client("x", 4000);
    expect(peers.session.deadline).toBe(first + 2000);
    peers.client("\n", 5000);
    expect(peers.session.deadline).toBe(first + 4000);
    peers.client("x".repeat(999), 6000);
    expect(peers.session.deadline).toBe(first + 4000);
  });

  test("counts its own octets alone, not those of the line before it", () => {
    const peers = greeted({ clientLine: () => ({ client: "go\r\n", next: upload(new Exclamation()) }) });
    peers.client(`a\r\n${"x".repeat(999)}`, 1000);
    const first = peers.session.deadline;
    peers.client("x", 3000);
    expect(peers.session.deadline).toBe(first + 2000);
  });

  test("of a server that is gone already is no second refusal when it ends", () => {
    const body = new Exclamation();
    const peers = greeted({
      clientLine: () => ({ client: "go\r\n", next: upload(body) }),
      serverLost: () => {
        body.fault = "server";
        return { next: upload(body) };
      },
      bodyEnd: () => ({ client: "lost\r\n", next: "close" }),
    });
    peers.client("a\r\n");
    peers.session.serverEnd(0);
    peers.client("one!");
    expect(peers.session.tally.refused).toBe(0);
    expect(peers.told("refused")).toEqual([]);
  });
});

describe("the text of a message", () => {
  const uploads = { clientLine: () => ({ client: "go\r\n", next: upload(new Exclamation()) }) };

  test("is told to the log when it is asked for, the start of each chunk", () => {
    const peers = greeted(uploads, { limits: { logLevel: 5 } });
    peers.client("a\r\n");
    peers.client("x".repeat(300));
    const told = peers.recorder.entries.filter(({ event }) => event === "text");
    expect(told.map(({ level, fields }) => [level, fields])).toEqual([
      [5, { side: "client", octets: 300, text: "x".repeat(200) }],
    ]);
  });

  test("is told of a body for the client and of a stream, too, and whose it is", () => {
    const downloads = {
      clientLine: () => ({ server: "get\r\n", next: "reply" }) as Step,
      serverLine: (text: string) =>
        (text === "hi" ? said(text) : { client: "ok\r\n", next: download(new Exclamation()) }) as Step,
    };
    const peers = greeted(downloads, { limits: { logLevel: 5 } });
    peers.client("a\r\n");
    peers.server("ok\r\nabc");
    expect(peers.told("text")).toEqual([[5, { side: "server", octets: 3, text: "abc" }]]);
    const stream = started({}, { limits: { logLevel: 5 }, dialogue: "stream" });
    stream.server("abcd");
    expect(stream.told("text")).toEqual([[5, { side: "server", octets: 4, text: "abcd" }]]);
  });

  test("is not told otherwise", () => {
    const peers = greeted(uploads);
    peers.client("a\r\nxyz");
    expect(peers.recorder.entries.filter(({ event }) => event === "text")).toEqual([]);
  });
});

describe("the budget of errors", () => {
  test("is the number of refused lines, whatever was said between them", () => {
    const peers = greeted();
    for (let count = 0; count < 2; count++) {
      peers.client(`${"x".repeat(30)}\r\na\r\n`);
      peers.server("1\r\n");
    }
    peers.client(`${"x".repeat(30)}\r\n`);
    expect(peers.got.client).toBe(`hi\r\ntoo long\r\n1\r\ntoo long\r\n1\r\nenough\r\n${MARKS.closed}`);
    expect(peers.session.tally).toMatchObject({ commands: 5, refused: 3, messages: 0 });
  });
});

describe("the smallest limits", () => {
  test("one refused line is the budget", () => {
    const peers = greeted({}, { limits: { maxErrors: 1 } });
    peers.client(`${"x".repeat(30)}\r\n`);
    expect(peers.got.client).toBe(`hi\r\nenough\r\n${MARKS.closed}`);
  });

  test("a second is a time, for a line, for a session and for a reply that is held back", () => {
    expect(greeted({}, { limits: { idleTimeout: 1 } }).session.deadline).toBe(1000);
    expect(greeted({}, { limits: { sessionTimeout: 1 } }).session.deadline).toBe(1000);
    const held = greeted({ serverLine: (text) => ({ client: `${text}\r\n`, next: "command", delay: 1 }) });
    expect(held.got.client).toBe("");
    expect(held.session.deadline).toBe(1000);
  });
});

describe("deadlines", () => {
  test("begin when the last thing happened, whatever it was", () => {
    const answered = greeted();
    answered.client("a\r\n", 10_000);
    answered.server("1\r\n", 40_000);
    expect(answered.session.deadline).toBe(140_000);
    const lost = greeted();
    lost.session.serverEnd(40_000);
    expect(lost.session.deadline).toBe(140_000);
    const drained = started({ clientEnd: () => ({ next: "drain" }) }, { dialogue: "stream" });
    drained.session.clientEnd(40_000);
    expect(drained.session.deadline).toBe(70_000);
  });

  test("a line must be complete in time, whatever comes meanwhile", () => {
    const peers = greeted();
    expect(peers.session.deadline).toBe(100_000);
    peers.client("a", 90_000);
    expect(peers.session.deadline).toBe(100_000);
    peers.session.tick(99_999);
    expect(peers.session.closed).toBe(false);
    peers.session.tick(100_000);
    expect(peers.got.client).toBe(`hi\r\nidle\r\n${MARKS.closed}`);
    expect(peers.session.deadline).toBe(Number.POSITIVE_INFINITY);
  });

  test("a server has its own, and the rule's if that is less", () => {
    const peers = greeted();
    peers.client("a\r\n", 10_000);
    expect(peers.session.deadline).toBe(60_000);
    const hasty = greeted({ clientLine: () => ({ server: "a\r\n", next: "reply", patience: 5 }) });
    hasty.client("a\r\n", 10_000);
    expect(hasty.session.deadline).toBe(15_000);
    hasty.session.tick(15_000);
    expect(hasty.got.client).toBe(`hi\r\nlost\r\n${MARKS.closed}`);
  });

  test("without limits there are none", () => {
    const peers = greeted({}, { limits: { idleTimeout: 0, serverTimeout: 0 } });
    expect(peers.session.deadline).toBe(Number.POSITIVE_INFINITY);
    peers.client("a\r\n");
    expect(peers.session.deadline).toBe(Number.POSITIVE_INFINITY);
  });

  test("the session's own comes whatever is going on", () => {
    const peers = greeted({}, { limits: { sessionTimeout: 30 } });
    peers.client("a\r\n", 29_000);
    expect(peers.session.deadline).toBe(30_000);
    expect(peers.got.client).toBe("hi\r\n");
    peers.session.tick(30_000);
    expect(peers.session.deadline).toBe(35_000); // an answer under way is waited for
    peers.session.tick(35_000);
    expect(peers.got.client).toBe(`hi\r\nsession\r\n${MARKS.closed}`);
    const idle = greeted({}, { limits: { sessionTimeout: 30 } });
    idle.session.tick(30_000);
    expect(idle.got.client).toBe(`hi\r\nsession\r\n${MARKS.closed}`);
  });

  test("the rate of a message counts the time in which its client was read", () => {
    const peers = greeted(
      {
        clientLine: () => ({ server: "a\r\n", next: "reply", mayUpload: true }),
        serverLine: (text) =>
          text === "hi" ? said(text) : { client: "go\r\n", next: upload(new Exclamation()) },
      },
      { limits: { minRate: 1, idleTimeout: 0 } },
    );
    peers.client("a\r\n");
    peers.server("go\r\n");
    peers.session.pause(100_000);
    peers.session.resume(150_000);
    for (const now of [200_000, 340_000]) peers.client("x\r\n", now);
    expect(peers.session.deadline).toBe(350_000);
    peers.session.tick(350_000);
    expect(peers.got.client).toEndWith(`too-slow\r\n${MARKS.closed}`);
  });

  test("one side that reads again costs the other nothing", () => {
    const peers = greeted();
    peers.client("a\r\n", 0);
    peers.session.resume(40_000);
    expect(peers.session.deadline).toBe(90_000);
  });

  test("a reply held back is not held longer for that", () => {
    const peers = greeted({ serverLine: (text) => ({ client: `${text}\r\n`, next: "command", delay: 4 }) });
    peers.session.resume(3_000);
    expect(peers.session.deadline).toBe(4_000);
  });

  test("a reply held back comes when it is due, and a line after it is read then", () => {
    const peers = greeted({ serverLine: (text) => ({ client: `${text}\r\n`, next: "command", delay: 4 }) });
    expect(peers.got.client).toBe("");
    peers.client("a\r\n");
    peers.session.tick(3_999);
    expect(peers.got).toEqual({ client: "", server: "" });
    peers.session.tick(4_000);
    expect(peers.got).toEqual({ client: "hi\r\n", server: "a\r\n" });
    expect(peers.session.deadline).toBe(54_000);
  });

  test("a reply held back is neither hastened nor lost by a server that speaks or hangs up", () => {
    for (const happens of ["says more", "hangs up"]) {
      const peers = greeted({ serverLine: (text) => ({ client: `${text}\r\n`, next: "command", delay: 4 }) });
      if (happens === "says more") peers.server("421 more\r\n");
      else peers.session.serverEnd(0);
      expect(peers.got).toEqual({ client: "", server: MARKS.aborted });
      expect(peers.recorder.entries.map(({ event }) => event)).not.toContain("unsolicited");
      peers.session.tick(4_000);
      expect(peers.got.client).toBe("hi\r\n");
    }
  });

  test("nothing happens twice after the end", () => {
    const peers = greeted();
    peers.session.clientLost(0);
    const before = peers.recorder.writes.length;
    peers.session.tick(1e9);
    peers.session.shutdown(1e9);
    peers.session.clientLost(1e9);
    peers.session.serverEnd(1e9);
    peers.server("x\r\n");
    expect(peers.recorder.writes.length).toBe(before);
  });
});

describe("a client that ended its side before it was greeted", () => {
  test("and asked for nothing has five seconds to be greeted", () => {
    const peers = started();
    peers.session.clientEnd(1000);
    expect(peers.session.deadline).toBe(6000);
    peers.session.tick(6000);
    expect(peers.got.client).toBe(`lost\r\n${MARKS.closed}`);
    const greeted = started();
    greeted.session.clientEnd(1000);
    greeted.server("hi\r\n");
    expect(greeted.got.client).toBe(`hi\r\n${MARKS.closed}`);
  });

  test("and asked for something has the time of any", () => {
    const peers = started();
    peers.client("a\r\n");
    peers.session.clientEnd(1000);
    expect(peers.session.deadline).toBe(50_000);
  });
});

describe("a client that does not read", () => {
  test("and is lost after its answer was due is not waited for, for ever", () => {
    const peers = greeted();
    peers.client("a\r\n");
    peers.session.clientLost(60_000);
    expect(peers.session.deadline).toBeGreaterThan(60_000);
    expect(peers.session.deadline).toBeLessThan(60_010);
  });
});

describe("a session whose time is over while an answer is held back", () => {
  test("holds it back as long as any, and ends behind it", () => {
    const peers = greeted(
      { serverLine: (text) => ({ ...said(text), ...(text === "no" && { delay: 10 }) }) },
      { limits: { sessionTimeout: 30 } },
    );
    peers.client("a\r\n", 25_000);
    peers.session.serverOctets(encode("no\r\n"), 26_000);
    peers.session.tick(30_000);
    expect(peers.got.client).toBe("hi\r\n");
    expect(peers.session.deadline).toBe(35_000);
    peers.session.tick(35_000);
    expect(peers.got.client).toBe(`hi\r\nno\r\nsession\r\n${MARKS.closed}`);
  });
});

describe("a lost client", () => {
  test("has said nothing that was not said to the server yet", () => {
    const peers = greeted();
    peers.client("a\r\nb\r\n");
    peers.session.clientLost(0);
    expect(peers.session.wantsClient).toBe(false);
    peers.server("1\r\n");
    expect(peers.got).toEqual({ client: `hi\r\n${MARKS.closed}`, server: "a\r\n" });
  });

  test("is lost once", () => {
    const peers = greeted();
    peers.client("a\r\n");
    peers.session.clientLost(0);
    expect(peers.session.deadline).toBe(5000);
    peers.session.clientLost(4000);
    expect(peers.session.deadline).toBe(5000);
  });

  test("leaves a server that decides something more time than one that does not, and none what it had", () => {
    for (const [decides, serverTimeout, deadline] of [
      [true, 50, 30_000],
      [true, 0, 30_000],
      [false, 0, 5000],
      [true, 10, 10_000],
    ] as const) {
      const peers = greeted(
        {
          clientLine: ({ text }) => ({
            server: `${text}\r\n`,
            next: "reply",
            ...(decides && { decides: "login" as const }),
          }),
        },
        { limits: { serverTimeout } },
      );
      peers.client("a\r\n");
      peers.session.clientLost(0);
      expect(peers.session.deadline).toBe(deadline);
    }
  });

  test("is not answered for with a reply of several lines either, however slowly they come", () => {
    const peers = greeted({ serverLine: (text) => (text === "1" ? { next: "reply" } : said(text)) });
    peers.client("a\r\n");
    peers.session.clientLost(0);
    peers.server("1\r\n");
    expect(peers.session.deadline).toBe(5000);
    peers.server("2\r\n");
    expect(peers.got.client).toBe(`hi\r\n${MARKS.closed}`);
  });
});

describe("the client's end", () => {
  test("waits for every answer that is due", () => {
    const peers = greeted();
    peers.client("a\r\nb\r\nc");
    peers.session.clientEnd(0);
    peers.server("1\r\n");
    peers.server("2\r\n");
    expect(peers.got).toEqual({ client: `hi\r\n1\r\n2\r\n${MARKS.closed}`, server: "a\r\nb\r\n" });
  });

  test("tells the protocol what was left without an end", () => {
    let left = "";
    const peers = greeted({
      clientEnd: (rest) => {
        left = rest;
        return { next: "close" };
      },
    });
    peers.client("a\r\n");
    peers.server("1\r\n");
    peers.client("bc");
    peers.session.clientEnd(0);
    expect(left).toBe("bc");
  });

  test("leaves a session that wants no more of it, and says nothing into what is drained", () => {
    for (const happens of ["time", "end"] as const) {
      const peers = greeted({ clientEnd: () => ({ next: "drain" }) }, { limits: { sessionTimeout: 20 } });
      peers.session.clientEnd(0);
      expect(peers.session.wantsClient).toBe(false);
      if (happens === "time") peers.session.tick(20_000);
      else peers.session.serverEnd(0);
      expect(peers.got).toEqual({ client: `hi\r\n${MARKS.closed}`, server: MARKS.inputEnds });
      expect(peers.session.wantsClient).toBe(false);
    }
  });

  test("may drain the server, which is then read to its end, or not for long", () => {
    for (const ends of [true, false]) {
      const peers = started({ clientEnd: () => ({ next: "drain" }) }, { dialogue: "stream" });
      peers.session.clientEnd(0);
      expect(peers.got.server).toBe(MARKS.inputEnds);
      peers.server("late");
      expect(peers.got.client).toBe("late");
      if (ends) peers.session.serverEnd(1000);
      else peers.session.tick(30_000);
      expect(peers.got.client).toBe(`late${MARKS.closed}`);
    }
  });
});

describe("a stream", () => {
  const stream = (overrides: Partial<Plain> = {}) =>
    started(
      { clientLine: ({ text }) => ({ server: `${text}\r\n`, next: "command" }), ...overrides },
      { dialogue: "stream" },
    );

  test("passes both ways at any time", () => {
    const peers = stream();
    peers.client("a\r\nb\r\n");
    peers.server("prompt> ");
    peers.client("c\r\n");
    expect(peers.got).toEqual({ client: "prompt> ", server: "a\r\nb\r\nc\r\n" });
  });

  test("is not idle while the server speaks", () => {
    const peers = stream();
    peers.server("x", 60_000);
    expect(peers.session.deadline).toBe(160_000);
  });

  test("ends with its server", () => {
    const peers = stream();
    peers.session.serverEnd(0);
    expect(peers.session.closed).toBe(true);
  });

  test("passes what the protocol held back when the server has said all", () => {
    const peers = stream({ serverRest: () => encode("rest") });
    peers.session.serverEnd(0);
    expect(peers.got.client).toBe(`rest${MARKS.closed}`);
    const none = stream({ serverRest: () => encode("") });
    none.session.serverEnd(0);
    expect(none.got.client).toBe(MARKS.closed);
  });

  test("passes nothing of what the protocol takes away", () => {
    const peers = stream({ serverOctets: (chunk) => chunk.subarray(chunk.length) });
    peers.server("x");
    expect(peers.recorder.writes).toEqual([]);
  });

  test("that is over passes nothing, and does not begin again", () => {
    const peers = stream();
    expect(peers.session.wantsClient).toBe(true);
    peers.session.clientLost(0);
    peers.server("late");
    expect(peers.got.client).toBe(MARKS.closed);
    expect(peers.session.closed).toBe(true);
    expect(peers.session.wantsClient).toBe(false);
  });

  test("that is drained wants nothing more of its client", () => {
    const peers = stream({ clientLine: ({ text }) => ({ server: `${text}\r\n`, next: "drain" }) });
    peers.client("a\r\n");
    expect(peers.session.wantsClient).toBe(false);
  });

  test("a line may stay without a reply", () => {
    const peers = stream({ clientLine: () => ({ next: "command" }) });
    peers.client("a\r\nb\r\n");
    expect(peers.got).toEqual({ client: "", server: "" });
  });
});

describe("the reason of the end", () => {
  test("is a fault of ours as long as the session has not ended", () => {
    expect(greeted().session.reason).toBe("fault");
  });

  test("is what ended it first", () => {
    const peers = greeted();
    peers.session.clientEnd(0);
    peers.session.clientLost(0);
    expect([peers.session.closed, peers.session.reason]).toEqual([true, "client-end"]);
  });

  test.each([
    ["hung-up", "server-end"],
    ["failed", "server-lost"],
  ] as const)("of a stream whose server %s is %s", (how, reason) => {
    const peers = started({}, { dialogue: "stream" });
    peers.session.serverEnd(0, how);
    expect(peers.session.reason).toBe(reason);
  });
});

describe("the log", () => {
  test("has a level for everything", () => {
    const levels = (peers: ReturnType<typeof started>) =>
      peers.recorder.entries.map(
        ({ level, event, fields }) => `${level} ${event} ${fields.rule ?? fields.line ?? fields.said ?? ""}`,
      );
    const refused = greeted({
      serverLine: (text) => ({ ...said(text), ...(text === "1" && { refused: "syntax" as const }) }),
    });
    refused.client("a\r\n");
    refused.server("1\r\n");
    refused.session.shutdown(0);
    expect(levels(refused)).toEqual([
      "4 server-line hi",
      "4 reply-line hi",
      "3 command a",
      "4 server-line 1",
      "1 refused syntax",
      "4 reply-line 1",
      "4 reply-line shutdown",
    ]);
    expect(refused.told("refused")).toEqual([[1, { rule: "syntax", by: "us", reply: "1", line: "a" }]]);

    const unasked = greeted();
    unasked.server("more\r\n");
    expect(unasked.told("unsolicited")).toEqual([[1, { said: "more" }]]);

    const idle = greeted();
    idle.session.tick(100_000);
    expect([idle.session.closed, idle.session.reason]).toEqual([true, "idle"]);

    const body = { clientLine: () => ({ client: "go\r\n", next: upload(new Exclamation()) }) as Step };
    const stalled = greeted(body);
    stalled.client("a\r\n");
    stalled.session.tick(100_000);
    expect(stalled.session.reason).toBe("idle");
    expect(stalled.told("incomplete-message")).toEqual([[1, {}]]);
    const left = greeted(body);
    left.client("a\r\n?");
    left.session.clientEnd(0);
    expect(left.told("refused")).toEqual([[1, { rule: "nul", by: "us", line: "(message)" }]]);
    expect(left.told("incomplete-message")).toEqual([[1, {}]]);
  });

  test.each([
    ["closes", (session: Session) => session.serverEnd(0), "closed"],
    ["is silent", (session: Session) => session.tick(50_000), "timeout"],
  ])("tells why a server was lost: it %s", (_, happens, reason) => {
    const peers = greeted();
    peers.client("a\r\n");
    happens(peers.session);
    expect(peers.told("server-lost")).toEqual([[1, { reason, mode: "reply" }]]);
  });

  test("tells of a server that breaks the protocol, and of one that speaks out of turn", () => {
    const broken = greeted({ serverLine: (text) => (text === "hi" ? said(text) : "fault") });
    broken.client("a\r\n");
    broken.server("1\r\n");
    expect(broken.told("server-lost")).toEqual([[1, { reason: "protocol", mode: "reply" }]]);
    const early = greeted({ clientLine: () => ({ client: "go\r\n", next: upload(new Exclamation()) }) });
    early.client("a\r\n");
    early.server("1\r\n");
    expect(early.told("server-lost")).toEqual([[1, { reason: "out-of-turn", mode: "upload" }]]);
    const half = greeted();
    half.client("a\r\n");
    half.server("1\r\n2");
    half.client("b\r\n");
    expect(half.told("server-lost")).toEqual([[1, { reason: "out-of-turn", mode: "command" }]]);
  });

  test("tells every command, refusal and end", () => {
    const peers = greeted();
    peers.client(`a\r\n`);
    peers.server("1\r\n");
    peers.client(`${"x".repeat(30)}\r\n`);
    const told = peers.recorder.entries
      .filter(({ level }) => level <= 3)
      .map(({ event, fields }) => ({ event, ...fields }));
    expect(told).toEqual([
      { event: "command", line: "a" },
      { event: "command", line: "(32 octets)" },
      { event: "refused", rule: "line-length", by: "us", reply: "too long", line: "(32 octets)" },
    ] as never);
  });

  test("counts a message only when the server has taken it", () => {
    const peers = greeted({
      serverLine: (text) => ({
        client: `${text}\r\n`,
        next: "command",
        ...(text === "taken" ? { log: MESSAGE } : {}),
      }),
    });
    peers.client("a\r\nb\r\n");
    peers.server("no\r\n");
    expect(peers.session.tally.messages).toBe(0);
    peers.server("taken\r\n");
    expect(peers.session.tally.messages).toBe(1);
  });
});

test("a client that ends its side within a message that is given up leaves between no two lines", () => {
  const asked: string[] = [];
  const peers = greeted({
    clientLine: () => ({ client: "go\r\n", next: upload(new Exclamation()) }),
    serverLost: () => ({ next: "command" }),
    abandoned: () => {
      asked.push("abandoned");
      return null;
    },
    clientEnd: () => {
      asked.push("clientEnd");
      return { client: "left\r\n", next: "close" };
    },
  });
  peers.client("mail\r\n");
  peers.client("ha?lf");
  peers.session.clientEnd(0);
  expect(asked).toEqual([]);
  expect(peers.session.reason).toBe("client-end");
});
