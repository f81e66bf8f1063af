// What the conversation tells the session beside its words: what the server refused, what is awaited and how long,
// and whom the budget of errors spares.

import { describe, expect, test } from "bun:test";
import type { Conversation, Step } from "../../../src/protocols/protocol.ts";
import { answer, converse, say } from "./converse.ts";

const GONE = { client: "-ERR [SYS/TEMP] server unavailable\r\n", next: "close" } as const;

/** The client says it, and the server says no. */
function refused(line: string): Step {
  const conversation = converse("transaction");
  say(conversation, line);
  return answer(conversation, "-ERR no");
}

describe("what the server says no to", () => {
  test.each(["STAT", "LIST", "LIST 1", "RETR 1", "DELE 1", "RSET", "QUIT"])(
    "is a refusal where every server has the command: %s",
    (line) => {
      expect(refused(line)).toMatchObject({
        ...{ client: "-ERR no\r\n", refused: "server", by: "server", error: false },
        told: { verb: line.split(" ")[0]! },
      });
    },
  );

  test.each(["TOP 1 0", "UIDL", "UIDL 1", "LAST", "CAPA"])(
    "is none where a server may say so that it has no such command: %s",
    (line) => expect(refused(line)).toEqual({ client: "-ERR no\r\n", next: "command" }),
  );

  test("is the end of the session where it is the greeting, and no error", () => {
    const conversation = converse("connected");
    expect(answer(conversation, "-ERR no")).toEqual({
      ...{ client: "-ERR no\r\n", next: "close", ends: "server-end" },
      ...{ refused: "server", by: "server", error: false, told: {} },
    });
  });
});

describe("QUIT", () => {
  test("changes nothing before there is a mailbox, and is not waited for long", () => {
    for (const place of ["authorization", "user"] as const)
      expect(say(converse(place), "QUIT")).toMatchObject({ server: "QUIT\r\n", next: "reply", patience: 5 });
  });

  test("decides what becomes of the mailbox, and is waited for as long as it takes", () => {
    const step = say(converse("transaction"), "QUIT");
    expect([step.decides, step.patience]).toEqual(["delivery", undefined]);
  });

  test("ends the session, whatever the server says to it", () => {
    for (const said of ["+OK bye", "-ERR some messages not removed"]) {
      const conversation = converse("transaction");
      say(conversation, "QUIT");
      expect(answer(conversation, said)).toMatchObject({ client: `${said}\r\n`, next: "close" });
    }
  });

  test("needs no server where there is nothing to change", () => {
    const lost = (place: "authorization" | "transaction"): Step => {
      const conversation = converse(place);
      conversation.serverLost(false, "hung-up");
      return say(conversation, "QUIT");
    };
    expect(lost("authorization")).toMatchObject({ client: "+OK bye\r\n", next: "close", ends: "quit" });
    expect(lost("transaction")).toMatchObject(GONE);
  });

  test("of which the server left says as much", () => {
    const left = (place: "authorization" | "transaction"): Step => {
      const conversation = converse(place);
      say(conversation, "QUIT");
      return conversation.serverLost(true, "hung-up");
    };
    expect(left("authorization")).toEqual({ client: "+OK bye\r\n", next: "close", ends: "quit" });
    expect(left("transaction")).toEqual(GONE);
  });
});

describe("a server that was lost", () => {
  test("between two commands is told of at the next", () => {
    const conversation = converse("transaction");
    expect(conversation.serverLost(false, "hung-up")).toEqual({ next: "command" });
    expect(say(conversation, "NOOP")).toMatchObject(GONE);
  });

  test("instead of an answer is told of at once", () => {
    const conversation = converse("transaction");
    say(conversation, "STAT");
    expect(conversation.serverLost(true, "hung-up")).toEqual(GONE);
  });
});

test("the budget of errors spares whoever has logged in, and nobody else", () => {
  const spared = (conversation: Conversation) => conversation.spared!();
  expect(spared(converse("authorization"))).toBe("never");
  expect(spared(converse("user"))).toBe("never");
  expect(spared(converse("transaction"))).toBe("always");
});

test("a reply tells how its command went by its status", () => {
  const { outcome } = converse("transaction");
  expect(["+OK", "+OK 1 2", "+ go", "-ERR no", ""].map((reply) => outcome!(reply))).toEqual([
    ...(["done", "done", "more", "refused", "refused"] as const),
  ]);
});

test("time ends a session without a word where the client was idle, else with one", () => {
  const said = (["idle", "session", "shutdown"] as const).map((what) => converse("user").expired(what));
  expect(said).toEqual([
    { next: "close" },
    { client: "-ERR [SYS/TEMP] session time is over\r\n", next: "close" },
    { client: "-ERR [SYS/TEMP] shutting down\r\n", next: "close" },
  ]);
});
