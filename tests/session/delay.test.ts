// A reply that is held back, and a server that is lost meanwhile.

import { expect, test } from "bun:test";
import type { Conversation, Step } from "../../src/protocols/protocol.ts";
import { Session } from "../../src/session/session.ts";
import { encode } from "../../src/wire/latin1.ts";
import { MARKS, Recorder } from "../recorder.ts";
import { LIMITS } from "../transcripts.ts";

/** Holds every answer back for three seconds; `lost` is what it makes of a lost server. */
class Slow implements Conversation {
  readonly #lost: Step;

  constructor(lost: Step) {
    this.#lost = lost;
  }

  lineLimit = () => 100;
  clientLine = (): Step => ({ server: "ask\r\n", next: "reply" });
  serverLine = (text: string): Step =>
    text === "hi" ? said(text) : { ...said(text), delay: 3, next: "command" };
  serverLost = (): Step => this.#lost;
  expired = (): Step => ({ next: "close" });
  tooManyErrors = (): Step => ({ next: "close" });
}

function said(text: string): Step {
  return { client: `${text}\r\n`, next: "command" };
}

test.each([
  ["close", `hi\r\nno\r\n${MARKS.closed}`],
  ["command", "hi\r\nno\r\n"],
] as const)("a lost server does not shorten it (then %s)", (next, got) => {
  const recorder = new Recorder();
  const session = new Session({ dialogue: "lock-step", converse: () => new Slow({ next }) }, recorder, {
    ...LIMITS,
    sessionTimeout: 60,
  });
  session.start(0);
  expect(session.end).toBe(60_000);
  session.serverOctets(encode("hi\r\n"), 0);
  session.clientOctets(encode("let me in\r\n"), 0);
  session.serverOctets(encode("no\r\n"), 1000);
  session.serverEnd(1500);
  session.tick(2999);
  expect(recorder.got.client).toBe("hi\r\n");
  // It is counted from the line, not from the server's word on it.
  session.tick(3000);
  expect(recorder.got.client).toBe(got);
});
