// SMTP's invariants as oracles. The client's side is read back independently: one line, one reply; after 354 one
// message, one reply. A message is delivered octet for octet or not at all. Knows the peers in peers/smtp.ts.

import { expect } from "bun:test";
import type { SmtpOptions } from "../../../src/protocols/smtp/options.ts";
import { allowedOnly, nothingEchoed, type Oracle, oneOutstanding, type Trial, WHOLE } from "../../oracles.ts";
import { COMMAND, DATA_LINE, type MoodyServer } from "../../peers/smtp.ts";
import { MARKS } from "../../recorder.ts";
import { beginsTls, type Simulation } from "../../simulation.ts";

const EOD = "\r\n.\r\n";

export const SMTP_ORACLES: readonly Oracle[] = [
  allowedOnly,
  oneOutstanding,
  {
    name: "one reply a command, in order, each of them answered",
    servers: "honest",
    dialogue: "lock-step",
    check: (trial) => {
      const { heard, rest, greeting } = readBack(trial);
      expect(greeting).toBe("220 wrapper.test ESMTP\r\n");
      for (const { said, reply, message, data } of heard) {
        const tag = /([A-Z]+)#/.exec(reply)?.[1];
        // --ehlo=helo asks the server with the older word.
        const verb = said.slice(0, 4).toUpperCase();
        if (tag !== undefined && !data) expect([tag, tag.replace("HELO", "EHLO")]).toContain(verb);
        expect(/message#/.test(reply)).toBe(message && !/^[45][0-9]{2} [45]\./.test(reply));
        if (reply.startsWith("354")) expect(said).toMatch(/^DATA *\r?\n$/i);
      }
      const last = heard.at(-1);
      if (/^(?:221|421)/.test(last?.reply ?? "") || /^BDAT/.test(last?.said ?? "")) return;
      // Nothing but an unterminated line, or a message without its end, stays without an answer.
      if (last?.reply.startsWith("354")) expect(`\r\n${rest}`).not.toContain(EOD);
      else expect(rest).not.toContain("\n");
    },
  },
  {
    name: "a message is delivered octet for octet or not at all",
    servers: "honest",
    dialogue: "lock-step",
    check: (trial) => {
      const delivered = trial.done.servers.flatMap((server) => (server as MoodyServer).delivered);
      const answered = readBack(trial).heard.filter(
        ({ message, reply }) => message && /message#/.test(reply),
      );
      // What the server took is what the client was told of, in order; whatever we refused is not in it.
      expect(delivered.map(({ reply }) => `${reply}\r\n`)).toEqual(answered.map(({ reply }) => reply));
      const { bareNewline } = trial.peers.options as Partial<SmtpOptions>;
      for (const [index, { text }] of delivered.entries()) {
        const said = answered[index]!.said.slice(0, -3);
        expect(text).toBe(bareNewline === "normalize" ? normalized(said) : said);
      }
    },
  },
  {
    name: "the split of the octets changes nothing",
    servers: "honest",
    dialogue: "lock-step",
    check: ({ plan, done, again }) => {
      for (const size of [1, WHOLE]) {
        const other = again({ ...plan, sizes: [size] });
        expect(other.recorder.got.client).toBe(done.recorder.got.client);
        // Of an aborted message less may pass.
        expect(other.heard.length - done.heard.length).toBeLessThanOrEqual(200);
      }
    },
  },
  {
    name: "no NUL, no bare CR and no bare LF reaches the server",
    servers: "any",
    dialogue: "lock-step",
    check: ({ done }) => {
      for (const piece of pieces(done)) expect(piece).toMatch(/^(?:[^\0\r\n]|\r\n)*$/);
    },
  },
  {
    name: "a message we refused has no terminator, and no message has two",
    servers: "any",
    dialogue: "lock-step",
    check: (trial) => {
      const { heard } = readBack(trial);
      const terminators =
        pieces(trial.done)
          .join("|")
          .split(/(?<=\r\n)\.\r\n/).length - 1;
      const messages = heard.filter(({ message }) => message);
      const refused = messages.filter(({ reply }) => /^55[02] 5\.[367]\.|^550 5\.5\.2/.test(reply));
      // A hostile server may have words like ours.
      const ours = trial.done.recorder.entries.filter(
        ({ event, fields }) => event === "refused" && fields.line === "(message)" && fields.by === "us",
      );
      const open = heard.at(-1)?.reply.startsWith("354") ? 1 : 0;
      const kept = messages.length - Math.min(refused.length, ours.length);
      expect(terminators).toBeLessThanOrEqual(kept + open);
    },
  },
  {
    name: "outside messages only commands are heard, and no message is accepted that was not sent",
    servers: "any",
    dialogue: "lock-step",
    check: (trial) => {
      const { heard } = readBack(trial);
      for (const piece of pieces(trial.done)) {
        let message = false;
        for (const line of piece.split("\r\n").slice(0, -1)) {
          if (message) message = line !== ".";
          else {
            if (!COMMAND.test(line) && !DATA_LINE.test(line)) expect(line).toBe("a command");
            message =
              line === "DATA" &&
              heard.some(({ said, reply }) => /^data *\r?\n/i.test(said) && reply.startsWith("354"));
          }
        }
      }
    },
  },
  nothingEchoed,
];

interface Heard {
  /** What the client said: a line with its end, or a message with its terminator. */
  readonly said: string;
  readonly reply: string;
  readonly message: boolean;
  /** The line before was answered 334: this one was data. */
  readonly data: boolean;
}

/** Reads the conversation as the client had it. */
function readBack({ plan, done }: Trial): { heard: Heard[]; rest: string; greeting: string } {
  const { client } = plan;
  const replies = done.recorder.writes.filter(({ side }) => side === "client").map(({ text }) => text);
  expect(replies.pop()).toBe(MARKS.closed);
  for (const reply of replies)
    expect(reply).toMatch(/^(?:[2-5][0-5][0-9]-[ -~]*\r\n)*[2-5][0-5][0-9] [ -~]*\r\n$/);
  const greeting = replies.shift() ?? "";
  const heard: Heard[] = [];
  let at = 0;
  let message = false;
  let data = false;
  for (const [index, reply] of replies.entries()) {
    const end = message ? `\r\n${client.slice(at)}`.indexOf(EOD) + 3 : client.indexOf("\n", at) + 1 - at;
    const line = end > 0 && !(message && end === 2) ? client.slice(at, at + end) : "";
    const said = at === 0 && beginsTls(client) ? client : line;
    // Only last words answer nothing.
    if (said === "") expect([index, reply.slice(0, 3)]).toEqual([replies.length - 1, "421"]);
    heard.push({ said, reply, message, data });
    at += said.length;
    data = reply.startsWith("334");
    message = reply.startsWith("354");
  }
  return { heard, rest: client.slice(at), greeting };
}

/** What the server got, in pieces between the times it was ended. */
function pieces(done: Simulation): string[] {
  return done.recorder.got.server.split(/⟦[^⟧]*⟧/);
}

/** A message whose lone dots and bare newlines became regular. */
function normalized(text: string): string {
  return text
    .replace(/\r(?!\n)/g, " ")
    .replace(/\r?\n/g, "\n")
    .replace(/^\.$/gm, "..")
    .replaceAll("\n", "\r\n");
}
