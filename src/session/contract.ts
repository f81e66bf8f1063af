// What a step must keep for a session to do it: one list, read from the top. A protocol that breaks it has a fault, and
// so have we; no peer can make one break it. Knows steps and who waits for what; does nothing.

import { type Listening, NEXT } from "../protocols/next.ts";
import type { AnyProtocol, Step } from "../protocols/protocol.ts";

/** Where the session stands when the step comes. */
export interface Standing {
  readonly dialogue: AnyProtocol["dialogue"];
  /** The client waits for an answer. */
  readonly isDue: boolean;
  readonly isServerGone: boolean;
  /** A line of the client's is judged: it is not being read meanwhile. */
  readonly isClientHeard: boolean;
}

/** @param next who is listened to after the step; null where a word says something else */
type Broken = (step: Step<string>, at: Standing, next: Listening | null) => boolean;
type Rules = readonly (readonly [says: string, isBroken: Broken])[];

const ANYWHERE: Rules = [
  ["a command for a server that is gone", ({ server }, at) => server !== undefined && at.isServerGone],
  ["a command with octets no server may see", ({ server }) => server !== undefined && !isCommand(server)],
  ["a reply without its line end", ({ client }) => client !== undefined && !client.endsWith("\r\n")],
  // What is read ahead could be a handshake's first octets.
  ["TLS that no line of the client asked for", ({ next }, at) => next === "secure" && !at.isClientHeard],
  ["a part of a reply without its line end", ({ part }) => part !== undefined && !/^$|\r\n$/.test(part)],
];

/** In lock-step alone: in a stream nobody waits for anybody. */
const LOCK_STEP: Rules = [
  [
    "a command was sent and its reply is not awaited",
    ({ server }, _, next) => server !== undefined && next !== NEXT.reply && next?.name !== "upload",
  ],
  [
    "a second reply to one line",
    ({ client, next }, { isDue }) => client !== undefined && !isDue && next !== "close",
  ],
  ["a line without a reply", (step, at, next) => next?.owed === false && isLeftDue(step, at)],
  [
    "more of a command that was answered",
    (step, at, next) => next?.owed === true && next !== NEXT.reply && !isLeftDue(step, at),
  ],
  ...ANYWHERE,
];

/** @returns what the step breaks, or null */
export function breachOf(step: Step<string>, at: Standing): string | null {
  const { next } = step;
  const listening = typeof next === "string" ? (WORDS.get(next) ?? null) : next;
  for (const [says, isBroken] of at.dialogue === "lock-step" ? LOCK_STEP : ANYWHERE)
    if (isBroken(step, at, listening)) return says;
  return null;
}

const WORDS: ReadonlyMap<string, Listening> = new Map(Object.entries(NEXT));

/** One line; or lines of which each but the last announces what is behind it (`{5+}`), where no line could end either. */
function isCommand(server: string): boolean {
  for (let rest = server; ; ) {
    const [line, octets] = /^[^\0\r\n]*?(?:\{([0-9]+)\+\})?\r\n/.exec(rest) ?? [];
    if (line === undefined) return false;
    rest = rest.slice(line.length);
    if (rest === "") return true;
    const announced = rest.slice(0, Number(octets));
    if (announced.length !== Number(octets) || /[\0\r\n]/.test(announced)) return false;
    rest = rest.slice(announced.length);
  }
}

function isLeftDue({ client }: Step<string>, { isDue }: Standing): boolean {
  return isDue && client === undefined;
}
