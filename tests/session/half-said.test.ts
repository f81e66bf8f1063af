// A server that speaks unasked may have said half a line when the client's next command comes: what was begun is heard
// to its end, in a bounded time, before anything is sent behind it.

import { describe, expect, test } from "bun:test";
import type { Conversation, Step } from "../../src/protocols/protocol.ts";
import { Session } from "../../src/session/session.ts";
import { encode } from "../../src/wire/latin1.ts";
import { MARKS, Recorder } from "../recorder.ts";

const LIMITS = { minRate: 0, maxErrors: 9, idleTimeout: 100, sessionTimeout: 0, serverTimeout: 50 };

/** `IDLE` is answered by a line at a time; lines with a star may come at any time. */
class Speaking implements Conversation {
  #isLost = false;
  unsolicited? = (text: string): Step =>
    text.startsWith("*") ? { part: `${text}\r\n`, next: "command" } : { next: "close" };
  lineLimit(): number {
    return 80;
  }
  clientLine({ text }: { readonly text: string }): Step {
    return this.#isLost ? { client: "gone\r\n", next: "close" } : { server: `${text}\r\n`, next: "reply" };
  }
  serverLine(text: string): Step {
    if (text.startsWith("*")) return { part: `${text}\r\n`, next: "either" };
    return { client: `${text}\r\n`, next: "command" };
  }
  serverLost(due: boolean): Step {
    this.#isLost = true;
    return due ? { client: "lost\r\n", next: "close" } : { next: "command" };
  }
  expired(what: string): Step {
    return { client: `${what}\r\n`, next: "close" };
  }
  tooManyErrors(): Step {
    return { next: "close" };
  }
}

function greeted(conversation: Conversation = new Speaking()) {
  const recorder = new Recorder();
  const session = new Session({ dialogue: "lock-step", converse: () => conversation }, recorder, LIMITS);
  session.start(0);
  session.serverOctets(encode("hi\r\n"), 0);
  return {
    ...{ session, recorder },
    client: (text: string, now = 0) => session.clientOctets(encode(text), now),
    server: (text: string, now = 0) => session.serverOctets(encode(text), now),
  };
}

describe("behind half a line of a server that speaks unasked", () => {
  test("a command waits for the other half", () => {
    const { recorder, client, server } = greeted();
    server("* 1 NO");
    client("A\r\n");
    expect(recorder.got.server).toBe("");
    server("TE\r\n");
    expect(recorder.got).toEqual({ client: "hi\r\n* 1 NOTE\r\n", server: "A\r\n" });
    server("a\r\n");
    expect(recorder.got.client).toEndWith("* 1 NOTE\r\na\r\n");
  });

  test("so does what ends an answer that either side may end", () => {
    const { recorder, client, server } = greeted();
    client("IDLE\r\n");
    server("* idling\r\n* 1 NO");
    client("DONE\r\n");
    expect(recorder.got.server).toBe("IDLE\r\n");
    server("TE\r\n");
    expect(recorder.got).toEqual({ client: "hi\r\n* idling\r\n* 1 NOTE\r\n", server: "IDLE\r\nDONE\r\n" });
  });

  test("it waits a bounded time, and goes on without the server", () => {
    const { session, recorder, client, server } = greeted();
    server("* 1 NO", 0);
    client("A\r\n", 1000);
    server("T", 9000);
    session.tick(10_999);
    expect(recorder.got.server).toBe("");
    session.tick(11_000);
    expect(recorder.got).toEqual({ client: `hi\r\ngone\r\n${MARKS.closed}`, server: MARKS.aborted });
    expect(recorder.entries).toContainEqual({
      ...{ level: 1, event: "server-lost" },
      fields: { reason: "timeout", mode: "command" },
    });
  });

  test("a client that has begun a line gains its idle time by it, and no more is waited for", () => {
    const { session, recorder, client, server } = greeted();
    server("* 1 NO", 0);
    client("A", 1000);
    server("TE\r\n", 2000);
    expect(session.deadline).toBe(102_000);
    session.tick(102_000);
    expect(recorder.got.client).toBe(`hi\r\n* 1 NOTE\r\nidle\r\n${MARKS.closed}`);
  });

  test("of one that never speaks so nothing is waited for: it has lost its way", () => {
    const conversation = new Speaking();
    delete conversation.unsolicited;
    const { recorder, client, server } = greeted(conversation);
    server("* 1 NO");
    client("A\r\n");
    expect(recorder.got).toEqual({ client: `hi\r\nlost\r\n${MARKS.closed}`, server: MARKS.aborted });
  });
});
