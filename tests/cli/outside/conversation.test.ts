// A conversation from outside under guard: what it may be, and what becomes of each of its mistakes.

import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { Origin } from "../../../src/cli/outside/blame.ts";
import { faultOfConversation, guarded } from "../../../src/cli/outside/conversation.ts";
import { Guard } from "../../../src/cli/outside/guard.ts";
import { bodyOf, download, type Listening, upload } from "../../../src/protocols/next.ts";
import type { Conversation } from "../../../src/protocols/protocol.ts";
import type { Rule } from "../../../src/record/rules.ts";
import { SessionFault } from "../../../src/session/fault.ts";
import type { Body } from "../../../src/wire/body.ts";
import { encode } from "../../../src/wire/latin1.ts";

const close = () => ({ next: "close" });
const NEEDED = {
  lineLimit: () => 80,
  clientLine: close,
  serverLost: close,
  expired: close,
  tooManyErrors: close,
};
const LINE = { text: "x", octets: 3, tooLong: false };

const guard = new Guard(new Origin(join(import.meta.dir, "x.js")), SessionFault);

function having(methods: object, dialogue: "lock-step" | "stream" = "lock-step"): Conversation<string> {
  return guarded({ ...NEEDED, ...methods } as unknown as Conversation, { dialogue, rules: ["own"] }, guard);
}

test("a conversation has every method that a session may ask", () => {
  expect(faultOfConversation(NEEDED, "stream")).toBe(null);
  expect(faultOfConversation(NEEDED, "lock-step")).toContain("a method serverLine(), got nothing");
  expect(faultOfConversation({ ...NEEDED, expired: 1 }, "stream")).toContain("a method expired(), got 1");
  expect(faultOfConversation({ ...NEEDED, bodyEnd: {} }, "stream")).toContain(
    "a method bodyEnd(), got an object",
  );
  expect(faultOfConversation(undefined, "stream")).toBe("expected a conversation, got nothing");
});

test("it has the methods that the author wrote and no other, and each its own this", () => {
  class Counting {
    count = 0;
    lineLimit() {
      return ++this.count;
    }
  }
  const counting = guarded(
    new Counting() as unknown as Conversation,
    { dialogue: "stream", rules: [] },
    guard,
  );
  expect([counting.lineLimit(), counting.lineLimit()]).toEqual([1, 2]);
  expect(Object.keys(counting)).toEqual(["lineLimit"]);
});

describe("what is no answer ends the session, named by its method", () => {
  const wrong: readonly (readonly [keyof Conversation, unknown, RegExp])[] = [
    ["lineLimit", "80", /lineLimit\(\): expected a whole number of octets, or 0, got "80"/],
    ["serverOctets", "text", /serverOctets\(\): expected octets, a Uint8Array, got "text"/],
    ["statusOf", null, /statusOf\(\): expected text, got null/],
    ["outcome", "gone", /outcome\(\): expected "done", "refused" or "more", got "gone"/],
    ["bodyRefused", { told: {} }, /bodyRefused\(\): expected what the log tells .*, got an object of told/],
    ["bodyRefused", { told: {}, reply: "", log: {} }, /bodyRefused\(\): expected what the log tells/],
    ["spared", true, /spared\(\): expected "always"/],
    ["earlyTalker", undefined, /earlyTalker\(\): expected a step, got nothing/],
    ["unsolicited", "fault", /unsolicited\(\): expected a step, got "fault"/],
    ["clientLine", { next: "command" }, /clientLine\(\): client: .*a line without a reply/],
  ];
  for (const [name, given, message] of wrong)
    test(name, () => {
      const method = having({ [name]: () => given })[name] as (...told: unknown[]) => unknown;
      expect(() => method(LINE)).toThrow(SessionFault);
      expect(() => method(LINE)).toThrow(message);
    });
});

test("what takes the place of a step passes where it may", () => {
  const conversation = having({ serverLine: () => "fault", earlyTalker: () => null, abandoned: () => null });
  expect(conversation.serverLine!("x", LINE)).toBe("fault");
  expect([conversation.earlyTalker!(), conversation.abandoned!()]).toEqual([null, null]);
});

const MAKERS = { upload, download };

describe("a body", () => {
  const scanned = (scan: () => unknown, kind: "upload" | "download", ended = false) => {
    const step = having({
      clientLine: () => ({ next: MAKERS[kind]({ scan, ended, fault: "nul" } as unknown as Body) }),
    }).clientLine(LINE);
    expect((step.next as Listening).name).toBe(kind);
    return bodyOf(step.next as Listening)!;
  };

  test("is scanned as the author has it", () => {
    for (const kind of ["upload", "download"] as const) {
      const body = scanned(() => 2, kind);
      expect([body.scan(encode("ab"), 0, () => {}), body.ended, body.fault]).toEqual([2, false, "nul"]);
    }
  });

  test("refuses by a rule that there is", () => {
    const fault = (rule: string) => {
      const body = { scan: () => 1, ended: false, fault: rule as Rule };
      const { next } = having({ clientLine: () => ({ next: upload(body) }) }).clientLine(LINE);
      return bodyOf(next as Listening)!.fault;
    };
    expect(String(fault("own"))).toBe("own");
    expect(() => fault("other")).toThrow(/fault\(\): expected a rule .*, got "other"/);
  });

  test("that consumes nothing must have ended", () => {
    expect(() => scanned(() => 0, "upload").scan(encode("ab"), 0, () => {})).toThrow(
      /scan\(\): .*1 to 2, got 0/,
    );
    expect(scanned(() => 0, "upload", true).scan(encode("ab"), 0, () => {})).toBe(0);
  });

  test("never consumes more than there is, nor anything but octets", () => {
    expect(() => scanned(() => 3, "download").scan(encode("ab"), 0, () => {})).toThrow(/got 3/);
    expect(() => scanned(() => "1", "download").scan(encode("ab"), 0, () => {})).toThrow(/got "1"/);
  });

  test("that throws is told, and what the session throws meanwhile stays what it is", () => {
    const throws = (error: Error) => () => {
      throw error;
    };
    expect(() => scanned(throws(new Error("no")), "upload").scan(encode("a"), 0, () => {})).toThrow(
      /conversation\.test\.ts:[0-9]+: scan\(\) threw Error: no/,
    );
    const own = new SessionFault("ours");
    expect(() => scanned(throws(own), "upload").scan(encode("a"), 0, () => {})).toThrow("ours");
  });
});
