// What a step must keep for a session to do it: one list, read from the top. A protocol that breaks it has a fault, and
// so have we; no peer can make one break it. Knows steps and who waits for what; does nothing.

import { isListening, type Listening, NEXT } from "../protocols/next.ts";
import type { AnyProtocol, Step } from "../protocols/protocol.ts";

/** Where the session stands when the step comes. */
export interface Standing {
  readonly dialogue: AnyProtocol["dialogue"];
  /** The client waits for an answer. */
  readonly isDue: boolean;
  readonly isServerGone: boolean;
}

type Broken = (step: Step<string>, at: Standing) => boolean;

/** In lock-step alone: in a stream nobody waits for anybody. */
const LOCK_STEP: readonly (readonly [says: string, isBroken: Broken])[] = [
  [
    "a command was sent and its reply is not awaited",
    (step) => step.server !== undefined && step.next !== "reply" && !isUpload(listeningOf(step)),
  ],
  [
    "a second reply to one line",
    (step, { isDue }) => step.client !== undefined && !isDue && step.next !== "close",
  ],
  ["a line without a reply", (step, at) => listeningOf(step)?.owed === false && isLeftDue(step, at)],
  [
    "more of a command that was answered",
    (step, at) => step.next !== "reply" && listeningOf(step)?.owed === true && !isLeftDue(step, at),
  ],
];

const ANY: readonly (readonly [says: string, isBroken: Broken])[] = [
  ["a command for a server that is gone", ({ server }, at) => server !== undefined && at.isServerGone],
  [
    "a command with octets no server may see",
    ({ server }) => server !== undefined && !/^[^\0\r\n]*\r\n$/.test(server),
  ],
  ["a reply without its line end", ({ client }) => client !== undefined && !client.endsWith("\r\n")],
  ["a part of a reply without its line end", ({ part }) => part !== undefined && !/^$|\r\n$/.test(part)],
];

/** @returns what the step breaks, or null */
export function breachOf(step: Step<string>, at: Standing): string | null {
  const rules = at.dialogue === "lock-step" ? [...LOCK_STEP, ...ANY] : ANY;
  return rules.find(([, isBroken]) => isBroken(step, at))?.[0] ?? null;
}

function isLeftDue({ client }: Step<string>, { isDue }: Standing): boolean {
  return isDue && client === undefined;
}

/** Who is listened to after the step; null where it is neither of the two. */
function listeningOf({ next }: Step<string>): Listening | null {
  if (isListening(next)) return next;
  return Object.hasOwn(NEXT, next) ? NEXT[next as keyof typeof NEXT] : null;
}

function isUpload(listening: Listening | null): boolean {
  return listening?.name === "upload";
}
