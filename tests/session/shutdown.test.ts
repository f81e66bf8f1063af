// How a session ends when the administrator, and not one of its peers, ends it: what is under way is finished
// within bounds, a message is not, and nobody waits for ever. And what a session tells of its own end.

import { describe, expect, test } from "bun:test";
import { SessionFault } from "../../src/session/fault.ts";
import type { SessionLimits } from "../../src/session/output.ts";
import { Session } from "../../src/session/session.ts";
import { encode } from "../../src/wire/latin1.ts";
import { converse } from "../reading.ts";
import { MARKS, Recorder } from "../recorder.ts";
import { PROTOCOLS } from "../subjects.ts";
import { LIMITS, SETUP } from "../transcripts.ts";

/** A session whose server says what the test says. */
class Talk {
  readonly recorder = new Recorder();
  readonly session: Session;
  now = 1000;

  constructor(name: "smtp" | "pop3" | "finger", limits: Partial<SessionLimits> = {}, more = {}) {
    const { protocol, options } = PROTOCOLS[name]!;
    const conversation = converse(protocol, SETUP, { ...options, loginDelay: 3, ...more });
    this.session = new Session({ ...protocol, converse: () => conversation }, this.recorder, {
      ...LIMITS,
      ...limits,
    });
    this.session.start(this.now);
  }

  client(text: string): this {
    this.session.clientOctets(encode(text), this.now);
    return this;
  }

  server(text: string): this {
    this.session.serverOctets(encode(text), this.now);
    return this;
  }

  shutdown(): this {
    this.session.shutdown(this.now);
    return this;
  }

  /** Seconds pass; deadlines in between fire on time. */
  wait(seconds: number): this {
    const end = this.now + seconds * 1000;
    while (this.session.deadline <= end) {
      this.now = this.session.deadline;
      this.session.tick(this.now);
    }
    this.now = end;
    return this;
  }

  /** What was written to one side since it was last asked for. */
  to(side: "client" | "server"): string {
    const all = this.recorder.got[side];
    const news = all.slice(this.#read[side]);
    this.#read[side] = all.length;
    return news;
  }

  #read = { client: 0, server: 0 };
}

const GONE = "421 4.3.2 wrapper.test Service shutting down\r\n";
const POP_GONE = "-ERR [SYS/TEMP] shutting down\r\n";

function smtpGreeted(limits: Partial<SessionLimits> = {}): Talk {
  const talk = new Talk("smtp", limits).server("220 x\r\n").client("HELO c.test\r\n").server("250 x\r\n");
  talk.to("client");
  talk.to("server");
  return talk;
}

function inMessage(): Talk {
  const talk = smtpGreeted().client("MAIL FROM:<a@c.test>\r\n").server("250 x\r\n");
  talk.client("RCPT TO:<u@local.test>\r\n").server("250 x\r\n").client("DATA\r\n");
  talk.to("client");
  talk.to("server");
  return talk;
}

function popLoggedIn(): Talk {
  const talk = new Talk("pop3").server("+OK x\r\n").client("USER u\r\n").server("+OK\r\n");
  talk.client("PASS p\r\n").server("+OK\r\n");
  talk.to("client");
  talk.to("server");
  return talk;
}

describe("When the administrator ends it, a session", () => {
  test("that waits for its server's greeting says so at once", () => {
    expect(new Talk("smtp").shutdown().to("client")).toBe(GONE + MARKS.closed);
    expect(new Talk("pop3").shutdown().to("client")).toBe(POP_GONE + MARKS.closed);
  });

  test("between commands says so at once", () => {
    expect(smtpGreeted().shutdown().to("client")).toBe(GONE + MARKS.closed);
    expect(popLoggedIn().shutdown().to("client")).toBe(POP_GONE + MARKS.closed);
  });

  test("finishes the answer under way, and no command after it", () => {
    const talk = smtpGreeted().client("MAIL FROM:<a@c.test>\r\nRCPT TO:<u@local.test>\r\n").shutdown();
    expect(talk.to("client")).toBe("");
    talk.wait(4).server("250 2.1.0 ok\r\n");
    expect(talk.to("client")).toBe(`250 2.1.0 ok\r\n${GONE}${MARKS.closed}`);
    expect(talk.to("server")).toBe("MAIL FROM:<a@c.test>\r\n");
  });

  test("waits five seconds for an answer, and answers then", () => {
    const talk = smtpGreeted().client("MAIL FROM:<a@c.test>\r\n").shutdown().wait(4.9);
    expect(talk.to("client")).toBe("");
    expect(talk.wait(0.1).to("client")).toBe(GONE + MARKS.closed);
    expect(talk.session.mayDeliver).toBe(false);
  });

  test("does not wait longer for being told twice", () => {
    const talk = smtpGreeted().client("MAIL FROM:<a@c.test>\r\n").shutdown().wait(4).shutdown().wait(1);
    expect(talk.to("client")).toBe(GONE + MARKS.closed);
    expect(talk.session.reason).toBe("shutdown");
  });

  test("keeps what is due before to its time", () => {
    // QUIT has five seconds, too, and had them first; the timer is late.
    const talk = smtpGreeted().client("QUIT\r\n").wait(1).shutdown();
    talk.now += 9000;
    talk.session.tick(talk.now);
    expect(talk.to("client")).toBe(`221 2.0.0 wrapper.test closing connection\r\n${MARKS.closed}`);
  });

  test("keeps to an end that comes sooner", () => {
    const talk = smtpGreeted({ sessionTimeout: 2 }).client("MAIL FROM:<a@c.test>\r\n").shutdown().wait(2);
    expect(talk.to("client")).toBe(GONE + MARKS.closed);
  });

  test("waits for the server's word on a message that was sent whole", () => {
    const talk = inMessage().server("354 go\r\n").client("text\r\n.\r\n").shutdown();
    talk.to("client");
    expect(talk.server("250 2.0.0 queued\r\n").to("client")).toBe(
      `250 2.0.0 queued\r\n${GONE}${MARKS.closed}`,
    );
    expect(talk.recorder.got.server).not.toContain(MARKS.aborted);
  });

  test("aborts a message under way", () => {
    const talk = inMessage().server("354 go\r\n").client("text\r\n");
    talk.to("client");
    expect(talk.shutdown().to("client")).toBe(GONE + MARKS.closed);
    expect(talk.to("server")).toBe(`text\r\n${MARKS.aborted}`);
  });

  test("begins no message: the server that waits for one is aborted, not closed", () => {
    const talk = inMessage().shutdown().server("354 go\r\n");
    expect(talk.to("client")).toBe(GONE + MARKS.closed);
    expect(talk.to("server")).toBe(MARKS.aborted);
  });

  test("aborts a server that may be about to take a message", () => {
    const waiting = inMessage().shutdown().wait(5);
    expect(waiting.to("client")).toBe(GONE + MARKS.closed);
    expect(waiting.to("server")).toBe(MARKS.aborted);
    const left = inMessage();
    left.session.clientLost(left.now);
    expect(left.to("server")).toBe(MARKS.aborted);
  });

  test("closes a server that has refused to take a message", () => {
    const talk = inMessage().server("451 4.3.0 no\r\n").shutdown();
    expect(talk.to("client")).toBe(`451 4.3.0 no\r\n${GONE}${MARKS.closed}`);
    expect(talk.to("server")).toBe("");
  });

  test("finishes a body for the client", () => {
    const talk = popLoggedIn().client("LIST\r\n").server("+OK\r\n1 2\r\n").shutdown();
    expect(talk.to("client")).toBe("+OK\r\n1 2\r\n");
    expect(talk.server("2 3\r\n.\r\n").to("client")).toBe(`2 3\r\n.\r\n${POP_GONE}${MARKS.closed}`);
  });

  test("finishes no body that takes longer, and invents no end for it", () => {
    const talk = popLoggedIn().client("LIST\r\n").server("+OK\r\n1 2\r\n").shutdown();
    for (let half = 0; half < 9; half++) talk.wait(0.5).server("2 3\r\n");
    expect(talk.wait(0.5).to("client")).toBe(`+OK\r\n1 2\r\n${"2 3\r\n".repeat(9)}${MARKS.closed}`);
  });

  test("holds no answer back any more", () => {
    const talk = new Talk("pop3").server("+OK x\r\n").client("USER u\r\n").server("+OK\r\n");
    talk.client("PASS p\r\n").server("-ERR no\r\n");
    talk.to("client");
    expect(talk.shutdown().to("client")).toBe(POP_GONE + MARKS.closed);

    const other = new Talk("pop3").server("+OK x\r\n").client("USER u\r\n").server("+OK\r\n");
    other.client("PASS p\r\n");
    other.to("client");
    expect(other.shutdown().server("-ERR no\r\n").to("client")).toBe(POP_GONE + MARKS.closed);
    expect(other.recorder.entries.map((entry) => entry.event)).toContain("login-failed");
  });

  test("gives an answer that need not be held back", () => {
    const talk = new Talk("pop3", {}, { loginDelay: 0 })
      .server("+OK x\r\n")
      .client("USER u\r\n")
      .server("+OK\r\n");
    talk.client("PASS p\r\n").shutdown();
    talk.to("client");
    expect(talk.server("-ERR no\r\n").to("client")).toBe(
      `-ERR authentication failed\r\n${POP_GONE}${MARKS.closed}`,
    );
    const delayed = new Talk("pop3", {}, { loginDelay: 1 })
      .server("+OK x\r\n")
      .client("USER u\r\n")
      .server("+OK\r\n");
    delayed.client("PASS p\r\n").shutdown();
    delayed.to("client");
    expect(delayed.server("-ERR no\r\n").to("client")).toBe(POP_GONE + MARKS.closed);
  });

  test("passes the end of a stream on, within bounds", () => {
    const talk = new Talk("finger").client("u\r\n").server("one\r\n");
    talk.shutdown().server("two\r\n").wait(4.9);
    expect(talk.to("client")).toBe("one\r\ntwo\r\n");
    expect(talk.wait(0.1).to("client")).toBe(MARKS.closed);
  });
});

describe("A session tells", () => {
  test("whether its server was lost before it greeted", () => {
    const early = new Talk("smtp");
    early.session.serverEnd(early.now);
    expect(early.session.unserved).toBe(true);
    const half = new Talk("smtp").server("220-server.test\r\n");
    half.session.serverEnd(half.now);
    expect(half.session.unserved).toBe(true);
    const answering = smtpGreeted().client("EHLO c.test\r\n").server("250-server.test\r\n");
    answering.session.serverEnd(answering.now);
    expect(answering.session.unserved).toBe(false);
    const late = smtpGreeted();
    late.session.serverEnd(late.now);
    expect(late.session.unserved).toBe(false);
    expect(new Talk("smtp").server("554 no\r\n").session.unserved).toBe(false);
  });

  test("whether its server may be delivering when it closes", () => {
    const asked = inMessage().server("354 go\r\n").client("text\r\n.\r\n");
    asked.shutdown().wait(5);
    expect(asked.session.closed).toBe(true);
    expect(asked.session.mayDeliver).toBe(true);
    const idle = smtpGreeted();
    idle.session.clientLost(idle.now);
    expect(idle.session.mayDeliver).toBe(false);
  });

  test("whether a line of ours would be taken for one", () => {
    expect(smtpGreeted().session.tellable).toBe(true);
    expect(popLoggedIn().client("LIST\r\n").server("+OK\r\n1").session.tellable).toBe(false);
    expect(smtpGreeted().shutdown().session.tellable).toBe(false);
    expect(new SessionFault("any").tellable).toBe(true);
  });
});
