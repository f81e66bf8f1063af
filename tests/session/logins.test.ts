// Logins of which somebody counts the guesses: who is asked when, and what each answer comes to. The conversations are
// POP3's and SMTP's own.

import { describe, expect, test } from "bun:test";
import { outside } from "../../src/cli/outside.ts";
import type { Guess } from "../../src/protocols/protocol.ts";
import type { Entry } from "../../src/record/entry.ts";
import type { Judgement } from "../../src/session/output.ts";
import { Session } from "../../src/session/session.ts";
import { encode } from "../../src/wire/latin1.ts";
import { converse } from "../reading.ts";
import { MARKS, Recorder } from "../recorder.ts";
import { PROTOCOLS } from "../subjects.ts";
import { LIMITS, SETUP } from "../transcripts.ts";
import { greeted, started } from "./made-up.ts";

const ALLOWED: Judgement = { isAllowed: true, delay: 0, isRepeat: false };
const LATER = "-ERR [SYS/TEMP] too many failed logins, try again later\r\n";
const FAILED = "-ERR authentication failed\r\n";

/** Whoever counts: keeps what it is told. */
class Counting {
  readonly asked: Guess[] = [];
  readonly told: string[] = [];
  ask(guess: Guess): void {
    this.asked.push(guess);
  }
  settle(decision: string): void {
    this.told.push(decision);
  }
  blame(penalty: string): void {
    this.told.push(penalty);
  }
}

/** A session in which the server has greeted. */
function session(name: "pop3" | "smtp", maxLoginAttempts = 3) {
  const recorder = new Recorder();
  const throttle = new Counting();
  recorder.throttle = throttle;
  const { protocol, options } = PROTOCOLS[name]!;
  const values = { ...options, auth: "pass", loginDelay: 3, maxLoginAttempts };
  const own = new Session(
    { ...protocol, converse: () => converse(protocol, SETUP, values) },
    recorder,
    LIMITS,
  );
  own.start(0);
  const server = (text: string, now = 0) => own.serverOctets(encode(text), now);
  const client = (text: string, now = 0) => own.clientOctets(encode(text), now);
  const got = { client: "", server: "" };
  /** What each side got since the last time. */
  const heard = (side: "client" | "server") => {
    const all = recorder.got[side];
    const more = all.slice(got[side].length);
    got[side] = all;
    return more;
  };
  server(name === "pop3" ? "+OK hi\r\n" : "220 hi\r\n");
  if (name === "smtp") {
    client("EHLO c.test\r\n");
    server("250-mx.test\r\n250 AUTH PLAIN LOGIN CRAM-MD5 XOAUTH2\r\n");
  }
  heard("client");
  heard("server");
  return { own, recorder, throttle, server, client, heard };
}

/** The client has said its password, and whoever counts has been asked. */
function asked() {
  const one = session("pop3");
  one.client("USER u\r\n");
  one.server("+OK\r\n");
  one.client("PASS p\r\n");
  one.heard("client");
  return one;
}

describe("a login", () => {
  test("is asked about before the server is, and tried when it may be", () => {
    const { own, throttle, heard } = asked();
    expect(heard("server")).toBe("USER u\r\n");
    expect(throttle.asked).toEqual([{ user: "u", password: "p" }]);
    own.judged(ALLOWED, 0);
    expect(heard("server")).toBe("PASS p\r\n");
  });

  test("that may not be tried has a temporary answer, as late as a wrong one, and the server hears nothing of it", () => {
    const { own, recorder, heard, client } = asked();
    heard("server");
    own.judged({ isAllowed: false }, 0);
    expect(heard("client")).toBe("");
    own.tick(3000);
    expect([heard("client"), heard("server")]).toEqual([LATER, ""]);
    expect(recorder.entries.filter(({ event }) => event.startsWith("login"))).toEqual([]);
    // Another may be tried.
    client("USER v\r\n", 3000);
    expect(heard("server")).toBe("USER v\r\n");
  });

  test.each([
    ["+OK in", "accepted"],
    ["-ERR no", "refused"],
    ["-ERR [IN-USE] locked", "undecided"],
    ["-ERR [SYS/TEMP] later", "undecided"],
  ])("that is answered by %j is settled as %s", (answer, decision) => {
    const { own, throttle, server } = asked();
    own.judged(ALLOWED, 0);
    server(`${answer}\r\n`);
    expect(throttle.told).toEqual([decision]);
    own.tick(3000);
    expect(throttle.told).toEqual([decision]);
  });

  test("that was wrong before is told to be a repeated one, and the next is not", () => {
    const { own, recorder, server, client } = asked();
    own.judged({ ...ALLOWED, isRepeat: true }, 0);
    server("-ERR no\r\n");
    own.tick(3000);
    client("USER u\r\n", 3000);
    server("+OK\r\n", 3000);
    client("PASS q\r\n", 3000);
    own.judged(ALLOWED, 3000);
    server("-ERR no\r\n", 3000);
    const failures = recorder.entries.filter(({ event }) => event === "login-failed");
    expect(failures.map(({ fields }) => (fields as { repeat?: string }).repeat)).toEqual(["yes", undefined]);
  });

  test("is slowed by holding it, and no answer is", () => {
    const { own, heard, server } = asked();
    heard("server");
    own.judged({ ...ALLOWED, delay: 10 }, 1000);
    own.tick(9999);
    expect(heard("server")).toBe("");
    own.tick(10_000);
    expect(heard("server")).toBe("PASS p\r\n");
    server("+OK in\r\n", 10_000);
    expect(heard("client")).toBe("+OK in\r\n");
  });

  test("is asked about once, however many lines it has after that", () => {
    const { own, client, server, throttle } = session("smtp");
    client("AUTH XOAUTH2 dXNlcj11AXRva2Vu\r\n");
    expect(throttle.asked).toHaveLength(1);
    own.judged(ALLOWED, 0);
    server("334 e30=\r\n");
    own.tick(3000);
    client("\r\n", 3000);
    server("535 5.7.8 no\r\n", 3000);
    expect(throttle.asked).toHaveLength(1);
    expect(throttle.told).toEqual(["refused"]);
  });

  test("of two lines is asked about with the second, which has the password", () => {
    const { client, server, throttle, heard } = session("smtp");
    client("AUTH LOGIN\r\n");
    server("334 VXNlcm5hbWU6\r\n");
    client("dQ==\r\n");
    expect(throttle.asked).toEqual([]);
    server("334 UGFzc3dvcmQ6\r\n");
    heard("server");
    client("cA==\r\n");
    expect(throttle.asked).toEqual([{ user: "u", password: "p" }]);
    expect(heard("server")).toBe("");
  });

  test("whose password does not show has a user only", () => {
    const { client, server, throttle } = session("smtp");
    client("AUTH CRAM-MD5\r\n");
    server("334 PDEuMkBteC50ZXN0Pg==\r\n");
    client(`${btoa(`u ${"0".repeat(32)}`)}\r\n`);
    expect(throttle.asked).toEqual([{ user: "u" }]);
  });

  test("that the server refuses before it has all of it is counted then, and its answer held until that is known", () => {
    const { own, client, server, throttle, heard, recorder } = session("smtp");
    client("AUTH LOGIN\r\n");
    server("334 VXNlcm5hbWU6\r\n");
    client("dQ==\r\n");
    heard("client");
    server("535 5.7.8 no such user\r\n");
    expect(throttle.asked).toEqual([{ user: "u" }]);
    own.judged({ isAllowed: false }, 1);
    own.tick(3000);
    expect(heard("client")).toBe("454 4.7.0 Too many failed logins, try again later\r\n");
    // The server was told of it, and so is the log.
    expect(recorder.entries.filter(({ event }) => event === "login-failed")).toHaveLength(1);
  });

  test("that the server hangs up on before it has all of it is answered as any other that waits", () => {
    const { own, client, server, heard } = session("smtp");
    client("AUTH LOGIN\r\n");
    server("334 VXNlcm5hbWU6\r\n");
    client("dQ==\r\n");
    heard("client");
    heard("server");
    own.serverEnd(1);
    own.judged({ isAllowed: false }, 1);
    own.tick(3000);
    expect(heard("client")).toBe("454 4.7.0 Too many failed logins, try again later\r\n");
    expect(heard("server")).not.toContain("*");
  });

  test("that the server refuses so for the last time ends the session, as it would", () => {
    const { own, client, server, heard } = session("smtp", 1);
    client("AUTH LOGIN\r\n");
    server("334 VXNlcm5hbWU6\r\n");
    client("dQ==\r\n");
    server("535 5.7.8 no such user\r\n");
    heard("client");
    own.judged({ isAllowed: false }, 1);
    own.tick(3000);
    expect(heard("client")).toBe(`454 4.7.0 Too many failed logins, try again later\r\n${MARKS.closed}`);
    expect(own.reason).toBe("login-failures");
  });

  test("that the server refuses so is counted when the client is gone, too, and told", () => {
    const { own, client, server, throttle, recorder } = session("smtp");
    client("AUTH LOGIN\r\n");
    server("334 VXNlcm5hbWU6\r\n");
    client("dQ==\r\n");
    own.clientLost(1);
    server("535 5.7.8 no such user\r\n", 2);
    expect(throttle.asked).toEqual([{ user: "u" }]);
    expect(recorder.entries.filter(({ event }) => event === "login-failed")).toHaveLength(1);
  });

  test("that a server in trouble did not decide is no guess", () => {
    const { own, client, server, throttle } = session("smtp");
    client("AUTH PLAIN AHUAcA==\r\n");
    own.judged(ALLOWED, 0);
    server("454 4.7.0 later\r\n");
    expect(throttle.told).toEqual(["undecided"]);
  });
});

describe("a server that waits for data", () => {
  test.each([
    [
      "smtp",
      "AUTH PLAIN\r\n",
      "334 \r\n",
      "501 5.7.0 stopped\r\n",
      "454 4.7.0 Too many failed logins, try again later\r\n",
    ],
    ["pop3", "AUTH PLAIN\r\n", "+ \r\n", "-ERR stopped\r\n", LATER],
  ] as const)(
    "is told to stop, or it would take the next command for them: %s",
    (name, command, challenge, stopped, later) => {
      const { own, client, server, heard } = session(name);
      client(command);
      server(challenge);
      heard("server");
      heard("client");
      client("AHUAcA==\r\n");
      own.judged({ isAllowed: false }, 0);
      expect(heard("server")).toBe("*\r\n");
      server(stopped);
      own.tick(3000);
      expect(heard("client")).toBe(later);
      client("NOOP\r\nQUIT\r\n", 3000);
      expect(heard("server")).toBe("QUIT\r\n");
    },
  );

  test("and takes the word to stop for a login is given up", () => {
    for (const [name, command, challenge, accepted] of [
      ["smtp", "AUTH PLAIN\r\n", "334 \r\n", "235 in\r\n"],
      ["pop3", "AUTH PLAIN\r\n", "+ \r\n", "+OK in\r\n"],
    ] as const) {
      const { own, client, server, heard, recorder } = session(name);
      client(command);
      server(challenge);
      client("AHUAcA==\r\n");
      own.judged({ isAllowed: false }, 0);
      server(accepted);
      own.tick(3000);
      expect(heard("client")).not.toContain(accepted);
      expect(recorder.got.server).toContain(MARKS.aborted);
    }
  });
});

describe("while it is asked about", () => {
  test("the server is not waited for, whatever time it has", () => {
    const { own, heard } = asked();
    expect(own.deadline).toBe(Number.POSITIVE_INFINITY);
    own.tick(10_000_000);
    heard("server");
    own.judged(ALLOWED, 10_000_000);
    expect(heard("server")).toBe("PASS p\r\n");
  });

  test("a client that leaves is asked for nobody any more, and nothing is settled: it counts", () => {
    const { own, throttle, heard } = asked();
    heard("server");
    own.clientLost(1);
    expect(own.closed).toBe(true);
    own.judged(ALLOWED, 2);
    expect([heard("server"), throttle.told.includes("undecided")]).toEqual(["", false]);
  });

  test("a client that ends its side is answered all the same", () => {
    const { own, heard, server } = asked();
    own.clientEnd(1);
    heard("server");
    own.judged(ALLOWED, 2);
    expect(heard("server")).toBe("PASS p\r\n");
    server("-ERR no\r\n", 2);
    own.tick(4000);
    expect(heard("client")).toBe(`${FAILED}${MARKS.closed}`);
  });

  test("the server may hang up: that is a refusal, which waits to be counted, and is counted once", () => {
    const { own, heard, throttle } = asked();
    heard("server");
    own.serverEnd(1);
    own.tick(3000);
    expect([heard("client"), heard("server")]).toEqual(["", MARKS.aborted]);
    own.judged(ALLOWED, 3000);
    expect(heard("client")).toBe(FAILED);
    expect([throttle.asked.length, throttle.told]).toEqual([1, ["refused"]]);
  });

  test("a server that speaks unasked is given up", () => {
    const { own, server, heard } = asked();
    server("+OK in\r\n", 1);
    own.judged(ALLOWED, 2);
    expect(heard("client")).toContain("server unavailable");
  });

  test("whoever ends us waits for no answer", () => {
    const { own, heard } = asked();
    own.shutdown(1);
    expect(heard("client")).toContain("shutting down");
    own.judged(ALLOWED, 2);
    expect(own.closed).toBe(true);
  });

  test("the same of a login that is slowed", () => {
    for (const leave of ["clientLost", "serverEnd", "shutdown"] as const) {
      const { own, heard } = asked();
      own.judged({ ...ALLOWED, delay: 10 }, 1);
      heard("server");
      own[leave](2);
      own.tick(10_000);
      expect([leave, heard("server").includes("PASS")]).toEqual([leave, false]);
    }
  });
});

describe("a client that leaves", () => {
  const how = (talk: (one: ReturnType<typeof session>) => void, name: "pop3" | "smtp" = "pop3") => {
    const one = session(name);
    talk(one);
    if (!one.own.closed) one.own.clientLost(1);
    return one.throttle.told;
  };

  test("and has said nothing counts a little, in the middle of a login more, and else not at all", () => {
    expect(how(() => {})).toEqual(["silent"]);
    expect(how(({ client }) => client("QUIT\r\n"))).toEqual([]);
    expect(how(({ client }) => client("CAPA\r\n"))).toEqual([]);
    const named = ({ client, server }: ReturnType<typeof session>) => {
      client("USER u\r\n");
      server("+OK\r\n");
    };
    expect(how(named)).toEqual(["aborted"]);
    const open = ({ client, server }: ReturnType<typeof session>) => {
      client("AUTH LOGIN\r\n");
      server("334 VXNlcm5hbWU6\r\n");
    };
    expect(how(open, "smtp")).toEqual(["aborted"]);
    expect(how(() => {}, "smtp")).toEqual([]); // it has said EHLO
  });

  test("does not where he has logged in by SMTP, or had nothing to log in for", () => {
    const { own, throttle, client, server } = session("smtp");
    client("AUTH PLAIN AHUAcA==\r\n");
    own.judged(ALLOWED, 0);
    server("235 2.7.0 in\r\n");
    own.clientLost(1);
    expect(throttle.told).toEqual(["accepted"]);
  });

  test("does not where he has logged in", () => {
    const { own, throttle, server } = asked();
    own.judged(ALLOWED, 0);
    server("+OK in\r\n");
    own.clientLost(1);
    expect(throttle.told).toEqual(["accepted"]);
  });

  test("is not counted where it is we who leave", () => {
    expect(how(({ own }) => own.shutdown(1))).toEqual([]);
  });
});

describe("a protocol that has no word for it", () => {
  test("ends the session as for too many errors", () => {
    const peers = greeted({
      clientLine: () => ({ server: "log in\r\n", next: "reply", guess: {} }),
    });
    peers.recorder.throttle = new Counting();
    peers.client("log in\r\n");
    peers.session.judged({ isAllowed: false }, 0);
    expect(peers.got.client).toBe(`hi\r\nenough\r\n${MARKS.closed}`);
    expect(peers.session.reason).toBe("too-many-errors");
  });
});

describe("a login that is not awaited any more", () => {
  test("is tried by nobody when it may be", () => {
    const peers = greeted({
      clientLine: () => ({ server: "log in\r\n", next: "reply", guess: {} }),
      serverLost: () => ({ client: "no\r\n", next: "command" }),
    });
    peers.recorder.throttle = new Counting();
    peers.client("log in\r\n");
    peers.server("hello?\r\n");
    peers.session.judged(ALLOWED, 0);
    expect(peers.got.client).toBe("hi\r\nno\r\n");
    expect(peers.got.server).not.toContain("log in");
  });

  test("ends a session that its refusal would have ended", () => {
    const fields = { method: "X", attempt: 1, reason: "refused", delay: 0 } as const;
    const log: Entry = { level: 1, event: "login-failed", fields };
    const peers = greeted({
      clientLine: () => ({ client: "no\r\n", log, next: "close" }),
      throttled: () => ({ client: "later\r\n", next: "command" }),
    });
    peers.recorder.throttle = new Counting();
    peers.client("log in\r\n");
    peers.session.judged({ isAllowed: false }, 0);
    expect(peers.got.client).toBe(`hi\r\nlater\r\n${MARKS.closed}`);
  });
});

describe("a protocol from outside", () => {
  test.each([
    [
      "nntp",
      "200 hi\r\n",
      ["AUTHINFO USER u\r\n"],
      "381 go\r\n",
      "AUTHINFO PASS p q\r\n",
      "403 Too many failed logins",
    ],
    [
      "strings",
      "* OK hi\r\n",
      [],
      "",
      "a1 LOGIN u {3+}\r\np q\r\n",
      "a1 NO (TRYLATER) too many failed logins",
    ],
  ])("has the same: %s", async (name, greeting, before, asked, last, later) => {
    const protocol = await outside(new URL(`../examples/${name}/${name}.ts`, import.meta.url).pathname);
    const recorder = new Recorder();
    const throttle = new Counting();
    recorder.throttle = throttle;
    const values = {
      maxLineLength: 500,
      auth: "off",
      loginWithoutTls: null,
      loginDelay: 3,
      maxLoginAttempts: 3,
    };
    const own = new Session(
      { ...protocol, converse: () => converse(protocol, SETUP, { ...values, maxString: 0, maxText: 0 }) },
      recorder,
      LIMITS,
    );
    own.start(0);
    own.serverOctets(encode(greeting), 0);
    for (const line of before) {
      own.clientOctets(encode(line), 0);
      own.serverOctets(encode(asked), 0);
    }
    own.clientOctets(encode(last), 0);
    expect(throttle.asked).toEqual([{ user: "u", password: "p q" }]);
    expect(recorder.got.server).not.toContain("p q");
    own.judged({ isAllowed: false }, 0);
    own.tick(3000);
    expect(recorder.got.client).toContain(`${later}`);
  });
});

test("where nobody counts nobody is asked", () => {
  const peers = started({ clientLine: () => ({ server: "log in\r\n", next: "reply", guess: {} }) });
  peers.server("hi\r\n");
  peers.client("log in\r\n");
  expect(peers.got.server).toBe("log in\r\n");
});
