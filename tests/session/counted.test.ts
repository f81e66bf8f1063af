// Octets that are counted, in a session: what is swallowed reaches nobody, a message between its last octet and the
// end of its line is one that is still held, and a server that speaks while anybody may gives nobody time by it.

import { describe, expect, test } from "bun:test";
import { NEXT, swallow, upload } from "../../src/protocols/next.ts";
import type { Conversation, Step } from "../../src/protocols/protocol.ts";
import { Session } from "../../src/session/session.ts";
import { CountedBody } from "../../src/wire/counted.ts";
import { encode } from "../../src/wire/latin1.ts";
import { MARKS, Recorder } from "../recorder.ts";

const LIMITS = {
  minRate: 0,
  maxErrors: 9,
  idleTimeout: 100,
  sessionTimeout: 0,
  serverTimeout: 50,
  logLevel: 5,
};

/** `PUT n` uploads so many octets and then the rest of its line; `DROP n` has them swallowed; `WAIT` waits. */
class Counting implements Conversation {
  #isPut = false;
  lineLimit(): number {
    return 80;
  }
  clientLine({ text }: { readonly text: string }): Step {
    if (this.#isPut) {
      this.#isPut = false;
      return { server: "\r\n", next: "reply" };
    }
    const [verb, octets] = text.split(" ");
    if (verb === "WAIT") return { server: "WAIT\r\n", next: "reply" };
    if (verb === "DROP") return { next: swallow(Number(octets)) };
    this.#isPut = true;
    return { server: `${text}\r\n`, next: upload(new CountedBody(Number(octets)), { owed: true }) };
  }
  serverLine(text: string): Step {
    if (text === "go on" || text.startsWith("*")) return { part: `${text}\r\n`, next: "either" };
    return { client: `${text}\r\n`, next: "command" };
  }
  bodyEnd(): Step {
    return this.#isPut ? { next: "more" } : { client: "too much\r\n", refused: "syntax", next: "command" };
  }
  refusesEarly(line: string): boolean {
    return line.startsWith("no");
  }
  serverLost(): Step {
    return { next: "close" };
  }
  expired(what: string): Step {
    return { client: `${what}\r\n`, next: "close" };
  }
  tooManyErrors(): Step {
    return { next: "close" };
  }
}

function greeted() {
  const recorder = new Recorder();
  const manner = { dialogue: "lock-step", converse: () => new Counting() } as const;
  const session = new Session(manner, recorder, LIMITS);
  session.start(0);
  session.serverOctets(encode("hi\r\n"), 0);
  return {
    session,
    recorder,
    client: (text: string, now = 0) => session.clientOctets(encode(text), now),
    server: (text: string, now = 0) => session.serverOctets(encode(text), now),
    events: () => recorder.entries.map(({ event }) => event),
  };
}

describe("what is swallowed", () => {
  test("reaches neither the server nor the log, and is answered once", () => {
    for (const size of [1, 3, 100]) {
      const { recorder, session } = greeted();
      const said = "DROP 9\r\nhunter2\r\nWAIT\r\n";
      for (let at = 0; at < said.length; at += size)
        session.clientOctets(encode(said.slice(at, at + size)), 0);
      expect(recorder.got).toEqual({ client: "hi\r\ntoo much\r\n", server: "WAIT\r\n" });
      expect(JSON.stringify(recorder.entries)).not.toMatch(/hunter2|"text"/);
    }
  });

  test("of no octets is answered at once", () => {
    const { recorder, client } = greeted();
    client("DROP 0\r\n");
    expect(recorder.got.client).toBe("hi\r\ntoo much\r\n");
  });

  test("is no message: a client that leaves in it does no harm to a server that was told nothing", () => {
    for (const leave of ["clientEnd", "clientLost"] as const) {
      const { recorder, session, client, events } = greeted();
      client("DROP 9\r\nhunt");
      expect(session.holdsMessage).toBe(false);
      session[leave](0);
      expect([recorder.got.server, session.closed]).toEqual(["", true]);
      expect(events()).not.toContain("incomplete-message");
    }
  });

  test("must come in time, line by line or a line's worth", () => {
    const { recorder, session, client } = greeted();
    client("DROP 9000\r\n", 0);
    client("a\n", 90_000);
    client("a", 180_000);
    session.tick(189_999);
    expect(session.closed).toBe(false);
    session.tick(190_000);
    expect(recorder.got.client).toEndWith(`idle\r\n${MARKS.closed}`);
  });

  test("is a whole number of octets, or nothing", () => {
    expect(() => swallow(-1)).toThrow(/octets/);
    expect(() => swallow(Number.NaN)).toThrow(/octets/);
  });
});

describe("between a message and the end of its line", () => {
  const put = () => {
    const peers = greeted();
    peers.client("PUT 3\r\nabc");
    expect(peers.recorder.got.server).toBe("PUT 3\r\nabc");
    return peers;
  };

  test("it is still held, until its end is sent", () => {
    const { session, client } = put();
    expect(session.holdsMessage).toBe(true);
    client("\r\n");
    expect(session.holdsMessage).toBe(false);
  });

  test.each(["clientEnd", "clientLost", "shutdown"] as const)(
    "a server is ended by %s, and told of",
    (how) => {
      const { session, recorder, events } = put();
      session[how](0);
      expect(recorder.got.server).toBe(`PUT 3\r\nabc${MARKS.aborted}`);
      expect(recorder.writes.at(-1)).toEqual({ side: "client", text: MARKS.closed });
      expect(events()).toContain("incomplete-message");
    },
  );

  test("a server that is lost holds nothing any more", () => {
    const { session, events } = put();
    session.serverEnd(0);
    expect(session.holdsMessage).toBe(false);
    expect(events()).not.toContain("incomplete-message");
  });
});

describe("a server that refuses what it has not heard to its end", () => {
  const told = ["PUT 3\r\n", "a", "bc", "\r\n"];
  const refusing = (at: number, said: readonly string[]) => {
    const peers = greeted();
    for (const [index, octets] of told.entries()) {
      peers.client(octets);
      if (index === at) for (const text of said) peers.server(text);
    }
    return peers;
  };

  test("is told the rest, and heard then: wherever it speaks, in any split", () => {
    for (const at of [0, 1, 2, 3])
      for (const said of [["no room\r\n"], ["n", "o room\r", "\n"]]) {
        const { recorder, session, client } = refusing(at, said);
        expect(recorder.got).toEqual({ client: "hi\r\nno room\r\n", server: told.join("") });
        client("WAIT\r\n");
        expect([session.closed, recorder.got.server]).toEqual([false, `${told.join("")}WAIT\r\n`]);
      }
  });

  test("answers nobody before its command is whole", () => {
    const { recorder, client, server } = greeted();
    client("PUT 3\r\nab");
    server("no room\r\n");
    expect(recorder.got.client).toBe("hi\r\n");
    client("c");
    expect(recorder.got.client).toBe("hi\r\n");
  });

  test("has one answer: a second one is out of turn", () => {
    const { recorder, session } = refusing(1, ["no room\r\nno room\r\n"]);
    expect(recorder.got.client).toBe(`hi\r\nno room\r\n${MARKS.closed}`);
    expect(session.closed).toBe(true);
  });

  test.each([
    ["says something else", "fine\r\n"],
    ["says so without end", `no${"x".repeat(65_536)}`],
    ["goes on without end", `no\r\n${"x".repeat(65_536)}`],
  ])("is given up where it %s", (_, said) => {
    const { recorder, client, server, events } = greeted();
    client("PUT 3\r\na");
    server(said);
    expect(recorder.got.server).toBe(`PUT 3\r\na${MARKS.aborted}`);
    expect(events()).toContain("server-lost");
  });
});

describe("while either may speak", () => {
  test("a client gains no time by what the server says", () => {
    const { session, recorder, client, server } = greeted();
    client("WAIT\r\n", 0);
    server("go on\r\n", 0);
    for (const now of [40_000, 80_000]) server("* still here\r\n", now);
    session.tick(99_999);
    expect(session.closed).toBe(false);
    session.tick(100_000);
    expect(recorder.got.client).toBe(
      `hi\r\ngo on\r\n* still here\r\n* still here\r\nidle\r\n${MARKS.closed}`,
    );
    expect(NEXT.either.owed).toBe(true);
  });
});
