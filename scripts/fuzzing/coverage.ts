// Knows where a conversation has been: every event a protocol is told of and every step it answers with, as
// tuples of mode, stage, event and step. The stage is what the server last agreed to, seen from outside.

import type { AnyProtocol, Conversation, Step } from "../../src/protocols/protocol.ts";
import type { Line } from "../../src/wire/lines.ts";

/** What a conversation is asked, and answers with something else than a step. */
const ASKED = [
  "bodyRefused",
  "lineLimit",
  "outcome",
  "serverLineLimit",
  "serverOctets",
  "serverRest",
  "owes",
  "spared",
  "statusOf",
] as const;

type Event = Exclude<keyof Conversation, (typeof ASKED)[number]>;

/** The same protocol, whose conversations tell `note` of every tuple they reach. */
export function observed(protocol: AnyProtocol, note: (tuple: string) => void): AnyProtocol {
  return {
    ...protocol,
    converse: (setup, read) => {
      const observer = new Observer(note);
      return new Proxy(protocol.converse(setup, read), {
        get: (conversation, name: keyof Conversation) => {
          const method = conversation[name] as ((...told: unknown[]) => unknown) | undefined;
          if (method === undefined) return undefined;
          if (!isEvent(name)) return method.bind(conversation);
          return (...told: unknown[]) => {
            const step = method.apply(conversation, told) as Step | "fault" | null;
            observer.saw(name, told[0], step);
            return step;
          };
        },
      });
    },
  };
}

function isEvent(name: keyof Conversation): name is Event {
  return !(ASKED as readonly string[]).includes(name);
}

class Observer {
  readonly #note: (tuple: string) => void;
  #mode = "greeting";
  #stage = "greeting";
  #asked = "greeting";

  constructor(note: (tuple: string) => void) {
    this.#note = note;
  }

  saw(event: Event, told: unknown, step: Step | "fault" | null): void {
    this.#note(`${this.#mode} ${this.#stage} ${event}:${what(event, told, step)} ${kind(step)}`);
    if (step === null || step === "fault") return;
    if (step.server !== undefined) this.#asked = word(step.server);
    else if (event === "serverLine" && step.next !== "reply" && /^(?:[23]|\+)/.test(told as string))
      this.#stage = this.#asked;
    this.#mode = step.delay ? "delay" : next(step);
  }
}

function what(event: Event, told: unknown, step: Step | "fault" | null): string {
  switch (event) {
    case "clientLine":
      if ((told as Line).tooLong) return "long";
      return String((step as Step).told?.verb ?? "other");
    case "serverLine":
    case "unsolicited":
      return replyClass(told as string);
    case "literal":
      return "";
    case "clientEnd":
      return told === "" ? "" : "rest";
    default:
      return String(told ?? "");
  }
}

/** The codes that change what follows by themselves, the others by their first digit. */
function replyClass(text: string): string {
  return /^(?:421|354|334|235|\+OK|-ERR|\+ |[2-5][0-5][0-9]-|[2-5](?=[0-5][0-9]))/.exec(text)?.[0] ?? "none";
}

function kind(step: Step | "fault" | null): string {
  if (step === null || step === "fault") return String(step);
  const { client, server, refused, log } = step;
  const parts = [next(step), step.delay ? "delay" : "", client?.slice(0, 4) ?? "", refused ?? ""];
  return [...parts, server === undefined ? "" : `>${word(server)}`, log?.event ?? ""].join("/");
}

function next({ next }: Step): string {
  if (typeof next === "string") return next;
  return next.name;
}

/** The verb of a command of ours, or that it was something else. */
function word(command: string): string {
  return /^[A-Z]{4}(?=[ \r])/.exec(command)?.[0] ?? "text";
}
