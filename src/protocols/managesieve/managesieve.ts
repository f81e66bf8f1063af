// The ManageSieve conversation (RFC 5804; rules G): who answers a command, and what the client is told when the server, the
// time or its patience is at an end. Knows commands and the order of things; how a command is read is in reader.ts, logging
// in in authentication.ts, what a client is told of the server in greeting.ts, scripts in scripts.ts, the server's side in
// server.ts, grammar in commands.ts.
//
//   greeting ─► (non-authenticated) ─AUTHENTICATE─► authenticated ─LOGOUT─► (over)
//                        ▲────────────UNAUTHENTICATE───────┘

import type { Rule } from "../../record/rules.ts";
import type { Line } from "../../wire/lines.ts";
import { offersTls } from "../clear-login.ts";
import { literal, swallow } from "../next.ts";
import {
  type Conversation,
  define,
  type Expiry,
  type Loss,
  type Outcome,
  type Setup,
  type Step,
} from "../protocol.ts";
import { type Refusal, refuse } from "../refusal.ts";
import { MAX_SASL_LINE } from "../sasl.ts";
import { Authentication } from "./authentication.ts";
import { type Command, commandOf, isScriptNext, refusalOf, showCommand, verbOf } from "./commands.ts";
import { Greeting } from "./greeting.ts";
import { type SieveOptions, sieveOptions } from "./options.ts";
import { CommandReader, type Fate, type Heard } from "./reader.ts";
import * as replies from "./replies.ts";
import { Scripts, TOO_LARGE } from "./scripts.ts";
import { pass, Server } from "./server.ts";
import { SieveStartTls } from "./start-tls.ts";
import type { Word } from "./strings.ts";

export const managesieve = define({
  name: "managesieve",
  dialogue: "lock-step",
  options: sieveOptions,
  // RFC 5804 section 1.2: thirty minutes at least.
  defaults: { "idle-timeout": "1800" },
  facility: "mail",
  converse: (setup, options) => new SieveConversation(setup, options),
  unavailable: () => replies.UNAVAILABLE,
  refusal: () => replies.TOO_MANY,
  greetsSecured: true,
  asksForTls: true,
  startTls: () => new SieveStartTls(),
});

/** Octets of a server's line: two quoted strings with each octet behind a backslash, and some words. */
const SERVER_LINE = 8192;

/** Octets of a string that is neither a script nor data of a login: those are quoted, where clients can choose. */
const MOST_HELD = 1024;

/** Octets of a string before a login, refused or not. */
const MOST_BEFORE = 65536;

/** Seconds the server may take to answer a LOGOUT, which changes nothing. */
const LOGOUT_PATIENCE = 5;

const EXPIRED: Readonly<Record<Expiry, string>> = {
  idle: replies.IDLE,
  session: replies.SESSION_OVER,
  shutdown: replies.SHUTTING_DOWN,
  "too-slow": replies.TOO_SLOW,
};

const NO_LINE: Refusal = { rule: "syntax", reply: replies.BAD_SYNTAX };
const TOO_LONG: Refusal = { rule: "bad-argument", reply: replies.BAD_ARGUMENT };

class SieveConversation implements Conversation {
  readonly #setup: Setup;
  readonly #options: SieveOptions;
  readonly #server: Server;
  readonly #authentication: Authentication;
  readonly #reader = new CommandReader(NO_LINE, (words, octets) => this.#fateOf(words, octets));
  readonly #greeting: Greeting;
  readonly #scripts: Scripts;
  #isLeaving = false;

  constructor(setup: Setup, options: SieveOptions) {
    this.#setup = setup;
    this.#options = options;
    this.#server = new Server((words) => this.#greeting.greeted(words));
    this.#authentication = new Authentication(this.#server, setup, options);
    this.#greeting = new Greeting(this.#server, this.#authentication, setup, options);
    this.#scripts = new Scripts(this.#server, options);
  }

  lineLimit(): number {
    return this.#options.maxLineLength;
  }

  serverLineLimit(): number {
    return SERVER_LINE;
  }

  clientLine(line: Line): Step {
    // Its end may announce octets: whoever does not know takes those for commands.
    if (line.tooLong) return this.#lose("line-length", replies.LINE_TOO_LONG);
    if (this.#scripts.isPassing) return this.#committed(line.text);
    return this.#heard(this.#reader.line(line.text));
  }

  literal(octets: string, side: "client" | "server"): Step {
    if (side === "server") {
      this.#server.string(octets);
      return { next: "reply" };
    }
    this.#reader.string(octets);
    return { next: "more" };
  }

  /** A script of either side, or octets that were refused. */
  bodyEnd(): Step {
    return { next: this.#server.isPassing ? "reply" : "more" };
  }

  serverLine(text: string): Step | "fault" {
    return this.#server.line(text);
  }

  /** As Dovecot does where a script is larger than it takes, or there is no room. */
  refusesEarly(text: string): boolean {
    return /^NO(?: |$)/i.test(text);
  }

  serverLost(due: boolean, how: Loss): Step {
    this.#server.lose(how);
    if (!due) return { next: "command" };
    if (this.#server.isPassing) return { next: "close" };
    return this.#authentication.serverLost(how) ?? this.#withoutServer();
  }

  injected(): Step {
    return close(replies.BEHIND_STARTTLS);
  }

  abandoned(): Step | null {
    return this.#authentication.sasl.clientGone(this.#server.lost);
  }

  throttled(): Step {
    return this.#authentication.throttled();
  }

  owes(): "login" | "credential" | null {
    return this.#authentication.owed;
  }

  /** Who has logged in may err as often as it likes: all it can do is its own scripts. */
  spared(): "always" | "never" {
    return this.#authentication.state === "authenticated" ? "always" : "never";
  }

  expired(what: Expiry): Step {
    if (this.#server.isPassing) return { next: "close" };
    return close(EXPIRED[what]);
  }

  tooManyErrors(): Step {
    return close(replies.TOO_MANY_ERRORS);
  }

  statusOf(reply: string): string {
    return /^(?:OK|NO|BYE)(?: \([A-Z/]+\))?(?= |$)/.exec(reply)?.[0] ?? "";
  }

  outcome(reply: string): Outcome {
    if (/^(?:NO|BYE)/.test(reply)) return "refused";
    // What comes before the status decides nothing, nor does a challenge.
    return /^OK(?: |\r?$)/m.test(reply) ? "done" : "more";
  }

  // ------------------------------------------------------------------ commands, as they come

  /** What becomes of octets that the client announces behind these words. */
  #fateOf(words: readonly Word[], octets: number): Fate {
    // Who has not logged in has nothing to say that is as long: what is refused has to be read all the same.
    if (this.#authentication.state !== "authenticated" && octets > MOST_BEFORE) return "lost";
    if (this.#authentication.sasl.isOpen) return octets < MAX_SASL_LINE ? "held" : TOO_LONG;
    const [verb, args] = parted(words);
    const refusal = this.#refusalOf(verb);
    if (refusal !== null) return refusal;
    if (isScriptNext(verb, args)) return this.#scripts.isTooLarge(octets) ? TOO_LARGE : "passed";
    return octets <= (verb === "AUTHENTICATE" ? MAX_SASL_LINE : MOST_HELD) ? "held" : TOO_LONG;
  }

  #refusalOf(verb: string): Refusal | null {
    return refusalOf(verb, this.#authentication.state, offersTls(this.#setup));
  }

  #heard(heard: Heard): Step {
    switch (heard.is) {
      case "string":
        return { next: literal(heard.octets, "client") };
      case "refused":
        return { next: swallow(heard.octets) };
      case "passed":
        return this.#pass(heard.words, heard.octets);
      case "lost":
        return this.#lose("syntax", replies.LOST);
      case "whole":
        return this.#authentication.sasl.isOpen ? this.#answer(heard) : this.#whole(heard);
    }
  }

  /** Nobody knows what comes next; a login that waits for it is given up by it. */
  #lose(rule: Rule, reply: string): Step {
    return { ...this.abandoned(), ...close(reply), refused: rule };
  }

  /** A string of an exchange, whatever it looks like; what is none tells the server to stop. */
  #answer({ words: [data, ...more], refusal, text }: Heard & { readonly is: "whole" }): Step {
    const isString = refusal === null && data?.kind === "string" && more.length === 0;
    // A blank is in no data.
    const said = isString ? data.text : ` ${text}`;
    const line = { text: said, octets: said.length, tooLong: refusal === TOO_LONG };
    return this.#authentication.sasl.clientLine(line, this.#server.lost);
  }

  #whole({ text, words, refusal }: Heard & { readonly is: "whole" }): Step {
    const isLegal = this.#refusalOf(parted(words)[0]) === null;
    const step = this.#judged(text, words, refusal);
    // Of what is no line only its verb is known.
    const [verb, args] = refusal === NO_LINE ? [verbOf(text), []] : parted(words);
    const shown = verb === undefined ? undefined : showCommand(verb, args, isLegal);
    const secret =
      verb !== "AUTHENTICATE" ? undefined : refusal === null ? args[1]?.text : text.slice(verb.length);
    if (verb === undefined || shown === undefined) return step;
    const hidden = secret === undefined || secret === "" ? {} : { secret };
    return { shown: refusal === NO_LINE ? `${verb} ***` : shown, told: { verb }, ...hidden, ...step };
  }

  #judged(text: string, words: readonly Word[], refusal: Refusal | null): Step {
    if (this.#server.lost !== null) return this.#lostCommand(text);
    if (text.trim() === "") return refuse("empty-line", replies.EMPTY_LINE);
    const [verb, args] = parted(words);
    const refused = refusal ?? this.#refusalOf(verb);
    if (refused !== null) return refuse(refused.rule, refused.reply);
    const command = commandOf(verb, args);
    return command === null ? refuse("bad-argument", replies.BAD_ARGUMENT) : this.#command(command);
  }

  #pass(words: readonly Word[], octets: number): Step {
    const [verb, args] = parted(words);
    if (this.#server.lost !== null) return this.#withoutServer();
    return this.#scripts.pass({ verb, words: args.map(({ text }) => text) }, octets);
  }

  /** The line ends that has a script, or else the server is never told so. */
  #committed(rest: string): Step {
    return rest === "" ? this.#scripts.commit() : this.#lose("syntax", replies.LOST);
  }

  // ------------------------------------------------------------------ commands

  #command(command: Command): Step {
    const { verb, words } = command;
    switch (verb) {
      case "AUTHENTICATE":
        return this.#authentication.authenticate(command);
      case "STARTTLS":
        return this.#startTls();
      case "CAPABILITY":
        return this.#idling(this.#greeting.list(command));
      case "NOOP":
        return this.#idling(this.#alive(words[0]));
      case "LOGOUT":
        return this.#logOut(command);
      case "UNAUTHENTICATE":
        return this.#server.ask(command, (status) => {
          if (status.word === "OK") this.#authentication.leave();
          return pass(status, verb);
        });
      default:
        return this.#scripts.command(command);
    }
  }

  /** Whoever only asks, and does not log in, keeps a place that is another's. */
  #idling(step: Step): Step {
    return this.#authentication.state === "authenticated" ? step : { ...step, idle: true };
  }

  /** The server hears it, too, or it would take the client for an idle one; the tag is ours to give back. */
  #alive(tag: string | undefined): Step {
    return this.#server.ask({ verb: "NOOP", words: [] }, (status) =>
      status.word === "OK" ? { client: replies.ALIVE(tag), next: "command" } : pass(status, "NOOP"),
    );
  }

  /** As in POP3: a client that has failed to log in in the clear stays there, or its guesses would count anew. */
  #startTls(): Step {
    if (this.#authentication.hasFailed) return refuse("starttls", replies.WRONG_STATE);
    return { client: replies.START_TLS, next: "secure" };
  }

  #logOut(command: Command): Step {
    this.#isLeaving = true;
    const bye = { client: replies.BYE, next: "close" } as const;
    return { ...this.#server.ask(command, () => bye), patience: LOGOUT_PATIENCE };
  }

  #lostCommand(text: string): Step {
    this.#isLeaving = verbOf(text) === "LOGOUT";
    return this.#withoutServer();
  }

  #withoutServer(): Step {
    if (this.#isLeaving) return { client: replies.BYE, next: "close", ends: "quit" };
    return close(replies.UNAVAILABLE);
  }
}

function close(client: string): Step & { readonly next: "close" } {
  return { client, next: "close" };
}

/** The verb in upper case, and what stands behind it. */
function parted([first, ...args]: readonly Word[]): readonly [verb: string, args: readonly Word[]] {
  return [first?.kind === "atom" ? first.text.toUpperCase() : "", args];
}
