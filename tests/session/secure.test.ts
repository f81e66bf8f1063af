// The session's half of TLS: what is asked for by one word, and that nothing said before it counts after it. The
// transport is made up: it only says "secured".

import { describe, expect, test } from "bun:test";
import type { Conversation, Step } from "../../src/protocols/protocol.ts";
import type { Speech } from "../../src/session/output.ts";
import { Session } from "../../src/session/session.ts";
import { encode } from "../../src/wire/latin1.ts";
import { MARKS, Recorder } from "../recorder.ts";
import { FAULT, Plain, said } from "./made-up.ts";

const LIMITS = { minRate: 0, maxErrors: 3, idleTimeout: 100, sessionTimeout: 0, serverTimeout: 50 };

/** Remembers what it heard; TLS is asked for by "tls". */
class Talker extends Plain {
  readonly heard: string[] = [];
  readonly #tls: boolean;

  constructor(tls: boolean, overrides: Partial<Conversation>) {
    super();
    this.#tls = tls;
    Object.assign(this, overrides);
  }

  override clientLine({ text }: { text: string }): Step {
    this.heard.push(text);
    if (text === "tls") return { client: "go ahead\r\n", next: "secure" };
    return said(`${this.#tls ? "secretly" : "openly"} ${this.heard.join("+")}`);
  }

  override injected = (): Step => ({ client: "no tricks\r\n", refused: "syntax", next: "close" });
}

function started(speech: Partial<Speech> = {}, overrides: Partial<Conversation> = {}) {
  const recorder = new Recorder();
  const made: boolean[] = [];
  const converse = (tls: boolean) => {
    made.push(tls);
    return new Talker(tls, overrides);
  };
  const session = new Session({ dialogue: "lock-step", converse, ...speech }, recorder, LIMITS);
  session.start(0);
  return {
    ...{ session, recorder, made },
    client: (text: string, now = 0) => session.clientOctets(encode(text), now),
    server: (text: string, now = 0) => session.serverOctets(encode(text), now),
    get got() {
      return recorder.got;
    },
  };
}

function securing(...given: Parameters<typeof started>) {
  const peers = started(...given);
  peers.server("hi\r\n");
  peers.client("a\r\n");
  peers.client("tls\r\n");
  return peers;
}

const BEFORE = `hi\r\nopenly a\r\ngo ahead\r\n${MARKS.secures}`;

describe("a client that asks for TLS", () => {
  test("is answered first, and heard again when it speaks it", () => {
    const peers = securing();
    expect(peers.got.client).toBe(BEFORE);
    expect(peers.session.wantsClient).toBe(false);
    peers.session.secured(1000, "TLSv1.3");
    expect(peers.session.wantsClient).toBe(true);
    expect(peers.session.deadline).toBe(101_000);
    peers.client("b\r\n");
    expect(peers.got).toEqual({ client: `${BEFORE}secretly b\r\n`, server: "" });
    expect(peers.made).toEqual([false, true]);
    expect(peers.session.tally.commands).toBe(3);
  });

  test("may speak first then, and is no early talker", () => {
    let asked = 0;
    const earlyTalker = () => {
      asked++;
      return null;
    };
    const peers = securing({}, { earlyTalker });
    expect(asked).toBe(0);
    peers.session.secured(0, "TLSv1.3");
    peers.client("b\r\n");
    expect(asked).toBe(0);
  });

  test("is not told the greeting again, unless its protocol has it so", () => {
    const peers = securing({ greetsSecured: true });
    peers.session.secured(0, "TLSv1.3");
    expect(peers.got.client).toBe(`${BEFORE}hi\r\n`);
    peers.client("b\r\n");
    expect(peers.got.client).toEndWith("secretly b\r\n");
  });

  test("waits for one hidden command, whose reply is the greeting where there is one", () => {
    for (const greetsSecured of [true, undefined]) {
      let greetings = 0;
      const peers = securing(greetsSecured ? { greetsSecured } : {}, {
        serverLine: (text): Step =>
          text === "hi" && greetings++ > 0 ? { server: "capability\r\n", next: "reply" } : said(text),
      });
      peers.session.secured(0, "TLSv1.3");
      expect(peers.got.server).toBe("capability\r\n");
      peers.client("b\r\n");
      expect(peers.got.client).toBe(BEFORE);
      peers.server("able\r\n");
      expect(peers.got.client).toBe(`${BEFORE}${greetsSecured ? "able\r\n" : ""}secretly b\r\n`);
    }
  });

  test("is told a greeting of several lines whole", () => {
    const lines: string[] = [];
    const peers = started(
      { greetsSecured: true },
      {
        serverLine: (text) => {
          lines.push(text);
          return text.startsWith("-") ? { next: "reply" } : said(lines.splice(0).join());
        },
      },
    );
    peers.server("-a\r\n-b\r\nc\r\n");
    peers.client("tls\r\n");
    peers.session.secured(0, "TLSv1.3");
    expect(peers.got.client).toBe(`-a,-b,c\r\ngo ahead\r\n${MARKS.secures}-a,-b,c\r\n`);
  });

  test("is heard at once where nobody greets", () => {
    const peers = started({ greets: "nobody" });
    peers.client("tls\r\n");
    peers.session.secured(0, "TLSv1.3");
    peers.client("b\r\n");
    expect(peers.got.client).toBe(`go ahead\r\n${MARKS.secures}secretly b\r\n`);
  });
});

describe("a server", () => {
  test("that is gone is so in the new conversation, too", () => {
    const peers = started();
    peers.server("hi\r\n");
    peers.session.serverEnd(0);
    peers.client("tls\r\n");
    peers.session.secured(0, "TLSv1.3");
    peers.client("b\r\n");
    expect(peers.got.client).toBe(`hi\r\ngo ahead\r\n${MARKS.secures}secretly b\r\n`);
  });

  test("whose greeting the new conversation does not believe is lost", () => {
    let greetings = 0;
    const peers = securing({}, { serverLine: (text) => (greetings++ > 0 ? "fault" : said(text)) });
    peers.session.secured(0, "TLSv1.3");
    expect(peers.got.server).toBe(MARKS.aborted);
    expect(peers.session.unserved).toBe(false);
  });

  test("that was restarted is known by its own greeting", () => {
    const greetings: string[] = [];
    const peers = started(
      { greetsSecured: true },
      {
        clientLine: ({ text }) => {
          if (text === "tls") return { client: "go ahead\r\n", next: "secure" };
          return text === "ask" ? { server: "ask\r\n", next: "reply" } : { next: "restart" };
        },
        restarted: () => ({ next: "reply" }),
        serverLine: (text) => {
          greetings.push(text);
          return said(text);
        },
      },
    );
    peers.server("one\r\n");
    peers.client("ask\r\n");
    peers.server("answer\r\n");
    peers.client("a\r\n");
    peers.server("two\r\n");
    peers.client("tls\r\n");
    peers.session.secured(0, "TLSv1.3");
    expect(greetings).toEqual(["one", "answer", "two", "two"]);
  });

  test("that greets without end is none", () => {
    const peers = started({}, { serverLine: () => ({ next: "reply" }) });
    for (let line = 0; line < 64; line++) peers.server(`${"x".repeat(1022)}\r\n`);
    expect(peers.session.closed).toBe(false);
    peers.server("\n");
    expect(peers.session.unserved).toBe(true);
    expect(peers.got.client).toBe(`lost\r\n${MARKS.closed}`);
  });

  test("that was restarted may greet as long as the one before", () => {
    const peers = started(
      {},
      {
        clientLine: () => ({ next: "restart" }),
        restarted: () => ({ next: "reply" }),
        serverLine: (text) => (text === "." ? said("hi") : { next: "reply" }),
      },
    );
    const greeting = `${`${"x".repeat(1022)}\r\n`.repeat(40)}.\r\n`;
    peers.server(greeting);
    peers.client("a\r\n");
    peers.server(greeting);
    expect(peers.session.closed).toBe(false);
    expect(peers.got.client).toBe("hi\r\nhi\r\n");
  });

  test("may say as much as it likes when it has greeted", () => {
    const peers = started(
      {},
      {
        clientLine: () => ({ server: "list\r\n", next: "reply" }),
        serverLine: (text) => (text === "hi" ? said(text) : { part: `${text}\r\n`, next: "reply" }),
      },
    );
    peers.server("hi\r\n");
    peers.client("a\r\n");
    for (let line = 0; line < 70; line++) peers.server(`${"x".repeat(1022)}\r\n`);
    expect(peers.session.closed).toBe(false);
  });
});

test("what the server says may be told masked", () => {
  const peers = started({}, { clientLine: () => ({ client: "ok\r\n", next: "command", secret: "hunter2" }) });
  peers.server("hi\r\n");
  peers.client("hunter2\r\n");
  expect(peers.session.masked("is it hunter2?")).toBe("is it ***?");
});

describe("what is said behind the command that asks for TLS", () => {
  test("is refused, not answered, not forwarded: in our buffer or in the kernel's", () => {
    for (const unread of [true, false]) {
      const peers = started();
      peers.server("hi\r\n");
      peers.recorder.unread = unread;
      peers.client(unread ? "tls\r\n" : "tls\r\n\n");
      expect(peers.got).toEqual({ client: `hi\r\nno tricks\r\n${MARKS.closed}`, server: "" });
      expect(peers.made).toEqual([false]);
    }
  });

  test("is refused when it is half a line, and ends the session where nobody has words for it", () => {
    const peers = started({}, { injected: undefined } as unknown as Partial<Conversation>);
    peers.server("hi\r\n");
    peers.client("tls\r\ninjected\r\nhal");
    expect(peers.got.client).toBe(`hi\r\n${MARKS.closed}`);
  });
});

describe("while the handshake goes on", () => {
  test("nothing is said into it: the session just ends, by the clock or the administrator", () => {
    for (const happens of ["idle", "shutdown"] as const) {
      const peers = securing();
      expect([peers.session.tellable, peers.session.deadline]).toEqual([false, 100_000]);
      if (happens === "idle") peers.session.tick(100_000);
      else {
        peers.session.shutdown(0);
        peers.session.tick(5000);
      }
      expect(peers.got.client).toBe(`${BEFORE}${MARKS.closed}`);
      expect(peers.session.reason).toBe(happens);
      peers.session.secured(200_000, "TLSv1.3");
      expect(peers.made).toEqual([false]);
    }
  });

  test("the client may go", () => {
    for (const goes of ["clientLost", "clientEnd"] as const) {
      const peers = securing();
      peers.session[goes](0);
      expect(peers.got.client).toBe(`${BEFORE}${MARKS.closed}`);
      expect(peers.session.reason).toBe(goes === "clientEnd" ? "client-end" : "client-lost");
    }
  });

  test("a server that speaks is out of turn, and its loss is told to whoever asks next", () => {
    const peers = securing();
    peers.server("what?\r\n");
    expect(peers.got.server).toBe(MARKS.aborted);
    expect(peers.got.client).toBe(`${BEFORE}${MARKS.closed}`);
  });

  test("it was asked for, or there is none", () => {
    const peers = started();
    expect(() => peers.session.secured(0, "TLSv1.3")).toThrow(FAULT);
  });
});
