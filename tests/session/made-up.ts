// A session with a protocol made up for it, and its two peers: what a test wants different it says. Knows no protocol
// of the wrapper's own, and tests nothing.

import { expect } from "bun:test";
import type { AnyProtocol, Conversation, Step } from "../../src/protocols/protocol.ts";
import type { Entry } from "../../src/record/entry.ts";
import type { Rule } from "../../src/record/rules.ts";
import type { SessionLimits } from "../../src/session/output.ts";
import { Session } from "../../src/session/session.ts";
import type { Body } from "../../src/wire/body.ts";
import { encode } from "../../src/wire/latin1.ts";
import { Recorder } from "../recorder.ts";

export const LIMITS: SessionLimits = {
  minRate: 0,
  maxErrors: 3,
  idleTimeout: 100,
  sessionTimeout: 0,
  serverTimeout: 50,
};

/** Passes lines and replies; what a test wants different it says. */
export class Plain implements Conversation {
  declare serverRest?: () => Uint8Array;
  lineLimit(): number {
    return 20;
  }
  clientLine({ text, tooLong }: { text: string; tooLong: boolean }): Step {
    if (tooLong) return { client: "too long\r\n", refused: "line-length", next: "command" };
    return { server: `${text}\r\n`, next: "reply", shown: text };
  }
  serverLine(text: string): Step | "fault" {
    return { client: `${text}\r\n`, next: "command" };
  }
  serverLost(due: boolean): Step {
    return due ? { client: "lost\r\n", next: "close" } : { next: "command" };
  }
  expired(what: string): Step {
    return { client: `${what}\r\n`, next: "close" };
  }
  tooManyErrors(): Step {
    return { client: "enough\r\n", next: "close" };
  }
  bodyEnd?(): Step;
  clientEnd?(rest: string): Step;
  unsolicited?(text: string): Step;
  serverOctets?(chunk: Uint8Array): Uint8Array;
  literal?(octets: string, side: "client" | "server"): Step;
  serverLineLimit?(): number;
  abandoned?(): Step | null;
  injected?(): Step;
  throttled?(): Step;
  owes?(): "login" | "credential" | null;
  restarted?(): Step;
}

export function said(text: string): Step {
  return { client: `${text}\r\n`, next: "command" };
}

export const MESSAGE: Entry = {
  level: 1,
  event: "message",
  fields: { octets: 1, recipients: 1, reply: "taken", from: "a@b.test", to: ["c@d.test"] },
};

/** A body of octets up to "!". */
export class Exclamation implements Body {
  ended = false;
  fault: Rule | null = null;
  scan(chunk: Uint8Array, at: number, forward: (octets: Uint8Array) => void): number {
    const found = chunk.indexOf(0x21, at);
    const end = found < 0 ? chunk.length : found;
    if (chunk.subarray(at, end).includes(0x3f)) this.fault = "nul";
    if (this.fault === null) forward(chunk.subarray(at, end));
    this.ended = found >= 0;
    return found < 0 ? end : end + 1;
  }
}

/** Says what it is about: it is told to whoever must mend the protocol. */
export const FAULT = expect.objectContaining({
  name: "SessionFault",
  message: expect.stringMatching(/^[a-z -]+$/i),
});

export function started(
  overrides: Partial<Conversation> = {},
  {
    limits = {},
    dialogue = "lock-step",
    greets = "server",
  }: {
    limits?: Partial<SessionLimits>;
    dialogue?: "lock-step" | "stream";
    greets?: AnyProtocol["greets"];
  } = {},
) {
  const recorder = new Recorder();
  const conversation = Object.assign(new Plain(), overrides);
  const session = new Session({ dialogue, greets, converse: () => conversation }, recorder, {
    ...LIMITS,
    ...limits,
  });
  session.start(0);
  return {
    session,
    recorder,
    client: (text: string, now = 0) => session.clientOctets(encode(text), now),
    server: (text: string, now = 0) => session.serverOctets(encode(text), now),
    /** What the log was told of an event, each time. */
    told: (event: string) =>
      recorder.entries.filter((entry) => entry.event === event).map(({ level, fields }) => [level, fields]),
    /** Everything written so far, each side's in one. */
    get got() {
      return recorder.got;
    },
  };
}

export function greeted(...given: Parameters<typeof started>) {
  const peers = started(...given);
  peers.server("hi\r\n");
  return peers;
}
