// The commands of ManageSieve (RFC 5804 section 2): in which state each is legal and what its arguments must be. What
// the server gets is written anew from what was parsed. Knows neither the server nor how a command is read.

import type { Refusal } from "../refusal.ts";
import { showAuth } from "../sasl.ts";
import * as replies from "./replies.ts";
import { quote, toServer, type Word } from "./strings.ts";
import { isName, readable } from "./text.ts";

/** RFC 5804 section 1.1: before AUTHENTICATE has gone well, and after. */
export type State = "non-authenticated" | "authenticated";

export interface Command {
  readonly verb: string;
  /** In canonical form: numbers and the octets of strings. */
  readonly words: readonly string[];
}

/** Whether a word may stand here, and how it is written. */
interface Argument {
  fits(word: Word): boolean;
  write(text: string): string;
}

const name: Argument = { fits: ({ kind, text }) => kind === "string" && isName(text), write: quote };
/** No script is active then (RFC 5804 section 2.8). */
const nameOrNone: Argument = { ...name, fits: (word) => name.fits(word) || isString(word, "") };
const script: Argument = { fits: ({ kind }) => kind === "string", write: toServer };
/** Given back as it is (RFC 5804 section 2.13). */
const tag: Argument = { ...script, fits: ({ kind, text }) => kind === "string" && readable(text) === text };
const number: Argument = {
  fits: ({ kind, text }) => kind === "atom" && /^(?:0|[1-9][0-9]{0,9})$/.test(text) && Number(text) < 2 ** 32,
  write: (text) => text,
};
const mechanism: Argument = {
  fits: ({ kind, text }) => kind === "string" && /^[A-Za-z0-9_-]{1,20}$/.test(text),
  write: (text) => quote(text.toUpperCase()),
};

function isString({ kind, text }: Word, octets: string): boolean {
  return kind === "string" && text === octets;
}

const ANYWHERE: readonly State[] = ["non-authenticated", "authenticated"];
const BEFORE: readonly State[] = ["non-authenticated"];
const AFTER: readonly State[] = ["authenticated"];

interface Form {
  readonly states: readonly State[];
  readonly needs: readonly Argument[];
  /** One that may follow. */
  readonly may?: Argument;
}

const COMMANDS: ReadonlyMap<string, Form> = new Map<string, Form>([
  ["CAPABILITY", { states: ANYWHERE, needs: [] }],
  ["NOOP", { states: ANYWHERE, needs: [], may: tag }],
  ["LOGOUT", { states: ANYWHERE, needs: [] }],
  ["AUTHENTICATE", { states: BEFORE, needs: [mechanism], may: script }],
  ["STARTTLS", { states: BEFORE, needs: [] }],
  ["HAVESPACE", { states: AFTER, needs: [name, number] }],
  ["PUTSCRIPT", { states: AFTER, needs: [name, script] }],
  ["CHECKSCRIPT", { states: AFTER, needs: [script] }],
  ["LISTSCRIPTS", { states: AFTER, needs: [] }],
  ["SETACTIVE", { states: AFTER, needs: [nameOrNone] }],
  ["GETSCRIPT", { states: AFTER, needs: [name] }],
  ["DELETESCRIPT", { states: AFTER, needs: [name] }],
  ["RENAMESCRIPT", { states: AFTER, needs: [name, name] }],
  ["UNAUTHENTICATE", { states: AFTER, needs: [] }],
]);

/** Known and never passed: it lets a client claim any address. */
const FORBIDDEN: ReadonlySet<string> = new Set(["XCLIENT"]);

/** A command that may be said now, whatever its arguments are. @param startsTls STARTTLS is offered */
export function refusalOf(verb: string, state: State, startsTls: boolean): Refusal | null {
  const form = COMMANDS.get(verb);
  if (FORBIDDEN.has(verb)) return { rule: "forbidden-command", reply: replies.FORBIDDEN_COMMAND };
  if (form === undefined) return { rule: "unknown-command", reply: replies.UNKNOWN_COMMAND };
  if (verb === "STARTTLS" && !startsTls) return { rule: "starttls", reply: replies.FORBIDDEN_COMMAND };
  return form.states.includes(state) ? null : { rule: "wrong-state", reply: replies.WRONG_STATE };
}

/** Of one that may be said now. @returns null where its arguments have not their form */
export function commandOf(verb: string, words: readonly Word[]): Command | null {
  const { needs, may } = COMMANDS.get(verb)!;
  const due = words.length > needs.length && may !== undefined ? [...needs, may] : needs;
  if (words.length !== due.length || !due.every((argument, at) => argument.fits(words[at]!))) return null;
  return { verb, words: words.map(({ text }) => text) };
}

/** The octets that come next are a script. @param words of it that have come */
export function isScriptNext(verb: string, words: readonly Word[]): boolean {
  const { needs = [] } = COMMANDS.get(verb) ?? {};
  const given = needs.slice(0, words.length);
  return needs[words.length] === script && given.every((argument, at) => argument.fits(words[at]!));
}

/** With its line end. @param octets of the script that comes behind it as it is */
export function writeCommand({ verb, words }: Command, octets?: number): string {
  const { needs, may } = COMMANDS.get(verb)!;
  const written = words.map((word, at) => (needs[at] ?? may!).write(word));
  const announced = octets === undefined ? [] : [`{${octets}+}`];
  return `${[verb, ...written, ...announced].join(" ")}\r\n`;
}

/** The verb in upper case, if it is one of this protocol. */
export function verbOf(text: string): string | undefined {
  const verb = /^[A-Za-z]+(?= |$)/.exec(text)?.[0].toUpperCase() ?? "";
  return COMMANDS.has(verb) || FORBIDDEN.has(verb) ? verb : undefined;
}

/**
 * As the log may show it, refused or not; undefined when it may be anything, a password typed at the wrong moment for one.
 * So may a word be that does not fit where it stands, or any of a command that is not legal now.
 */
export function showCommand(verb: string, words: readonly Word[], isLegal: boolean): string | undefined {
  const form = COMMANDS.get(verb);
  if (form === undefined)
    return FORBIDDEN.has(verb) ? [verb, ...words.map(() => "***")].join(" ") : undefined;
  const shown = words.map((word, at) => {
    const argument = form.needs[at] ?? form.may;
    if (verb === "AUTHENTICATE") return at === 0 ? quote(showAuth(word.text)) : "***";
    if (!isLegal || argument?.fits(word) !== true) return "***";
    if (argument === script) return `{${word.text.length}+}`;
    return word.kind === "string" ? quote(word.text.slice(0, SHOWN)) : word.text;
  });
  return [verb, ...shown].join(" ");
}

/** Octets of a name that are shown. */
const SHOWN = 200;
