// What a session listens to besides a line of each: further lines, literals, bodies announced by a command, replies in
// parts, a server that speaks unasked. No protocol of the wrapper's own.

import { describe, expect, test } from "bun:test";
import { download, literal, upload } from "../../src/protocols/next.ts";
import type { Conversation, Step } from "../../src/protocols/protocol.ts";
import type { Body } from "../../src/wire/body.ts";
import { MARKS } from "../recorder.ts";
import { Exclamation, FAULT, greeted, said, started } from "./made-up.ts";

const LEVEL_5 = { limits: { logLevel: 5 } };

/** So many octets, of any kind. */
class Counted implements Body {
  readonly fault = null;
  #left: number;

  constructor(octets: number) {
    this.#left = octets;
  }

  get ended(): boolean {
    return this.#left === 0;
  }

  scan(chunk: Uint8Array, at: number, forward: (octets: Uint8Array) => void): number {
    const end = Math.min(chunk.length, at + this.#left);
    this.#left -= end - at;
    forward(chunk.subarray(at, end));
    return end;
  }
}

/** Everything at once, and octet by octet. */
function cuts(text: string): readonly (readonly string[])[] {
  return [[text], [...text]];
}

describe("a command of several lines", () => {
  const lines: string[] = [];
  const words = {
    clientLine({ text }: { text: string }): Step {
      lines.push(text);
      return text === "end"
        ? { server: `${lines.splice(0).join(" ")}\r\n`, next: "reply" }
        : { next: "more" };
    },
  };

  test("is one command, with one reply", () => {
    for (const cut of cuts("a\r\nb\r\nend\r\nend\r\n")) {
      const peers = greeted(words);
      for (const octets of cut) if (peers.session.wantsClient) peers.client(octets);
      expect(peers.got.server).toBe("a b end\r\n");
      peers.server("done\r\n");
      expect(peers.got.client).toBe("hi\r\ndone\r\n");
      expect(peers.session.tally.commands).toBe(peers.got.server === "a b end\r\n" ? 1 : 2);
      lines.length = 0;
    }
  });

  test("is a secret to its end when one of its lines was", () => {
    const peers = greeted({
      clientLine: ({ text }: { text: string }): Step =>
        text === "end"
          ? { server: "x\r\n", next: "reply", shown: "end" }
          : { next: "more", secret: "hunter2" },
      statusOf: (reply: string) => reply.split(" ")[0]!,
    });
    peers.client("hunter2\r\nend\r\n");
    peers.server("NO it was 2retnuh\r\n");
    expect(peers.told("server-line").at(-1)).toEqual([4, { said: "NO ***" }]);
    peers.client("end\r\n");
    peers.server("OK and now\r\n");
    expect(peers.told("server-line").at(-1)).toEqual([4, { said: "OK and now" }]);
  });

  test("must come to its end in the time that a line has, and costs its client nothing when it leaves", () => {
    const peers = greeted(words);
    peers.client("a\r\n", 10_000);
    expect(peers.session.deadline).toBe(110_000);
    peers.session.tick(110_000);
    expect(peers.got.client).toBe(`hi\r\nidle\r\n${MARKS.closed}`);
    expect(peers.session.reason).toBe("idle");
    lines.length = 0;
  });

  test("ends with the session's time, as no answer is under way", () => {
    const peers = greeted(words, { limits: { sessionTimeout: 20 } });
    peers.client("a\r\n");
    peers.session.tick(20_000);
    expect(peers.got.client).toBe(`hi\r\nsession\r\n${MARKS.closed}`);
    lines.length = 0;
  });

  test("is abandoned by whoever leaves between its lines", () => {
    for (const leaves of ["clientLost", "clientEnd"] as const) {
      let abandoned = 0;
      const peers = greeted({
        ...words,
        abandoned: () => {
          abandoned++;
          return null;
        },
      });
      peers.client("a\r\n");
      peers.session[leaves](0);
      expect([abandoned, peers.session.closed]).toEqual([1, true]);
      lines.length = 0;
    }
  });

  test("cannot be answered before its end", () => {
    const peers = greeted({ clientLine: () => ({ client: "ok\r\n", next: "more" }) });
    expect(() => peers.client("a\r\n")).toThrow(FAULT);
  });
});

describe("a literal of the client", () => {
  const held: string[] = [];
  const words = (shown?: string): Partial<Conversation> => ({
    clientLine: ({ text }): Step => {
      const size = /\{(\d+)\}$/.exec(text)?.[1];
      if (size === undefined) return { server: "login\r\n", next: "reply", shown: text };
      return { part: "+ go\r\n", next: literal(Number(size), "client"), shown: text };
    },
    literal: (octets): Step => {
      held.push(octets);
      return { next: "more", ...(shown === undefined ? {} : { shown }) };
    },
    statusOf: (reply) => reply.split(" ")[0]!,
  });

  test("is held whole at any split, asked for by a part, and of any octets", () => {
    for (const cut of cuts("l {8}\r\na\r\n\0\xff{3} {0}\r\nrest\r\n")) {
      const peers = greeted(words());
      for (const octets of cut) peers.client(octets);
      expect(held.splice(0)).toEqual(["a\r\n\0\xff{3}", ""]);
      expect(peers.got.client).toBe("hi\r\n+ go\r\n+ go\r\n");
      expect(peers.got.server).toBe("login\r\n");
      expect(peers.session.tally.commands).toBe(1);
    }
  });

  test("of no octets is there at once", () => {
    const peers = greeted({ ...words(), literal: () => ({ part: "+ thanks\r\n", next: "more" }) });
    peers.client("l {0}\r\n");
    expect(peers.got.client).toBe("hi\r\n+ go\r\n+ thanks\r\n");
  });

  test("is never logged, at any level, nor what the server makes of it", () => {
    const peers = greeted(words(), LEVEL_5);
    peers.client("l {7}\r\nhunter2 rest\r\n");
    peers.server("NO hunter2 aHVudGVyMg==\r\n");
    expect(held.splice(0)).toEqual(["hunter2"]);
    expect(JSON.stringify(peers.recorder.entries)).not.toMatch(/hunter2|aHVudGVyMg/);
    expect(peers.told("server-line").at(-1)).toEqual([4, { said: "NO ***" }]);
    expect(peers.told("command").map(([, fields]) => (fields as { line: string }).line)).toEqual([
      "l {7}",
      " rest",
    ]);
  });

  test("that its protocol shows is no secret", () => {
    const peers = greeted(words("INBOX"), LEVEL_5);
    peers.client("l {5}\r\nINBOX\r\n");
    peers.server("NO such INBOX\r\n");
    held.length = 0;
    expect(peers.told("server-line").at(-1)).toEqual([4, { said: "NO such INBOX" }]);
  });

  test("is not waited for without end, and octets of it are no lines", () => {
    const peers = greeted(words());
    peers.client("l {5}\r\n", 0);
    for (const now of [50_000, 99_000]) peers.client("a", now);
    expect(peers.session.deadline).toBe(100_000);
    peers.session.tick(100_000);
    expect(peers.session.reason).toBe("idle");
    expect(held).toEqual([]);
  });

  test("is no longer than a line may ever be", () => {
    expect(() => literal(65_537, "client")).toThrow("a literal of 65537 octets");
    for (const wrong of [-1, 0.5, Number.NaN]) expect(() => literal(wrong, "server")).toThrow(RangeError);
    expect(literal(65_536, "client").owed).toBe(true);
  });

  test("needs a protocol that takes it", () => {
    const { literal: _, ...without } = words();
    const peers = greeted(without);
    expect(() => peers.client("l {1}\r\na")).toThrow(FAULT);
  });
});

test("a literal of the server is held and part of its answer, at any split", () => {
  for (const cut of cuts("size {4}\r\na\r\nbend\r\n")) {
    const peers = greeted({
      serverLine: (text: string): Step =>
        text.endsWith("}")
          ? { next: literal(4, "server") }
          : text === "hi"
            ? said(text)
            : said(`whole ${text}`),
      literal: (octets, side): Step => ({ part: `[${side} ${octets.length}]\r\n`, next: "reply" }),
    });
    peers.client("a\r\n");
    for (const octets of cut) peers.server(octets);
    expect(peers.got.client).toBe("hi\r\n[server 4]\r\nwhole end\r\n");
  }
});

describe("a body that a command's line announces", () => {
  const words = (body: () => Body): Partial<Conversation> => ({
    clientLine: ({ text }): Step =>
      text === ""
        ? { server: "\r\n", next: "reply" }
        : { server: "PUT {3}\r\n", next: upload(body(), { owed: true }) },
    bodyEnd: (): Step => ({ next: "more" }),
  });

  test("follows its head, and what follows it is the rest of the command", () => {
    for (const [text, at] of [["put {3}\r\na\r\n\r\n", "PUT {3}\r\na\r\n\r\n"] as const])
      for (const cut of cuts(text)) {
        const peers = greeted(words(() => new Counted(3)));
        for (const octets of cut) peers.client(octets);
        expect(peers.got.server).toBe(at);
        peers.server("OK\r\n");
        expect(peers.got.client).toBe("hi\r\nOK\r\n");
      }
  });

  test("may be empty", () => {
    const peers = greeted(words(() => new Counted(0)));
    peers.client("put\r\n");
    peers.client("\r\n");
    expect(peers.got.server).toBe("PUT {3}\r\n\r\n");
  });

  test("is a message to a server that is lost, and to one whose client is", () => {
    const peers = greeted(words(() => new Counted(3)));
    peers.client("put\r\na");
    expect(peers.session.holdsMessage).toBe(true);
    peers.session.clientLost(0);
    expect(peers.got.server).toBe(`PUT {3}\r\na${MARKS.aborted}`);
  });

  test("leaves its command unanswered until it is", () => {
    const early = greeted({
      clientLine: () => ({ client: "go\r\n", next: upload(new Counted(1), { owed: true }) }),
    });
    expect(() => early.client("put\r\n")).toThrow(FAULT);
    const late = greeted({ clientLine: () => ({ next: upload(new Counted(1)) }) });
    expect(() => late.client("put\r\n")).toThrow(FAULT);
  });
});

describe("a reply in parts", () => {
  const words: Partial<Conversation> = {
    serverLine: (text): Step =>
      text.startsWith("*")
        ? { part: `${text}\r\n`, next: "reply" }
        : { client: `${text}\r\n`, next: "command" },
  };

  test("is one answer, however many lines it has", () => {
    const peers = greeted(words);
    peers.client("list\r\nnext\r\n");
    peers.server("* 1\r\n* 2\r\n");
    expect(peers.got).toEqual({ client: "hi\r\n* 1\r\n* 2\r\n", server: "list\r\n" });
    peers.server("done\r\n");
    expect(peers.got).toEqual({ client: "hi\r\n* 1\r\n* 2\r\ndone\r\n", server: "list\r\nnext\r\n" });
    expect(peers.told("reply-line").map(([, fields]) => (fields as { said: string }).said)).toEqual([
      "hi",
      "* 1",
      "* 2",
      "done",
    ]);
  });

  test("is whole lines", () => {
    const peers = greeted({ ...words, clientLine: () => ({ part: "+ ", next: "more" }) });
    expect(() => peers.client("a\r\n")).toThrow(FAULT);
  });
});

describe("a server that speaks unasked", () => {
  const words: Partial<Conversation> = {
    unsolicited: (text): Step =>
      text.startsWith("*") ? { part: `${text}\r\n`, next: "command" } : { client: "bye\r\n", next: "close" },
  };

  test("is passed on between commands, and gains its client no time", () => {
    const peers = greeted(words);
    peers.client("half a ", 1000);
    peers.server("* news\r\n", 90_000);
    expect(peers.got.client).toBe("hi\r\n* news\r\n");
    expect(peers.session.deadline).toBe(100_000);
    expect(peers.told("unsolicited")).toEqual([]);
    peers.client("line\r\n", 95_000);
    expect(peers.got.server).toBe("half a line\r\n");
  });

  test("may have news for nobody", () => {
    const peers = greeted({ unsolicited: () => ({ part: "", next: "command" }) });
    peers.server("x\r\n");
    expect(peers.got).toEqual({ client: "hi\r\n", server: "" });
  });

  test("may begin a body with it", () => {
    const peers = greeted({
      unsolicited: () => ({ part: "* 3\r\n", next: download(new Counted(3)) }),
      bodyEnd: () => ({ next: "command" }),
    });
    peers.server("* 3\r\nabc");
    peers.client("a\r\n");
    expect(peers.got).toEqual({ client: "hi\r\n* 3\r\nabc", server: "a\r\n" });
  });

  test("is given up when its protocol has no part for what it says", () => {
    const peers = greeted(words);
    peers.server("what?\r\n* more\r\n");
    expect(peers.got).toEqual({ client: `hi\r\nbye\r\n${MARKS.closed}`, server: MARKS.aborted });
    expect(peers.told("unsolicited")).toEqual([[1, { said: "what?" }]]);
  });

  test("is waited for when it has begun a line, be it by one octet, and so is no message on its way", () => {
    const peers = greeted({
      ...words,
      clientLine: ({ text }) =>
        text === "data"
          ? { client: "go\r\n", next: upload(new Exclamation()) }
          : { server: `${text}\r\n`, next: "reply" },
    });
    peers.server("*");
    peers.client("a\r\n");
    expect(peers.got.server).toBe("");
    peers.server(" news\r\n");
    expect(peers.got.server).toBe("a\r\n");
    peers.server("1\r\n");
    peers.client("data\r\nab");
    peers.server("*");
    peers.client("cd");
    expect(peers.got.server).toBe("a\r\nabcd");
  });

  test("is out of turn while a message is on its way to it", () => {
    const peers = greeted({
      ...words,
      clientLine: () => ({ client: "go\r\n", next: upload(new Exclamation()) }),
    });
    peers.client("data\r\nabc");
    peers.server("* news\r\n");
    expect(peers.told("server-lost")).toEqual([[1, { reason: "out-of-turn", mode: "upload" }]]);
  });
});

describe("either side", () => {
  const words: Partial<Conversation> = {
    serverLine: (text): Step => {
      if (text === "+ idling") return { part: "+ idling\r\n", next: "either" };
      return text.startsWith("*")
        ? { part: `${text}\r\n`, next: "either" }
        : { client: `${text}\r\n`, next: "command" };
    },
  };
  const idling = () => {
    const peers = greeted(words);
    peers.client("idle\r\n");
    peers.server("+ idling\r\n");
    return peers;
  };

  test("is heard as it comes, and the command is answered once", () => {
    const peers = idling();
    peers.server("* 1\r\n* 2\r\n");
    peers.client("done\r\nnext\r\n");
    peers.server("OK\r\n");
    expect(peers.got.client).toBe("hi\r\n+ idling\r\n* 1\r\n* 2\r\nOK\r\n");
    expect(peers.got.server).toBe("idle\r\ndone\r\nnext\r\n");
    expect(peers.session.tally.commands).toBe(2);
  });

  test("may leave", () => {
    const gone = idling();
    gone.session.clientEnd(0);
    expect([gone.session.closed, gone.session.reason]).toEqual([true, "client-end"]);
    const lost = idling();
    lost.session.serverEnd(0);
    expect(lost.got.client).toBe(`hi\r\n+ idling\r\nlost\r\n${MARKS.closed}`);
    const ended = idling();
    ended.session.shutdown(0);
    expect(ended.got.client).toBe(`hi\r\n+ idling\r\nshutdown\r\n${MARKS.closed}`);
  });
});

describe("a body for the client", () => {
  const sending = (body: Body) => {
    const peers = greeted({
      serverLine: (text): Step => (text === "hi" ? said(text) : { client: "ok\r\n", next: download(body) }),
    });
    peers.client("get\r\n");
    peers.server("ok\r\nabc");
    return peers;
  };

  test("is not interrupted by last words, but where nothing is half said", () => {
    for (const isBetween of [true, false]) {
      const peers = sending(Object.assign(new Exclamation(), { isBetween }));
      expect(peers.session.tellable).toBe(isBetween);
      peers.session.shutdown(0);
      peers.session.tick(5000);
      expect(peers.got.client).toBe(`hi\r\nok\r\nabc${isBetween ? "shutdown\r\n" : ""}${MARKS.closed}`);
    }
  });

  test("that has a fault ends the session: there is no honest end of it", () => {
    const peers = sending(new Exclamation());
    peers.server("d?e!");
    expect(peers.got.client).toBe(`hi\r\nok\r\nabc${MARKS.closed}`);
    expect(peers.told("server-lost")).toEqual([[1, { reason: "protocol", mode: "download" }]]);
    expect(peers.session.reason).toBe("server-lost");
  });
});

test("a server's line may be as long as its protocol says", () => {
  const long = `${"x".repeat(3000)}\r\n`;
  const lost = greeted();
  lost.client("a\r\n");
  lost.server(long);
  expect(lost.told("server-lost")).toEqual([[1, { reason: "line-too-long", mode: "reply" }]]);
  const peers = greeted({ serverLineLimit: () => 4000 });
  peers.client("a\r\n");
  peers.server(long);
  expect(peers.got.client).toBe(`hi\r\n${long}`);
});

/** The one path of all steps: what their keys mean does not depend on who returned them. */
describe("a step means the same from", () => {
  const step: Step = {
    ...{ client: "no\r\n", next: "command", refused: "syntax", shown: "PASS ***", secret: "hunter2" },
    ...{ told: { verb: "PASS" }, log: { level: 2, event: "login", fields: { method: "PASS", attempt: 1 } } },
  };
  const ways: Record<string, (peers: ReturnType<typeof greeted>) => void> = {
    clientLine: (peers) => peers.client("a\r\n"),
    bodyEnd: (peers) => peers.client("put\r\nabc!"),
    literal: (peers) => peers.client("literal\r\nabc"),
    serverLine: (peers) => {
      peers.client("ask\r\n");
      peers.server("x\r\n");
    },
    restarted: (peers) => peers.client("restart\r\n"),
    clientEnd: (peers) => peers.session.clientEnd(0),
  };
  for (const [name, happens] of Object.entries(ways))
    test(name, () => {
      const first: Record<string, Step> = {
        put: { client: "go\r\n", next: upload(new Exclamation()) },
        literal: { next: literal(3, "client") },
        ask: { server: "x\r\n", next: "reply" },
        restart: { next: "restart" },
      };
      const last = name === "clientEnd" ? { ...step, next: "close" as const } : step;
      const peers = greeted(
        {
          clientLine: ({ text }: { text: string }) => first[text] ?? step,
          serverLine: (text: string) => (text === "hi" ? said(text) : step),
          ...{ bodyEnd: () => step, literal: () => step, restarted: () => step, clientEnd: () => last },
        },
        LEVEL_5,
      );
      happens(peers);
      expect(peers.told("refused")).toEqual([
        [1, { rule: "syntax", by: "us", verb: "PASS", reply: "no", line: "PASS ***" }],
      ]);
      expect(peers.told("login")).toHaveLength(1);
      expect(peers.session.tally.refused).toBe(1);
      if (name === "clientEnd") return;
      peers.server("NO hunter2\r\n");
      expect(JSON.stringify(peers.recorder.entries)).not.toContain("hunter2");
    });
});

test("where nobody greets, the first command is read at once", () => {
  const peers = started({}, { greets: "nobody" });
  peers.client("a\r\n");
  expect(peers.got.server).toBe("a\r\n");
});
