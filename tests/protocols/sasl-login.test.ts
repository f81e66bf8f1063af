// When an exchange is open, and when it is a guess: with a server that says "go", "yes", "no" or anything else, and a
// protocol that takes it at its word.

import { describe, expect, test } from "bun:test";
import { LoginPolicy } from "../../src/protocols/login.ts";
import type { Step } from "../../src/protocols/protocol.ts";
import { SaslExchange } from "../../src/protocols/sasl.ts";
import { type LoginWords, SaslLogin, type Stop } from "../../src/protocols/sasl-login.ts";

const WORDS: LoginWords = { again: "no\r\n", last: "never\r\n", unavailable: "gone\r\n" };

/** A login that is asked about with `ask`, and the server's answers to it with `hear`. */
class Desk {
  readonly policy = new LoginPolicy({ loginDelay: 3, maxLoginAttempts: 0 });
  readonly stops: Stop[] = [];
  hear!: (reply: string) => Step | "fault";
  protected written = (data: string) => `${data}\r\n`;
  readonly sasl: SaslLogin<string> = new SaslLogin<string>(this.policy, WORDS, {
    ask: (line, onReply) => {
      this.hear = onReply;
      return { server: line, next: "reply" };
    },
    written: (data) => this.written(data),
    answered: (reply, exchange) =>
      reply === "go" ? this.sasl.challenge(exchange, "go\r\n") : this.policy.refuse(WORDS),
    stopped: (_reply, why, exchange) => {
      this.stops.push(why);
      return this.sasl.abandon(exchange);
    },
  });

  ask(mechanism: string, initial?: string): Step {
    return this.sasl.ask(new SaslExchange(mechanism, initial), "AUTH\r\n");
  }

  say(text: string, lost: Parameters<typeof this.sasl.clientLine>[1] = null, tooLong = false): Step {
    return this.sasl.clientLine({ text, octets: text.length + 2, tooLong }, lost);
  }
}

/** The server has been asked for a challenge, and has given it. */
function challenged(mechanism: string, initial?: string): Desk {
  const desk = new Desk();
  desk.ask(mechanism, initial);
  desk.hear("go");
  return desk;
}

describe("the server is asked about", () => {
  test("a guess when it has all of it, and not before", () => {
    const desk = new Desk();
    expect(desk.ask("LOGIN", "dQ==")).toMatchObject({ decides: "login", guess: null });
    desk.hear("go");
    expect(desk.say("cA==")).toMatchObject({ guess: { user: "u", password: "p" } });
  });

  test("a mechanism, which decides nothing", () => {
    const desk = new Desk();
    expect(desk.ask("PLAIN")).toEqual({ server: "AUTH\r\n", next: "reply" });
    expect(desk.policy.isPending).toBe(false);
  });

  test("a login, from the first data on", () => {
    const desk = new Desk();
    expect(desk.ask("PLAIN", "AHUAcA==")).toEqual({
      ...{ server: "AUTH\r\n", next: "reply", decides: "login" },
      guess: { user: "u", password: "p" },
    });
    expect([desk.policy.isPending, desk.sasl.isOpen]).toEqual([true, false]);
  });
});

describe("a challenge", () => {
  test("opens the exchange, and nothing is decided until the client has answered it", () => {
    const desk = new Desk();
    desk.ask("LOGIN", "dQ==");
    expect(desk.hear("go")).toEqual({ client: "go\r\n", next: "command" });
    expect([desk.policy.isPending, desk.sasl.isOpen]).toEqual([false, true]);
    expect(desk.say("cA==")).toEqual({
      ...{ server: "cA==\r\n", next: "reply", decides: "login", shown: "***", secret: "cA==" },
      guess: { user: "u", password: "p" },
    });
    expect([desk.policy.isPending, desk.sasl.isOpen]).toEqual([true, false]);
  });

  test("takes as long as a refusal where it is one", () => {
    const desk = new Desk();
    desk.ask("XOAUTH2", "dXNlcj11AQ==");
    expect(desk.hear("go")).toEqual({ client: "go\r\n", next: "command", delay: 3 });
  });
});

describe("a line that is no data", () => {
  test.each([
    ["*", false, "cancel"],
    ["!", false, "bad"],
    ["cA==", true, "too-long"],
  ] as const)("%j (too long: %j) stops the server", (text, tooLong, why) => {
    const desk = challenged("LOGIN", "dQ==");
    expect(desk.say(text, null, tooLong)).toMatchObject({ server: "*\r\n", next: "reply", shown: "***" });
    expect(desk.sasl.isOpen).toBe(false);
    desk.hear("no");
    expect(desk.stops).toEqual([why]);
  });

  test("is a guess given up, with the login's own words, delay and entry", () => {
    const desk = challenged("PLAIN", "AHUAcA==");
    desk.say("*");
    expect(desk.hear("no")).toEqual({
      ...{ client: "no\r\n", delay: 3, next: "command" },
      log: {
        ...{ level: 1, event: "login-failed" },
        fields: { method: "PLAIN", attempt: 1, reason: "abandoned", delay: 3, user: "u" },
      },
    });
  });
});

describe("a server that left while the client was asked", () => {
  test("has refused what it would have been told", () => {
    const desk = challenged("PLAIN");
    expect(desk.say("AHUAcA==", "hung-up")).toMatchObject({
      ...{ client: "no\r\n", delay: 3, next: "command", shown: "***", secret: "AHUAcA==" },
      log: { fields: { method: "PLAIN", reason: "hung-up", user: "u" } },
    });
    expect(desk.sasl.isOpen).toBe(false);
  });

  test("and failed has decided nothing: the client may know at once", () => {
    expect(challenged("PLAIN").say("AHUAcA==", "failed")).toEqual({
      ...{ client: "gone\r\n", next: "close", shown: "***", secret: "AHUAcA==", undecided: true },
    });
  });
});

describe("a login that may not be tried now", () => {
  const refuses = (reply: string) => reply === "no";

  test("is nothing to a server that waits for no data, or has left", () => {
    const later = { client: "later\r\n", delay: 3, error: true, next: "command" } as const;
    expect(new Desk().sasl.postpone("later\r\n", null, refuses)).toEqual(later);
    expect(challenged("LOGIN", "dQ==").sasl.postpone("later\r\n", "hung-up", refuses)).toEqual(later);
  });

  test("is cancelled at one that waits", () => {
    const desk = challenged("LOGIN", "dQ==");
    expect(desk.sasl.postpone("later\r\n", null, refuses)).toMatchObject({ server: "*\r\n", next: "reply" });
    expect(desk.hear("no")).toMatchObject({ client: "later\r\n" });
  });
});

describe("a client that leaves", () => {
  test("has guessed when it has told all, and the answer was the challenge", () => {
    const step = challenged("XOAUTH2", "dXNlcj11AQ==").sasl.clientGone(null);
    expect(step).toMatchObject({ next: "close", delay: 3, log: { fields: { reason: "abandoned" } } });
    expect(step).not.toHaveProperty("client");
  });

  test("has not when something was still to be told, or when nothing is open", () => {
    expect(challenged("LOGIN", "dQ==").sasl.clientGone(null)).toBeNull();
    expect(new Desk().sasl.clientGone(null)).toBeNull();
  });

  test("has not when the server had left before", () => {
    expect(challenged("XOAUTH2", "dXNlcj11AQ==").sasl.clientGone("failed")).toBeNull();
  });
});

describe("a protocol that has its own form of data", () => {
  class Quoting extends Desk {
    protected override written = (data: string) => `<${data}>\r\n`;
  }

  /** The server has been asked for a challenge, and has given it. */
  function quoting(mechanism: string, initial?: string): Desk {
    const desk = new Quoting();
    desk.ask(mechanism, initial);
    desk.hear("go");
    return desk;
  }

  test("tells the server so, and tells it to stop so", () => {
    expect(quoting("LOGIN", "dQ==").say("cA==")).toMatchObject({ server: "<cA==>\r\n", secret: "cA==" });
    for (const line of ["*", "!"]) expect(quoting("LOGIN").say(line).server).toBe("<*>\r\n");
  });

  test("tells it so to stop what may not be tried now", () => {
    const desk = quoting("PLAIN");
    desk.say("AHUAcA==");
    expect(desk.sasl.postpone("later\r\n", null, (reply) => reply === "no").server).toBe("<*>\r\n");
    expect(desk.hear("no")).toMatchObject({ client: "later\r\n", next: "command" });
  });
});
