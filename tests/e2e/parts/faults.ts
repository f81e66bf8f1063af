// Knows the steps of a plain SMTP and a plain POP3 session, and what can go wrong at each: plays one fault at
// one step through the built wrapper, whatever way its client comes, and says what each side saw. What should have
// been seen is the caller's.

import { readFileSync } from "node:fs";
import type { ServerRecord, Stage } from "../../corpus/stage.ts";
import type { StubOptions } from "../../fixtures/stub.ts";
import { type Conversation, pop3Status, smtpReply } from "./conversation.ts";
import { until } from "./deadline.ts";
import { root } from "./missing.ts";
import type { Transport } from "./transport.ts";

export type Kind = "smtp" | "pop3";

/** One step of a session: what the client sends, and what its answer is called by the stub. */
interface Step {
  readonly name: string;
  readonly send: string;
  readonly verb: string;
  /** The event that the log has of it, perhaps a moment after the client's answer. */
  readonly tells?: string;
}

const HALF = "Subject: half\r\n\r\nthe first half\r\n";

const STEPS: Readonly<Record<Kind, readonly Step[]>> = {
  smtp: [
    { name: "greeting", send: "", verb: "GREETING" },
    { name: "EHLO", send: "EHLO client.test\r\n", verb: "EHLO" },
    { name: "AUTH", send: "AUTH PLAIN AHUAc2VjcmV0\r\n", verb: "SASL", tells: "login" },
    { name: "MAIL", send: "MAIL FROM:<a@client.test>\r\n", verb: "MAIL" },
    { name: "RCPT", send: "RCPT TO:<u@local.test>\r\n", verb: "RCPT" },
    { name: "DATA", send: "DATA\r\n", verb: "DATA" },
    { name: "in the message", send: HALF, verb: "BODY" },
    { name: "its end", send: ".\r\n", verb: "EOD", tells: "message" },
    { name: "QUIT", send: "QUIT\r\n", verb: "QUIT" },
  ],
  pop3: [
    { name: "greeting", send: "", verb: "GREETING" },
    { name: "USER", send: "USER u\r\n", verb: "USER" },
    { name: "PASS", send: "PASS secret\r\n", verb: "PASS", tells: "login" },
    { name: "STAT", send: "STAT\r\n", verb: "STAT" },
    { name: "RETR", send: "RETR 1\r\n", verb: "RETR" },
    { name: "in the message", send: "RETR 1\r\n", verb: "EOD" },
    { name: "DELE", send: "DELE 1\r\n", verb: "DELE" },
    { name: "QUIT", send: "QUIT\r\n", verb: "QUIT" },
  ],
};

/** What follows a message in which the server fails. */
const END: Readonly<Record<Kind, string>> = { smtp: ".\r\n", pop3: "QUIT\r\n" };

/** In one session what comes before a step; POP3's message is retrieved once. */
function before(kind: Kind, step: Step): Step[] {
  const steps = STEPS[kind];
  const earlier = steps.slice(0, steps.indexOf(step));
  return kind === "pop3" ? earlier.filter(({ name }) => name !== "RETR") : earlier;
}

export const FAULTS = [
  "client resets",
  "client resets, server hangs",
  "client half-closes",
  "server is killed",
  "server hangs",
  "server talks garbage",
  "SIGTERM to us",
  "SIGTERM, server hangs",
] as const;
export type Fault = (typeof FAULTS)[number];

export interface Cell {
  readonly kind: Kind;
  readonly step: Step;
  readonly fault: Fault;
}

export function cellsOf(kind: Kind): Cell[] {
  return STEPS[kind].flatMap((step) => FAULTS.map((fault) => ({ kind, step, fault })));
}

/** Whether a client can do its part in the fault. */
export function isPlayable({ fault }: Cell, { halfCloses }: Transport): boolean {
  return halfCloses || fault !== "client half-closes";
}

export interface Seen {
  /** The replies the client read from the fault on. */
  readonly client: string;
  /** How the server ended, as the wrapper's log has it; empty where it may have left before it was ended. */
  readonly server: string;
  /** What became final at the server: a message taken, a message deleted. */
  readonly final: string;
  /** What the log tells of it: a message, a login, a failed one and why. */
  readonly told: string;
  /** Whether the log calls the service unavailable. */
  readonly unserved: boolean;
  /** The exit code of the client's own process; null where it has none. */
  readonly exit: number | string | null;
  /** That of what stood for all clients; null where nothing did. */
  readonly left: number | string | null;
  /** What must never be. */
  readonly complaints: readonly string[];
}

/** Seconds; a server that is not hanging must be able to start within them, beside all the others. */
const SERVER_TIMEOUT = 3;
const GARBAGE = "garbage\r\n";
/** More than all pipes and sockets on the way hold. */
const LARGE = `${"x".repeat(62)}\r\n`.repeat(65536);

export async function play(cell: Cell, transport: Transport, stage: Stage): Promise<Seen> {
  const { kind, step, fault } = cell;
  const record = stage.record();
  const options = ["--log-level", "2"];
  if (root.there) options.push("--user", "nobody");
  if (kind === "smtp") options.push("--relay-domain", "local.test", "--auth", "pass");
  if (fault === "server hangs") options.push("--server-timeout", String(SERVER_TIMEOUT));
  const server = ["--", ...stage.stub(kind, record, stubOptions(cell))];

  await using front = await transport.stand({ protocol: kind, options, server, log: `${record.path}.log` });
  await using link = await front.come();
  const { talk } = link;
  try {
    await until("the server's start", () => (record.pids.length > 0 ? true : undefined), 15_000);
    for (const { name, send, tells } of before(kind, step)) {
      await talk.send(send);
      if (name !== "in the message" || kind === "pop3") await talk.read(answer(kind, name));
      if (tells !== undefined)
        await until(`${tells} in the log`, () => link.log().includes(` event=${tells} `) || undefined);
    }
    const from = step.verb === "GREETING" ? 0 : talk.received.length; // it may be here already
    const heardBefore = link.log().length;
    await commit(cell, talk, record, link.pid);
    // A server that decides has half a minute, and then as long to go as any.
    const exit = await link.end(45_000);
    const said = talk.received.slice(from);
    const logged = link.log().slice(heardBefore);
    const left = await front.leave();
    return {
      client: isReset(fault) ? "" : heard(kind, said),
      server: leavesItself(cell) ? "" : departure(logged),
      final: finals(kind, record),
      told: told(logged),
      unserved: /event=end reason=server-unavailable /.test(logged),
      exit,
      left,
      complaints: [...(await complaints(cell, record)), ...foreign(kind, said)],
    };
  } finally {
    for (const pid of record.pids) if (alive(pid)) process.kill(pid, "SIGKILL");
  }
}

/** The stub's part in the fault; to be slow enough to be caught in the act, if nothing else. */
function stubOptions({ kind, step: { verb, name }, fault }: Cell): StubOptions {
  switch (fault) {
    case "client half-closes":
      return {};
    case "client resets":
    case "SIGTERM to us":
      return { delayMs: 300 };
    case "server talks garbage":
      if (name === "in the message") return { unsolicited: { [kind === "smtp" ? "DATA" : "EOD"]: GARBAGE } };
      return verb === "GREETING" ? { greeting: GARBAGE } : { reply: { [verb]: GARBAGE } };
    default:
      // A message that comes is awaited by reading: a server that does not is a fault of its own.
      return name === "in the message" && kind === "smtp" && fault !== "server hangs" ? {} : { hangOn: verb };
  }
}

/** Does the step, with the fault in it, and reads all there is to read. */
async function commit(cell: Cell, talk: Conversation, record: ServerRecord, wrapper: number): Promise<void> {
  const { kind, step, fault } = cell;
  const inMessage = step.name === "in the message";
  const [server] = record.pids;
  const large = inMessage && kind === "smtp" && fault === "server hangs";
  await talk.send(large ? LARGE : step.send);
  const { hangOn } = stubOptions(cell);
  if (inMessage && kind === "pop3") await talk.read(/^\+OK.*?yyy/s);
  // Caught in the act: what it does before it hangs is done.
  else if (hangOn !== undefined && !large)
    await until(`${step.name} at the server`, () => record.notes.includes(`hangs on ${hangOn}`) || undefined);
  else if (fault !== "server talks garbage" && fault !== "client half-closes" && !large)
    await until(`${step.name} at the server`, () => record.octets.endsWith(step.send) || undefined);

  switch (fault) {
    case "client resets":
    case "client resets, server hangs":
      return talk.cut();
    case "client half-closes":
      talk.halfClose();
      break;
    case "server is killed":
      process.kill(server!, "SIGKILL");
      break;
    case "SIGTERM to us":
    case "SIGTERM, server hangs":
      process.kill(wrapper, "SIGTERM");
      break;
    case "server hangs":
      break;
    case "server talks garbage":
      if (inMessage) await until("the server's end", () => (alive(server!) ? undefined : true));
      break;
    default:
      fault satisfies never;
  }
  // The message is sent to its end, whoever is still there to take it.
  if (endsMessage(step, fault)) await talk.send(END[kind]);
  await talk.end(20_000);
}

function endsMessage({ name }: Step, fault: Fault): boolean {
  return name === "in the message" && /^server/.test(fault);
}

/** After its garbage: a race that proves nothing. */
function leavesItself({ kind, step: { name }, fault }: Cell): boolean {
  return fault === "server talks garbage" && (name === "QUIT" || (name === "greeting" && kind === "pop3"));
}

function isReset(fault: Fault): boolean {
  return fault.startsWith("client resets");
}

function told(log: string): string {
  const events = log.matchAll(/event=(message|login(?:-failed)?)(?= )(?:.*? reason=(\S+))?/g);
  return Array.from(
    events,
    ([, event, reason]) => `*${event}${reason === undefined ? "" : `, ${reason}`}*`,
  ).join(" ");
}

function departure(log: string): string {
  return /event=end .*\bserver-exit=(\S+)/.exec(log)?.[1] ?? "not logged";
}

function answer(kind: Kind, step: string): RegExp {
  if (kind === "smtp") return smtpReply;
  return step === "in the message" ? /^\+OK.*?\r\n\.\r\n/s : pop3Status;
}

/** The answers as codes, bodies as whole or cut. */
function heard(kind: Kind, said: string): string {
  if (said === "") return "";
  const codes =
    kind === "smtp" ? /^\d{3} (?:\d\.\d\.\d)?/gm : /^(?:\+OK|-ERR(?: \[[A-Z/]+\])?)|^y+\r\n(\.\r\n)?/gm;
  return Array.from(said.matchAll(codes), ([code]) => {
    if (!code.startsWith("y")) return `\`${code.trim()}\``;
    return code.endsWith(".\r\n") ? "whole message" : "message without end";
  }).join(", ");
}

function finals(kind: Kind, record: ServerRecord): string {
  if (kind === "smtp") return record.octets.includes("\r\n.\r\n") ? "message sent whole" : "";
  return record.notes.some((note) => /^update [1-9]/.test(note)) ? "message deleted" : "";
}

/** What no fault may lead to. */
async function complaints(cell: Cell, record: ServerRecord): Promise<string[]> {
  const found = record.notes.filter((note) => /^eof inside|^ahead /.test(note));
  const { kind, step, fault } = cell;
  const steps = [...before(kind, step), step].map(({ send }) => send);
  const sent = [...steps, LARGE, endsMessage(step, fault) ? END[kind] : ""].join("");
  // How many messages there are POP3 asks on its own.
  const own = new Set([...sent.split("\r\n"), "STAT"]);
  const lines = record.octets.split("\r\n").slice(0, -1);
  found.push(...lines.filter((line) => !own.has(line)).map((line) => `${line} was invented`));
  for (const pid of record.pids) {
    const gone = () => (alive(pid) ? undefined : true);
    await until("gone", gone, 1_000).catch(() => found.push(`server ${pid} was left behind`));
  }
  return found;
}

/** Lines that are not of the protocol; the text of a message is. */
function foreign(kind: Kind, said: string): string[] {
  const own = kind === "smtp" ? /^\d{3}[ -]/ : /^(?:\+OK|-ERR|\.$|[A-Z][a-z]+: |x+$|y+$|$)/;
  return said.split("\r\n").filter((line) => line !== "" && !own.test(line));
}

/** A zombie is dead: who reaps it is not our business. */
function alive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}
