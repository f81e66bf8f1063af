// `protowrap ./nntp.ts …`: a protocol of somebody else's, from a module outside. It is code the
// administrator named and is trusted as such; that it is a protocol at all is checked here, so that a broken
// one is an error of the start and not of a session.

import { resolve } from "node:path";
import { RUN_OPTIONS, type RunDefaults } from "../options/run.ts";
import { settle } from "../options/settle.ts";
import type { Table, ValuesOf } from "../options/table.ts";
import { nearest, UsageError } from "../options/usage.ts";
import { KIT, type Kit, type OutsideProtocol } from "../protocols/kit.ts";
import { type AnyProtocol, define, type Obliging, type Protocol } from "../protocols/protocol.ts";
import type { StartTls } from "../protocols/start-tls.ts";
import { SessionFault } from "../session/fault.ts";
import type { Body } from "../wire/body.ts";
import { messageOf, Origin } from "./outside/blame.ts";
import { GuardedBody } from "./outside/body.ts";
import { faultOfConversation, guarded } from "./outside/conversation.ts";
import { Guard } from "./outside/guard.ts";
import { expecting, TEXT } from "./outside/step.ts";
import { checkTable } from "./outside/table.ts";

type Exported = Partial<OutsideProtocol<Table, string>>;

/** @throws UsageError that names the file and what is wrong with it */
export async function outside(path: string): Promise<AnyProtocol> {
  const origin = new Origin(path);
  const exported = ((await load(origin)).default ?? {}) as Exported | ((kit: Kit) => Exported);
  const made = typeof exported === "function" ? make(origin, exported) : exported;
  checkWhole(path, made);
  return define(ofModule(made, origin));
}

async function load(origin: Origin): Promise<Record<string, unknown>> {
  try {
    return (await import(resolve(origin.path))) as Record<string, unknown>;
  } catch (error) {
    throw new UsageError(`${origin.placeOf(error)}: cannot be loaded: ${messageOf(error)}`);
  }
}

function make(origin: Origin, exported: (kit: Kit) => Exported): Exported {
  try {
    return Object(exported(KIT)) as Exported;
  } catch (error) {
    throw new UsageError(`${origin.placeOf(error)}: its default export failed: ${messageOf(error)}`);
  }
}

/** What may be exported besides what must be; a new key that is missing here is an error of the compiler. */
const METHODS = [
  ...(["converse", "unavailable", "refusal", "missingWithConnect", "startTls"] as const),
  ...(["obliging", "describe", "doubts", "message"] as const),
];
const KEYS: Readonly<Record<keyof OutsideProtocol<Table, string>, true>> = {
  ...{
    name: true,
    rules: true,
    options: true,
    defaults: true,
    server: true,
    facility: true,
    daemons: true,
    dialogue: true,
    greets: true,
    greetsSecured: true,
    asksForTls: true,
  },
  ...{ converse: true, unavailable: true, refusal: true, missingWithConnect: true, startTls: true },
  ...{ ports: true, obliging: true, describe: true, doubts: true, message: true },
};

/** @throws UsageError for what is missing, and for what is none of it */
function checkWhole(path: string, exported: Exported): asserts exported is OutsideProtocol<Table, string> {
  const wrong = (what: string) => new UsageError(`${path}: expected a default export with ${what}`);
  const { name, dialogue, rules = {}, options = {}, defaults = {}, server, facility, greets } = exported;
  const { greetsSecured, asksForTls, ports, daemons } = exported;
  if (typeof name !== "string" || !/^[a-z][a-z0-9-]*$/.test(name))
    throw wrong('a name of letters, digits and "-"');
  if (dialogue !== "lock-step" && dialogue !== "stream") throw wrong('dialogue "lock-step" or "stream"');
  if (typeof exported.converse !== "function") throw wrong("a function converse(setup, options, kit)");
  if (typeof exported.unavailable !== "function") throw wrong("a function unavailable(hostname)");
  for (const method of METHODS)
    if (exported[method] !== undefined && typeof exported[method] !== "function")
      throw wrong(`a function ${method}()`);
  if (![undefined, "mail", "daemon"].includes(facility)) throw wrong('facility "mail" or "daemon"');
  if (daemons !== undefined && !areDaemons(daemons))
    throw wrong("daemons, names of small letters, digits and hyphens by dialect: postfix, dovecot");
  if (![undefined, "server", "nobody"].includes(greets)) throw wrong('greets "server" or "nobody"');
  if (![undefined, true].includes(greetsSecured)) throw wrong("greetsSecured true, or none");
  if (![undefined, true].includes(asksForTls)) throw wrong("asksForTls true, or none");
  if (ports !== undefined && !(isPort(ports?.clear) && isPort(ports.implicit)))
    throw wrong("ports, two numbers: clear and implicit");
  if (server !== undefined && !(isTexts(server) && server[0]?.startsWith("/")))
    throw wrong("server, a list of an absolute path and arguments");
  for (const [rule, sentence] of Object.entries(rules))
    if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(rule) || typeof sentence !== "string")
      throw wrong("rules, names of small letters, digits and hyphens, each with a sentence");
  checkTable(path, options);
  checkDefaults(path, defaults);
  for (const key of Object.keys(exported))
    if (!Object.hasOwn(KEYS, key)) throw wrong(`no ${key}${hint(key)}`);
}

/** They stand at the beginning of lines that others read. */
function areDaemons(daemons: unknown): boolean {
  return Object.entries(Object(daemons)).every(
    ([dialect, name]) => /^(?:postfix|dovecot)$/.test(dialect) && /^[a-z][a-z0-9-]*$/.test(String(name)),
  );
}

function checkDefaults(path: string, defaults: RunDefaults): void {
  const options: Table = RUN_OPTIONS;
  for (const [name, value] of Object.entries(defaults)) {
    const where = `${path}: defaults: ${name}`;
    if (!Object.hasOwn(options, name)) throw new UsageError(`${where}: expected an option of every run`);
    settle(name, options[name]!, { value, where });
  }
}

function hint(key: string): string {
  const near = nearest(key, Object.keys(KEYS));
  return near === null ? "" : `; expected perhaps ${near}`;
}

/** The protocol as the rest of us has it: each call of the author's code under guard, and the kit bound. */
function ofModule(exported: OutsideProtocol<Table, string>, origin: Origin): Protocol<Table, string> {
  const { name, rules = {}, options = {}, dialogue, defaults, server, facility, greets } = exported;
  const { greetsSecured, asksForTls, ports, daemons } = exported;
  const start = new Guard(origin, UsageError);
  const session = new Guard(origin, SessionFault);
  const lastWords = (hostname: string) => exported.unavailable(hostname);
  start.call("unavailable", () => lastWords("localhost"), LAST_WORDS);
  return {
    ...{ name, rules, options, dialogue },
    ...(defaults === undefined ? {} : { defaults }),
    ...(server === undefined ? {} : { server }),
    ...(facility === undefined ? {} : { facility }),
    ...(daemons === undefined ? {} : { daemons }),
    ...(greets === undefined ? {} : { greets }),
    ...(greetsSecured === undefined ? {} : { greetsSecured }),
    ...(asksForTls === undefined ? {} : { asksForTls }),
    ...(ports === undefined ? {} : { ports }),
    ...(exported.refusal === undefined ? {} : { refusal: (...of) => refusal(exported, start, of) }),
    unavailable: (hostname) => start.call("unavailable", () => lastWords(hostname), LAST_WORDS),
    converse(setup, values) {
      const conversation = start.call(
        "converse",
        () => exported.converse(setup, values, KIT),
        (value) => faultOfConversation(value, dialogue),
      );
      return guarded(conversation, { dialogue, rules: Object.keys(rules) }, session);
    },
    missingWithConnect: (values) =>
      start.call("missingWithConnect", () => exported.missingWithConnect?.(values) ?? null, MISSING),
    describe: (values, place) =>
      start.call("describe", () => exported.describe?.(values, place) ?? [], PAIRS),
    doubts: (values, place) => start.call("doubts", () => exported.doubts?.(values, place) ?? [], PAIRS),
    ...(exported.startTls === undefined
      ? {}
      : { startTls: (hostname) => startTls(exported, session, hostname) }),
    ...(exported.message === undefined
      ? {}
      : { message: (values) => message(exported, values, start, Object.keys(rules)) }),
    ...(exported.obliging === undefined ? {} : { obliging: () => obliging(exported, start) }),
  };
}

function refusal(
  exported: OutsideProtocol<Table, string>,
  start: Guard,
  of: Parameters<NonNullable<OutsideProtocol<Table, string>["refusal"]>>,
): string {
  return start.call("refusal", () => exported.refusal!(...of), LAST_WORDS);
}

function message(
  exported: OutsideProtocol<Table, string>,
  values: ValuesOf<Table>,
  guard: Guard,
  rules: readonly string[],
): Body {
  return new GuardedBody(
    guard.call("message", () => exported.message!(values), BODY),
    guard,
    rules,
  );
}

function obliging(exported: OutsideProtocol<Table, string>, guard: Guard): Obliging {
  const answer = guard.call("obliging", () => exported.obliging!(), ANSWERS);
  return (command) => guard.call("obliging", () => answer(command), TEXT);
}

/** A mistake in it is no server's. */
function startTls(exported: OutsideProtocol<Table, string>, guard: Guard, hostname: string): StartTls {
  const dialogue = guard.call("startTls", () => exported.startTls!(hostname), DIALOGUE);
  return {
    serverLine: (text) => guard.call("startTls: serverLine", () => dialogue.serverLine(text), START_TLS_STEP),
  };
}

const DIALOGUE = expecting(
  "an object with serverLine",
  (value) => typeof (Object(value) as Partial<StartTls>).serverLine === "function",
);
const START_TLS_STEP = expecting(
  "more, secure, {failed}, or {server} with one line that ends in CRLF",
  (value) => {
    const { server, failed } = Object(value) as { readonly server?: unknown; readonly failed?: unknown };
    const isCommand = typeof server === "string" && /^[^\0\r\n\u0100-\uffff]*\r\n$/.test(server);
    return value === "more" || value === "secure" || typeof failed === "string" || isCommand;
  },
);
const LAST_WORDS = expecting(
  "one line of printable text with CRLF, or nothing in it",
  (value) => typeof value === "string" && /^(?:[ -~]+\r\n)?$/.test(value),
);
const MISSING = expecting("text, or null", (value) => value === null || typeof value === "string");
const BODY = expecting("a body", (value) => typeof (value as Partial<Body> | null)?.scan === "function");
const ANSWERS = expecting("a function of a command", (value) => typeof value === "function");
const PAIRS = expecting(
  "a list of pairs of text",
  (value) => Array.isArray(value) && value.every((pair) => isTexts(pair) && pair.length === 2),
);

function isPort(port: unknown): boolean {
  return Number.isInteger(port) && Number(port) > 0 && Number(port) < 65_536;
}

function isTexts(list: unknown): list is readonly string[] {
  return Array.isArray(list) && list.every((text) => typeof text === "string");
}
