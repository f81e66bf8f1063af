// ManageSieve's invariants as oracles. Both sides of the client are read back independently: a command with the octets it
// announces, a reply with those of the server. Knows the peers in peers/managesieve.ts.

import { expect } from "bun:test";
import { ORACLES, type Oracle, type Trial } from "../../oracles.ts";
import type { MoodyServer } from "../../peers/managesieve.ts";
import { MARKS } from "../../recorder.ts";
import { beginsTls } from "../../simulation.ts";

/** One reply to each line is not so here. */
const shared = ORACLES.filter(({ name }) => !name.startsWith("3."));

export const MANAGESIEVE_ORACLES: readonly Oracle[] = [
  ...shared,
  {
    name: "every command has one reply, in order, each of them whole",
    servers: "honest",
    dialogue: "lock-step",
    check: (trial) => {
      for (const { said, reply } of readBack(trial)) {
        const tag = /^(?:OK|NO|BYE).*"([A-Z]+)#"\r\n$/m.exec(reply)?.[1];
        if (tag !== undefined) expect(said === "" ? "AUTHENTICATE" : said).toBe(tag);
        if (reply.startsWith("OK (TAG ")) expect(said).toBe("NOOP");
      }
    },
  },
  {
    name: "a script is stored octet for octet or not at all",
    servers: "honest",
    dialogue: "lock-step",
    check: (trial) => {
      const delivered = trial.done.servers.flatMap((server) => (server as MoodyServer).delivered);
      let at = 0;
      for (const text of delivered) {
        // As octets that were announced, or as a quoted string has them.
        const [found] = [text, text.replace(/["\\]/g, "\\$&")]
          .map((said) => trial.plan.client.indexOf(said, at))
          .filter((place) => place >= 0);
        if (found === undefined) return expect(text).toBe("a script of the client's");
        at = found + text.length;
      }
      const told = readBack(trial).filter(({ reply }) => /^OK "PUTSCRIPT#"\r\n$/.test(reply));
      // The last may have been told to a session that has ended.
      expect(delivered.length - told.length).toBeGreaterThanOrEqual(0);
      expect(delivered.length - told.length).toBeLessThanOrEqual(1);
    },
  },
];

interface Exchange {
  /** The verb, in upper case; nothing for a string of an exchange. */
  readonly said: string;
  readonly reply: string;
}

/** Each of the client's commands with what it got, up to the session's end. */
function readBack({ plan, done }: Trial): Exchange[] {
  const said = beginsTls(plan.client) ? [plan.client] : commandsIn(plan.client);
  const got = new Got(done.recorder.got.client.replace(MARKS.closed, ""));
  expect(got.reply(false)).toMatch(/^(?:BYE|(?:"[A-Z]+".*\r\n)+OK "wrapper\.test ready"\r\n$)/);
  const heard: Exchange[] = [];
  let isAsking = false;
  while (!got.isOver) {
    const command = said.shift();
    // The last words may come unasked.
    if (command === undefined) {
      expect(got.reply(false)).toStartWith("BYE ");
      break;
    }
    const verb: string = isAsking ? "" : (/^[A-Za-z]+(?= |\r?\n)/.exec(command)?.[0].toUpperCase() ?? "-");
    const mayAsk: boolean = verb === "" || verb === "AUTHENTICATE";
    const reply = got.reply(mayAsk);
    isAsking = mayAsk && /^["{]/.test(reply);
    heard.push({ said: verb, reply });
  }
  expect(got.isOver).toBe(true);
  return heard;
}

/** Lines, each with the octets that it announces and what stands behind them. */
function commandsIn(client: string): string[] {
  const commands: string[] = [];
  let command = "";
  for (let rest = client; ; ) {
    const end = rest.indexOf("\n") + 1;
    if (end === 0) return commands;
    const line = rest.slice(0, end);
    rest = rest.slice(end);
    command += line;
    const octets = /(?:^| )\{(0|[1-9][0-9]{0,9})\+\}\r?\n$/.exec(line)?.[1];
    if (octets !== undefined) {
      command += rest.slice(0, Number(octets));
      rest = rest.slice(Number(octets));
    } else {
      commands.push(command);
      command = "";
    }
  }
}

/** What the client got, read as a client reads it. */
class Got {
  #rest: string;

  constructor(octets: string) {
    this.#rest = octets;
  }

  get isOver(): boolean {
    return this.#rest === "";
  }

  /** Up to a status. @param isAsked a string by itself may be the whole reply */
  reply(isAsked: boolean): string {
    for (let reply = ""; ; ) {
      const line = this.#line();
      reply += line;
      const isString = /^["{]/.test(line);
      if (!isString) expect(line).toMatch(/^(?:OK|NO|BYE)(?: \([^()]+\))?(?: ["{].*)?\r\n$/s);
      if (!isString || isAsked) return reply;
    }
  }

  /** With the octets that it announces. */
  #line(): string {
    for (let line = ""; ; ) {
      const end = this.#rest.indexOf("\r\n") + 2;
      if (end === 1) throw new Error(`half a line: ${line}${this.#rest}`);
      const next = this.#rest.slice(0, end);
      const octets = Number(/\{([0-9]+)\}\r\n$/.exec(next)?.[1] ?? Number.NaN);
      const all = Number.isNaN(octets) ? end : end + octets;
      line += this.#rest.slice(0, all);
      this.#rest = this.#rest.slice(all);
      if (Number.isNaN(octets)) return line;
    }
  }
}
