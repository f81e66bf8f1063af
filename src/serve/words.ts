// What the supervisor and a worker say to each other (pure): lines of a word, numbers and at most one text. Whoever
// got hold of a worker could say what he likes, so that what does not fit the form is nothing. Knows no socket.

import { type Decision, PENALTIES, type Penalty } from "../policy/throttle.ts";
import type { Entry, Fields } from "../record/entry.ts";
import { listedEntry } from "../record/listed.ts";
import type { Distribution } from "../record/metrics.ts";
import type { Ends } from "../wire/addresses.ts";
import type { Spoken } from "../wire/proxy-header.ts";
import { readDistribution, writeDistribution } from "./distributions.ts";
import { readSpoken, readTold, writeSpoken, writeTold } from "./told.ts";

/** To a worker. Servers are numbered by the supervisor, in all sessions together. */
export type Order =
  /** What it is to do, once, first. */
  | { readonly word: "configure"; readonly text: string }
  /** The certificates of now, before the first client and whenever they change: the files' own text. */
  | { readonly word: "certify"; readonly text: string }
  /** What files of entries say now, before the first client and whenever that changes: the text is of `writeFiles`. */
  | { readonly word: "lists"; readonly text: string }
  /** A client, passed with the server's three pipe ends, or alone where the server is reached over TCP. */
  | { readonly word: "serve"; readonly session: number; readonly server: number; readonly text: string }
  /** The descriptors of a server, passed after its session began. One over TCP has the number of its destination. */
  | { readonly word: "ends"; readonly session: number; readonly server: number }
  /** There is no server: the text is of `writeLack`. */
  | { readonly word: "unavailable"; readonly session: number; readonly server: number; readonly text: string }
  /** A server has gone. The text is its exit status, or the signal that ended it. */
  | { readonly word: "gone"; readonly session: number; readonly server: number; readonly text: string }
  /** Whom the proxy told is let in: the session begins. */
  | { readonly word: "admit"; readonly session: number }
  /** Or is not, and is told the text, written as JSON. */
  | { readonly word: "refuse"; readonly session: number; readonly text: string }
  /** Whether a login may be tried: the text is of `writeJudgement`. */
  | { readonly word: "judged"; readonly session: number; readonly text: string }
  | { readonly word: "ping" }
  /** No more sessions: leave when the last is over. */
  | { readonly word: "finish" }
  /** The same, and tell clients now. */
  | { readonly word: "drain" };

/** Of a worker. */
export type Report =
  | { readonly word: "ready" }
  | { readonly word: "broken"; readonly text: string }
  | { readonly word: "pong" }
  /** The client is its own: told before anything is said to it, so that nobody else serves one it has begun with. */
  | { readonly word: "taken"; readonly session: number }
  /** Whom a proxy speaks for, as its header has it; null for no header. */
  | { readonly word: "told"; readonly session: number; readonly told: Ends | null }
  /** Null for what is no entry by the closed lists. */
  | { readonly word: "log"; readonly session: number; readonly entry: Entry | null }
  /** End this server before its input ends. */
  | { readonly word: "abort"; readonly session: number; readonly server: number }
  /** All that it is told has been written; it may still speak. */
  | { readonly word: "ended"; readonly session: number; readonly server: number }
  /** Its input has ended; see it off, by force after so many milliseconds. */
  | { readonly word: "leave"; readonly session: number; readonly server: number; readonly patience: number }
  /** A fresh server is wanted; for a client that speaks this. */
  | { readonly word: "restart"; readonly session: number; readonly spoken?: Spoken }
  /** The destination that was connected speaks as it must: it has greeted, or speaks TLS. */
  | { readonly word: "greeted"; readonly session: number; readonly server: number }
  /** It has not said a word: another would be better, while this one is waited for. */
  | { readonly word: "silent"; readonly session: number; readonly server: number }
  /** It does not speak as it must, and the text says why: another is wanted. */
  | { readonly word: "next"; readonly session: number; readonly server: number; readonly text: string }
  /** A login is to be tried: what stands for the user and for the password, where they show. */
  | {
      readonly word: "login";
      readonly session: number;
      readonly user: string | null;
      readonly tag: number | null;
    }
  /** The login that was asked about last has ended. */
  | { readonly word: "settled"; readonly session: number; readonly decision: Decision }
  /** The client has left in this way. */
  | { readonly word: "blamed"; readonly session: number; readonly penalty: Blame }
  /** How long its servers took for their replies, of a session that is over. */
  | { readonly word: "replied"; readonly session: number; readonly seconds: Distribution }
  | { readonly word: "done"; readonly session: number };

export type Blame = Exclude<Penalty, "guess">;

const DECISIONS: readonly string[] = ["accepted", "refused", "undecided"] satisfies readonly Decision[];

/** Milliseconds a worker may ask for at most. */
const MOST_PATIENCE = 60_000;

/** Units of one value for the log, and values of a list: its formats show less of either. */
const MOST_VALUE = 1_024;
const MOST_LISTED = 20;
/** Of what broke, and of what is wrong with a server. */
const MOST_ERROR = 1_000;
const MOST_WRONG = 200;

/** Octets of a line of a worker: all values of an entry at their longest, each unit written as six, are less. */
export const MOST_REPORT = 262_144;

export function writeOrder(order: Order): string {
  return write(order, ["session", "server"]);
}

export function writeReport(report: Report): string {
  if (report.word === "broken") return `broken ${report.text.slice(0, MOST_ERROR).replace(/[\r\n]/g, " ")}\n`;
  if (report.word === "next")
    return write({ ...report, text: report.text.slice(0, MOST_WRONG).replace(/[\r\n]/g, " ") }, [
      "session",
      "server",
    ]);
  if (report.word === "login") return `login ${report.session} ${report.user ?? "-"} ${report.tag ?? "-"}\n`;
  if (report.word === "settled") return `settled ${report.session} ${report.decision}\n`;
  if (report.word === "blamed") return `blamed ${report.session} ${report.penalty}\n`;
  if (report.word === "told") return `told ${report.session} ${writeTold(report.told)}\n`;
  if (report.word === "restart" && report.spoken !== undefined)
    return `restart ${report.session} ${writeSpoken(report.spoken)}\n`;
  if (report.word === "replied") return `replied ${report.session} ${writeDistribution(report.seconds)}\n`;
  if (report.word !== "log") return write(report, ["session", "server", "patience"]);
  const { session, entry } = report;
  return entry === null ? "" : `log ${session} ${writeEntry(entry)}\n`;
}

export function writeEntry({ event, fields }: Entry): string {
  return `${event} ${JSON.stringify(fields, brief)}`;
}

/** More than the formats show is not worth its way. */
function brief(_: string, value: unknown): unknown {
  if (typeof value === "string") return value.length > MOST_VALUE ? value.slice(0, MOST_VALUE) : value;
  return Array.isArray(value) ? value.slice(0, MOST_LISTED) : value;
}

function write(said: Order | Report, names: readonly string[]): string {
  const values = said as unknown as Readonly<Record<string, string | number>>;
  const words = [said.word, ...names.filter((name) => name in said).map((name) => values[name])];
  return `${"text" in said ? [...words, said.text].join(" ") : words.join(" ")}\n`;
}

/** @throws when the supervisor says what it never does */
export function readOrder(line: string): Order {
  const { word, numbers, rest } = split(line);
  const [session = 0, server = 0] = numbers;
  switch (word) {
    case "configure":
    case "certify":
    case "lists":
      return { word, text: line.slice(word.length + 1) };
    case "serve":
    case "unavailable":
    case "gone":
      return { word, session, server, text: rest(2) };
    case "ends":
      return { word, session, server };
    case "admit":
      return { word, session };
    case "judged":
    case "refuse":
      return { word, session, text: rest(1) };
    case "ping":
    case "finish":
    case "drain":
      return { word };
    default:
      throw new Error(`the supervisor says ${JSON.stringify(word)}`);
  }
}

/** @returns null for what is none */
export function readReport(line: string): Report | null {
  try {
    return report(line);
  } catch {
    return null;
  }
}

/** @throws SyntaxError for what is none, too */
function report(line: string): Report | null {
  const { word, numbers, rest } = split(line);
  const [first, second, third] = numbers;
  switch (word) {
    case "ready":
    case "pong":
      return { word };
    case "broken":
      return { word, text: line.slice(word.length + 1).slice(0, MOST_ERROR) };
    case "told": {
      const told = readTold(rest(1));
      return first === undefined || told === undefined ? null : { word, session: first, told };
    }
    case "log":
      return first === undefined ? null : { word, session: first, entry: readEntry(rest(1)) };
    case "abort":
    case "ended":
    case "greeted":
    case "silent":
      return first === undefined || second === undefined ? null : { word, session: first, server: second };
    case "leave":
      if (first === undefined || second === undefined || third === undefined) return null;
      return { word, session: first, server: second, patience: Math.min(third, MOST_PATIENCE) };
    case "next":
      if (first === undefined || second === undefined) return null;
      return { word, session: first, server: second, text: rest(2).slice(0, MOST_WRONG) };
    case "restart": {
      if (first === undefined) return null;
      const text = rest(1);
      if (text === "") return { word, session: first };
      const spoken = readSpoken(text);
      return spoken === null ? null : { word, session: first, spoken };
    }
    case "login": {
      const [, user = "", tag = ""] = /^(-|[0-9a-f]{16}) (-|[0-9]{1,5})$/.exec(rest(1)) ?? [];
      if (first === undefined || user === "" || Number(tag) > 65_535) return null;
      return {
        word,
        session: first,
        user: user === "-" ? null : user,
        tag: tag === "-" ? null : Number(tag),
      };
    }
    case "settled": {
      const decision = rest(1);
      if (first === undefined || !DECISIONS.includes(decision)) return null;
      return { word, session: first, decision: decision as Decision };
    }
    case "blamed": {
      const penalty = rest(1);
      const isOne = penalty !== "guess" && Object.hasOwn(PENALTIES, penalty);
      return first === undefined || !isOne ? null : { word, session: first, penalty: penalty as Blame };
    }
    case "replied": {
      const seconds = readDistribution(rest(1));
      return first === undefined || seconds === null ? null : { word, session: first, seconds };
    }
    case "taken":
    case "done":
      return first === undefined ? null : { word, session: first };
    default:
      return null;
  }
}

interface Parts {
  readonly word: string;
  /** The whole numbers right behind the word. */
  readonly numbers: readonly number[];
  /** What stands behind so many numbers. */
  rest(count: number): string;
}

function split(line: string): Parts {
  const [word, ...words] = line.split(" ", 4) as [string, ...string[]];
  const end = words.findIndex((part) => !/^[0-9]{1,10}$/.test(part));
  const numbers = (end < 0 ? words : words.slice(0, end)).map(Number);
  const rest = (count: number) => {
    let at = word.length;
    for (const part of words.slice(0, count)) at += 1 + part.length;
    return line.slice(at + 1);
  };
  return { word, numbers, rest };
}

/** @returns null for what is no entry by the closed lists @throws SyntaxError for what nobody writes */
export function readEntry(text: string): Entry | null {
  const at = text.indexOf(" ");
  return listedEntry(text.slice(0, at), JSON.parse(text.slice(at + 1)));
}

/** What the log tells of a server that cannot be had. */
export type Lack = Fields<"server-unavailable">;

export function writeLack(lack: Lack): string {
  return JSON.stringify(lack);
}

/** @param text of an order, which is the supervisor's and therefore believed */
export function readLack(text: string): Lack {
  return JSON.parse(text) as Lack;
}
