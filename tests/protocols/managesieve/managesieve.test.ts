// What the conversation tells the session beside its words: what is awaited and how long, what decides something, and
// whom the budget of errors spares.

import { describe, expect, test } from "bun:test";
import { bodyOf, isListening } from "../../../src/protocols/next.ts";
import type { Conversation, Step } from "../../../src/protocols/protocol.ts";
import { answer, converse, say } from "./converse.ts";

const GONE = { client: 'BYE (TRYLATER) "server unavailable"\r\n', next: "close" } as const;

describe("what the server says no to is a refusal, and no error", () => {
  test.each(['SETACTIVE "a"', "LISTSCRIPTS", 'GETSCRIPT "a"', "CAPABILITY", "NOOP", "UNAUTHENTICATE"])(
    "%s",
    (line) => {
      const conversation = converse("authenticated");
      say(conversation, line);
      expect(answer(conversation, 'NO "no"')).toEqual({
        ...{ client: 'NO "no"\r\n', refused: "server", by: "server", error: false, next: "command" },
        told: { verb: line.split(" ")[0]! },
      });
    },
  );

  test("where it is the greeting, the session ends", () => {
    expect(answer(converse("connected"), 'BYE "no"')).toEqual({
      ...{ client: 'BYE "no"\r\n', next: "close", ends: "server-end" },
      ...{ refused: "server", by: "server", error: false, told: {} },
    });
  });
});

test("what changes something is awaited, whoever leaves", () => {
  const step = (line: string) => say(converse("authenticated"), line).decides;
  for (const line of ['PUTSCRIPT "a" ""', 'SETACTIVE "a"', 'DELETESCRIPT "a"', 'RENAMESCRIPT "a" "b"'])
    expect(step(line)).toBe("delivery");
  for (const line of ['CHECKSCRIPT ""', 'HAVESPACE "a" 1', "LISTSCRIPTS", 'GETSCRIPT "a"', "NOOP", "LOGOUT"])
    expect(step(line)).toBeUndefined();
});

test("what does nothing is idle before a login, and not after it", () => {
  for (const line of ["NOOP", 'NOOP "a"', "CAPABILITY"]) {
    expect(say(converse("non-authenticated"), line).idle).toBe(true);
    expect(say(converse("authenticated"), line).idle).toBeUndefined();
  }
  expect(say(converse("non-authenticated"), 'AUTHENTICATE "PLAIN"').idle).toBeUndefined();
});

describe("a script that is announced", () => {
  function passing(line: string): { conversation: Conversation; step: Step } {
    const conversation = converse("authenticated");
    return { conversation, step: say(conversation, line) };
  }

  test("passes behind its head, and is committed by the end of its line", () => {
    const { conversation, step } = passing('PUTSCRIPT "a" {5+}');
    expect(step).toMatchObject({ server: 'PUTSCRIPT "a" {5+}\r\n', told: { verb: "PUTSCRIPT" } });
    expect(isListening(step.next) && [step.next.name, step.next.owed]).toEqual(["upload", true]);
    expect(conversation.bodyEnd!()).toEqual({ next: "more" });
    expect(say(conversation, "")).toEqual({ server: "\r\n", next: "reply", decides: "delivery" });
    expect(answer(conversation, "OK")).toEqual({ client: "OK\r\n", next: "command" });
    expect(say(conversation, "NOOP")).toMatchObject({ server: "NOOP\r\n" });
  });

  test("decides nothing where it is only checked", () => {
    const { conversation } = passing("CHECKSCRIPT {5+}");
    conversation.bodyEnd!();
    expect(say(conversation, "").decides).toBeUndefined();
    expect(() => answer(conversation, '"a"')).toThrow("a fault");
  });

  test("is swallowed where it is too large, and the command is refused at its end", () => {
    const { conversation, step } = passing('PUTSCRIPT "a" {1000001+}');
    expect(step.server).toBeUndefined();
    expect(isListening(step.next) && [step.next.name, bodyOf(step.next)?.ended]).toEqual(["swallow", false]);
    expect(conversation.bodyEnd!()).toEqual({ next: "more" });
    expect(say(conversation, "")).toMatchObject({ refused: "script-size", next: "command" });
  });
});

test("a script may be as small as the administrator wants it", () => {
  const refused = (maxScriptSize: number) =>
    say(converse("authenticated", { maxScriptSize }), 'CHECKSCRIPT "ab"').refused;
  expect([0, 1, 2].map(refused)).toEqual([undefined, "script-size", undefined]);
});

test("of what is announced a string is held up to its length, and the rest goes nowhere", () => {
  const nameOf = ({ next }: Step) => (isListening(next) ? next.name : next);
  for (const [head, most] of [
    ["NOOP", 1024],
    ["GETSCRIPT", 1024],
    ['AUTHENTICATE "PLAIN"', 12288],
  ] as const)
    for (const [octets, name] of [
      [most, "literal"],
      [most + 1, "swallow"],
    ] as const) {
      const place = head === "GETSCRIPT" ? "authenticated" : "non-authenticated";
      expect(nameOf(say(converse(place), `${head} {${octets}+}`))).toBe(name);
    }
  const open = converse("non-authenticated");
  say(open, 'AUTHENTICATE "PLAIN"');
  answer(open, '""');
  expect(nameOf(say(open, "{12287+}"))).toBe("literal");
  open.literal!("x".repeat(12287), "client");
  expect(say(open, "").server).toBe('"*"\r\n');
  answer(open, "NO");
  say(open, 'AUTHENTICATE "PLAIN"');
  answer(open, '""');
  expect(nameOf(say(open, "{12288+}"))).toBe("swallow");
});

describe("LOGOUT", () => {
  test("is not waited for long, and ends the session whatever the server says to it", () => {
    for (const said of ["OK", 'NO "stay"', "BYE"]) {
      const conversation = converse("authenticated");
      expect(say(conversation, "LOGOUT")).toMatchObject({ server: "LOGOUT\r\n", next: "reply", patience: 5 });
      expect(answer(conversation, said)).toEqual({ client: 'OK "bye"\r\n', next: "close" });
    }
  });

  test("needs no server, before it or behind it", () => {
    const before = converse("authenticated");
    before.serverLost(false, "hung-up");
    expect(say(before, "logout")).toMatchObject({ client: 'OK "bye"\r\n', next: "close", ends: "quit" });
    const behind = converse("authenticated");
    say(behind, "LOGOUT");
    expect(behind.serverLost(true, "failed")).toEqual({
      client: 'OK "bye"\r\n',
      next: "close",
      ends: "quit",
    });
  });
});

describe("a server that was lost", () => {
  test("between two commands is told of at the next, and instead of an answer at once", () => {
    const conversation = converse("authenticated");
    expect(conversation.serverLost(false, "hung-up")).toEqual({ next: "command" });
    expect(say(conversation, "NOOP")).toMatchObject(GONE);
    const waiting = converse("authenticated");
    say(waiting, "NOOP");
    expect(waiting.serverLost(true, "hung-up")).toEqual(GONE);
  });

  test("gets no script", () => {
    const conversation = converse("authenticated");
    conversation.serverLost(false, "hung-up");
    expect(say(conversation, 'PUTSCRIPT "a" {5+}')).toEqual(GONE);
  });

  test("while a script passes leaves nothing to be said, nor does the clock", () => {
    const conversation = converse("authenticated");
    say(conversation, 'GETSCRIPT "a"');
    answer(conversation, "{5}");
    expect(conversation.bodyEnd!()).toEqual({ next: "reply" });
    expect(conversation.serverLost(true, "hung-up")).toEqual({ next: "close" });
    expect(conversation.expired("shutdown")).toEqual({ next: "close" });
  });
});

test("the budget of errors spares whoever has logged in, and nobody else", () => {
  const spared = (conversation: Conversation) => conversation.spared!();
  expect(spared(converse("non-authenticated"))).toBe("never");
  expect(spared(converse("authenticated"))).toBe("always");
  const left = converse("authenticated");
  say(left, "UNAUTHENTICATE");
  answer(left, "OK");
  expect(spared(left)).toBe("never");
});

test("a reply tells how its command went by its status, and what comes before that nothing", () => {
  const { outcome } = converse("authenticated");
  const replies = [
    "OK\r\n",
    'OK "a"\r\n',
    'NO "a"\r\n',
    "NO {4}\r\nOK\r\n\r\n",
    "BYE\r\n",
    '"a"\r\n',
    "{1}\r\na\r\n",
  ];
  expect(replies.map((reply) => outcome!(reply))).toEqual([
    ...(["done", "done", "refused", "refused", "refused", "more", "more"] as const),
  ]);
  expect(outcome!('"SIEVE" "a"\r\nOK "these are all"\r\n')).toBe("done");
});

test("time ends a session with a word", () => {
  const said = (["idle", "session", "shutdown"] as const).map((what) =>
    converse("authenticated").expired(what),
  );
  expect(said).toEqual([
    { client: 'BYE "idle for too long"\r\n', next: "close" },
    { client: 'BYE (TRYLATER) "session time is over"\r\n', next: "close" },
    { client: 'BYE (TRYLATER) "shutting down"\r\n', next: "close" },
  ]);
});

test("the reader of lines is given the limit as it is, and of the server room for two strings", () => {
  for (const maxLineLength of [0, 4200])
    expect(converse("connected", { maxLineLength }).lineLimit()).toBe(maxLineLength);
  expect(converse("connected").serverLineLimit!()).toBe(8192);
});

describe("a secret", () => {
  const secretOf = (line: string) => say(converse("non-authenticated"), line).secret;

  test.each([
    ['AUTHENTICATE "PLAIN" "AHUAcA=="', "AHUAcA=="],
    ['AUTHENTICATE "PLAIN"', undefined],
    ["AUTHENTICATE", undefined],
    ['AUTHENTICATE "PLAIN"  hunter2', ' "PLAIN"  hunter2'],
    ["NOOP  hunter2", undefined],
    ["hunter2", undefined],
  ])("of %s is %j", (line, secret) => expect(secretOf(line)).toBe(secret));

  test("is one where the command is refused, too", () => {
    const step = say(converse("authenticated"), 'AUTHENTICATE "PLAIN" "AHUAcA=="');
    expect(step).toMatchObject({
      shown: 'AUTHENTICATE "PLAIN" ***',
      secret: "AHUAcA==",
      refused: "wrong-state",
    });
  });
});
