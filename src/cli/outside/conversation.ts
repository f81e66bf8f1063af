// A conversation of a module from outside, as a session may have it: every method is the author's, called under guard.
// What the compiler says to a protocol of ours is said here, where a method returns. Knows what each method may give;
// no protocol.

import { bodyOf, isListening, withBody } from "../../protocols/next.ts";
import type { AnyProtocol, Conversation, Step } from "../../protocols/protocol.ts";
import { GuardedBody } from "./body.ts";
import type { Guard } from "./guard.ts";
import { type Check, expecting, faultOfStep, isEntry, isTold, type Manner, shown, TEXT } from "./step.ts";

type Dialogue = AnyProtocol["dialogue"];
type Method = (...told: unknown[]) => unknown;

const OCTETS = expecting("octets, a Uint8Array", (value) => value instanceof Uint8Array);
const LIMIT = expecting(
  "a whole number of octets, or 0",
  (value) => Number.isInteger(value) && Number(value) >= 0,
);
const SPARED = expecting(
  '"always", "for-now" or "never"',
  (value) => value === "always" || value === "for-now" || value === "never",
);

const EARLY = expecting("true or false", (value) => typeof value === "boolean");
const OUTCOME = expecting(
  '"done", "refused" or "more"',
  (value) => value === "done" || value === "refused" || value === "more",
);
const OWED = expecting(
  '"login", "credential" or null',
  (value) => value === "login" || value === "credential" || value === null,
);
const REFUSED = expecting(
  "what the log tells of a refused message, {told, reply}, and perhaps {log}",
  (value) => {
    const { told, reply, log } = Object(value) as { told?: unknown; reply?: unknown; log?: unknown };
    return isTold(told) && typeof reply === "string" && (log === undefined || isEntry(log));
  },
);

/** What a method gives: a step, perhaps one of other answers in its place, or something else altogether. */
type Given = { readonly step: readonly unknown[] } | { readonly other: Check };

const STEP: Given = { step: [] };

/** Every method there is: a new one that is missing here is an error of the compiler. */
const METHODS: Readonly<Record<keyof Conversation, Given>> = {
  lineLimit: { other: LIMIT },
  serverLineLimit: { other: LIMIT },
  clientLine: STEP,
  serverLine: { step: ["fault"] },
  literal: STEP,
  unsolicited: STEP,
  refusesEarly: { other: EARLY },
  serverOctets: { other: OCTETS },
  serverRest: { other: OCTETS },
  bodyEnd: STEP,
  restarted: STEP,
  serverLost: STEP,
  injected: STEP,
  earlyTalker: { step: [null] },
  expired: STEP,
  tooManyErrors: STEP,
  statusOf: { other: TEXT },
  outcome: { other: OUTCOME },
  bodyRefused: { other: REFUSED },
  throttled: STEP,
  owes: { other: OWED },
  spared: { other: SPARED },
  clientEnd: STEP,
  abandoned: { step: [null] },
};

const NEEDED = ["lineLimit", "clientLine", "serverLost", "expired", "tooManyErrors"] as const;

/** @returns what `converse` gave that is no conversation, or null */
export function faultOfConversation(value: unknown, dialogue: Dialogue): string | null {
  if (typeof value !== "object" || value === null) return `expected a conversation, got ${shown(value)}`;
  const given = value as Readonly<Record<string, unknown>>;
  const needed: readonly string[] = dialogue === "lock-step" ? [...NEEDED, "serverLine"] : NEEDED;
  for (const name of Object.keys(METHODS)) {
    const method = given[name];
    if (method === undefined ? needed.includes(name) : typeof method !== "function")
      return `expected a conversation with a method ${name}(), got ${shown(method)}`;
  }
  return null;
}

/** @param conversation one without a fault @param guard ends the session */
export function guarded(
  conversation: Conversation<string>,
  manner: Manner,
  guard: Guard,
): Conversation<string> {
  const own = conversation as unknown as Readonly<Record<string, Method | undefined>>;
  const methods = Object.entries(METHODS).flatMap(([name, given]): [string, Method][] => {
    if (own[name] === undefined) return [];
    const faultOf = checkOf(name, given, manner);
    // Asked for at each call: a state may be written as another method in its place.
    return [
      [
        name,
        (...told) =>
          taken(
            guard.call(name, () => own[name]!(...told), faultOf),
            manner,
            guard,
          ),
      ],
    ];
  });
  return Object.fromEntries(methods) as unknown as Conversation<string>;
}

function checkOf(name: string, given: Given, manner: Manner): Check {
  if ("other" in given) return given.other;
  return (value) => {
    if (given.step.includes(value)) return null;
    const fault = faultOfStep(value, manner);
    return (
      fault ??
      (name === "clientLine" && manner.dialogue === "lock-step" ? faultOfAnswer(value as Step) : null)
    );
  };
}

/** A line is answered now, or by what the server says. */
function faultOfAnswer({ client, next }: Step): string | null {
  if (next !== "command" || client !== undefined) return null;
  return 'client: expected the reply, which goes with next "command" (a line without a reply), got nothing';
}

/** A step as it is; the body in it under guard. */
function taken(value: unknown, { rules }: Manner, guard: Guard): unknown {
  const { next } = Object(value) as { next?: unknown };
  const body = isListening(next) ? bodyOf(next) : null;
  if (!isListening(next) || body === null) return value;
  return { ...(value as Step), next: withBody(next, new GuardedBody(body, guard, rules)) };
}
