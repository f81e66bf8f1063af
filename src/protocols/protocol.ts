// The types of a protocol: read this first. A protocol is one pure module: it is told of lines and ends,
// and answers with steps. It must not know sockets, clocks, the environment, `async` or `node:*`; the
// session (session/session.ts) keeps order, splits, limits and deadlines, so that a protocol need not.
//
// One client line, walked through (SMTP): the client's octets "rcpt to:<u@local.test>\r\n" arrive in three
// reads. The session joins them to a Line {text: "rcpt to:<u@local.test>", octets: 24, tooLong: false} and
// calls clientLine. The conversation parses it, judges it, and returns
//   {server: "RCPT TO:<u@local.test>\r\n", next: "reply", shown: "RCPT TO:<u@local.test>"}.
// The session sends that, and now reads nothing more from the client but what it has already read.
// The server's octets "250 2.1.5 ok\r\n" become serverLine("250 2.1.5 ok", …), which returns
//   {client: "250 2.1.5 ok\r\n", next: "command"}
// and only now the conversation's own state says that there is a recipient.

import type { RunDefaults } from "../options/run.ts";
import type { GivenOf, Table, ValuesOf } from "../options/table.ts";
import type { DialectName } from "../record/dialect.ts";
import type { Entry, Reason, Told } from "../record/entry.ts";
import type { Rule } from "../record/rules.ts";
import type { Body } from "../wire/body.ts";
import type { Line } from "../wire/lines.ts";
import type { AnyInquiry } from "./inquiry.ts";
import type { Next } from "./next.ts";
import type { StartTls } from "./start-tls.ts";

export type { Next };

/** What is known of the client and of the place we run at, before the first octet. */
export interface Setup {
  /** The client's address as the kernel or the super-server tells it; null when nobody does. */
  readonly clientAddress: string | null;
  /** Its port, by the same word; null when nobody tells it. */
  readonly clientPort: number | null;
  /** The name we give in greetings and replies. */
  readonly hostname: string;
  /** A fresh server can be started after one had to be ended. */
  readonly canRestart: boolean;
  /** The client speaks TLS with us: what was said before it did was said to another conversation. */
  readonly tls: boolean;
  /** What of TLS there is for a client that does not speak it: to be asked when the client is, and not before it is greeted. */
  readonly tlsOffer: TlsOffer;
}

/**
 * `optional` and `required`: it can be asked for (`next: "secure"`), and with `required` must be before anything else
 * that matters. `withheld`: it would be offered, and cannot be now. `off`: none was meant to be had, or it is spoken.
 */
export type TlsOffer = "off" | "withheld" | "optional" | "required";

/**
 * A protocol as its author writes it: all there is to say of it. What is made from it (argv, TOML, --help, check)
 * asks it, and knows no protocol by name.
 */
export interface Protocol<T extends Table, Own extends string = never> extends Words<T> {
  readonly name: string;
  /**
   * The rules it refuses by that are not among record/rules.ts, each with a sentence: a protocol from outside has
   * its own. A step can be refused by no other.
   */
  readonly rules?: Readonly<Record<Own, string>>;
  /** Its own options; those that every run has are not among them. */
  readonly options: T;
  /** What it wants different of the options that every run has, where nobody says anything. */
  readonly defaults?: RunDefaults;
  /** The server that is run when the command line names none: its absolute path, and its arguments. */
  readonly server?: readonly [string, ...string[]];
  /** Under which facility of syslog it is told of; by default "daemon". */
  readonly facility?: "mail" | "daemon";
  /** What other servers call those of their programs that speak it, in the dialects of the log; by default made of its name. */
  readonly daemons?: Partial<Readonly<Record<DialectName, string>>>;
  /**
   * `lock-step`: a command, its whole reply, the next command.
   * `stream`: client lines are judged one by one, the server's octets pass at any time.
   */
  readonly dialogue: "lock-step" | "stream";
  /**
   * Who speaks first in lock-step: the server, by a greeting, where nothing is said; or `nobody`, and the session
   * begins with the client's first line. In a stream nobody is waited for.
   */
  readonly greets?: "server" | "nobody";
  /**
   * After TLS was asked for and had (`next: "secure"`) the client is greeted once more, as ManageSieve has it
   * (RFC 5804 section 2.2). By default it is not: its next command comes.
   */
  readonly greetsSecured?: true;
  /** It has a command that asks for TLS: only then can --tls be optional or required. */
  readonly asksForTls?: true;
  /**
   * How its server is asked for TLS in front of every session (`--connect …,tls=starttls`): a new dialogue, for one
   * server. Without it a server can only speak TLS from the first octet on.
   * @param hostname our own name
   */
  startTls?(hostname: string): StartTls;
  /** Makes the conversation of one connection; and another one once it speaks TLS, told the greeting again. */
  converse(setup: Setup, options: ValuesOf<T>): Conversation<NoInfer<Own>>;
  /** What a client is told when the service cannot even start: one line with CRLF, or nothing. */
  unavailable(hostname: string): string;
  /**
   * What a client is told that a listener does not let in: one line with CRLF, or nothing, as by default.
   * @param why there are too many of its network, or too many in all; or its address is blocked
   */
  refusal?(hostname: string, why: "network" | "all" | "blocked"): string;
  /** What must be said with --connect, where a server over TCP must not be reached without; null when it was. */
  missingWithConnect?(options: GivenOf<T>): string | null;
}

/** What a protocol has for a person. No session asks for it: where there is much of it, it stands apart. */
export interface Words<T extends Table> {
  /**
   * A server that agrees to everything, for `protowrap explain`. A lock-step protocol without one cannot be
   * explained; in a stream nobody need answer.
   */
  obliging?(): Obliging;
  /** The ports its clients come to, in the clear and with TLS from the first octet on: `check` names TLSA records by them. */
  readonly ports?: { readonly clear: number; readonly implicit: number };
  /** What the options come to, in plain words, for `protowrap check`. */
  describe?(options: GivenOf<T>, place: Place): readonly Row[];
  /** What is allowed and hardly ever meant. */
  doubts?(options: GivenOf<T>, place: Place): readonly Doubt[];
  /**
   * A message as it is scanned where a client sends it, with its dots and its end: `check --mail` tries it on mails that
   * somebody has.
   */
  message?(options: ValuesOf<T>): Body;
}

/** A subject and a sentence. */
export type Row = readonly [subject: string, sentence: string];

/** What is doubted, an option with "--" in front for example, and why. */
export type Doubt = readonly [about: string, text: string];

/** What words and doubts may depend on besides the options. */
export interface Place {
  /** The server's command line, or the names of its hosts. */
  readonly server: readonly string[];
  /** The system knows a name server. */
  readonly hasNameServer: boolean;
  /** What --tls says. */
  readonly tls: "off" | "optional" | "required" | "implicit";
  /** Where guesses are counted (--throttle), by what is in front of it. */
  readonly throttle: "none" | "memory" | "file" | "redis";
}

/** Gives what a table declares, whichever it is. */
export type Read = <T extends Table>(table: T) => ValuesOf<T>;
export type ReadGiven = <T extends Table>(table: T) => GivenOf<T>;

/**
 * A protocol as everybody else has it: whatever its options are, it reads them itself, by its own table. Made by
 * `define` alone, so that nothing stands between a table and its reader that a compiler could not check.
 */
export interface AnyProtocol
  extends Omit<Protocol<Table, string>, "converse" | keyof Words<Table> | "missingWithConnect">,
    AnyWords {
  converse(setup: Setup, read: Read): Conversation<string>;
  missingWithConnect(read: ReadGiven): string | null;
}

/** Its words, likewise; made by `words` alone. */
export interface AnyWords extends Pick<Words<Table>, "obliging" | "ports"> {
  /** How its servers are asked what they offer. */
  readonly inquiry?: AnyInquiry;
  describe(read: ReadGiven, place: Place): readonly Row[];
  doubts(read: ReadGiven, place: Place): readonly Doubt[];
  /** Null where it judges none. */
  readonly message: ((read: Read) => Body) | null;
}

export function define<const T extends Table, Own extends string = never>(
  protocol: Protocol<T, Own>,
): AnyProtocol {
  const { options } = protocol;
  return {
    ...protocol,
    ...words(options, protocol),
    converse: (setup, read) => protocol.converse(setup, read(options)),
    missingWithConnect: (read) => protocol.missingWithConnect?.(read(options)) ?? null,
  };
}

/** @param options the protocol's table */
export function words<const T extends Table>(options: T, said: Words<T>): AnyWords {
  const { obliging, ports, message } = said;
  return {
    ...(obliging === undefined ? {} : { obliging }),
    ...(ports === undefined ? {} : { ports }),
    message: message === undefined ? null : (read) => message(read(options)),
    describe: (read, place) => said.describe?.(read(options), place) ?? [],
    doubts: (read, place) => said.doubts?.(read(options), place) ?? [],
  };
}

/**
 * Answers a command as it was written, line end included: whole lines. The connection itself is the command
 * "", answered by the greeting, or by "" where nobody greets; of a message it hears what ends it.
 */
export type Obliging = (command: string) => string;

/** How a reply tells that a command went: done, refused, or not decided by it. */
export type Outcome = "done" | "refused" | "more";

/** One connection's protocol state. Every method answers with one Step. @param Own rules of its protocol's own */
export interface Conversation<Own extends string = never> {
  /** Octets the next client line may have, line end included; 0 for no limit of its own. */
  lineLimit(): number;
  /** Octets a line of the server may have, line end included; by default, and for 0, 2,048. Lock-step only. */
  serverLineLimit?(): number;
  /** One line of the client, a command or a further line of one: judge it. */
  clientLine(line: Line): Step<Own>;
  /**
   * One line of the server, without its line end, while a reply is due (the greeting is the first).
   * "fault" for what is no reply: the server is given up, and `serverLost` follows. Lock-step only.
   * @param line the same as it came, for whom its end matters
   */
  serverLine?(text: string, line: Line): Step<Own> | "fault";
  /** So many octets, as they were asked for (`next: literal(…)`); one unit is one octet. Lock-step only. */
  literal?(octets: string, side: "client" | "server"): Step<Own>;
  /**
   * A line the server was not asked for. Lock-step only; by default the server is given up. A step with a `part`,
   * empty perhaps, is the word of a protocol whose servers speak unasked: only then is the server kept.
   */
  unsolicited?(text: string): Step<Own>;
  /**
   * Whether by this line the server refuses a command that is still on its way to it (`upload(…, {owed: true})`): it is
   * the answer then, heard once the command is whole. By default a server that speaks so early is given up.
   */
  refusesEarly?(line: string): boolean;
  /** The server's octets on their way to the client. Stream only; by default they pass. */
  serverOctets?(chunk: Uint8Array): Uint8Array;
  /** The server's octets have ended: what of them was held back. Stream only; by default nothing was. */
  serverRest?(): Uint8Array;
  /** The body last begun has ended: commit or refuse it (upload), go on (download), or refuse what it was (swallow). */
  bodyEnd?(): Step<Own>;
  /** A fresh server was started on our request (`next: "restart"`): its greeting will come. */
  restarted?(): Step<Own>;
  /** No answer of this server will come any more. `due`: the client waits for one, or would if it were here. */
  serverLost(due: boolean, how: Loss): Step<Own>;
  /**
   * The client sent something behind the command that asks for TLS, where only a handshake may come (the injection
   * of CVE-2011-0411): the last words. By default there are none.
   */
  injected?(): Step<Own>;
  /** The client spoke before it was greeted; null lets it (its octets are held). */
  earlyTalker?(): Step<Own> | null;
  /** A deadline passed, or the administrator ends us: the last words. */
  expired(what: Expiry): Step<Own>;
  /** The budget of errors is spent: the last words. */
  tooManyErrors(): Step<Own>;
  /**
   * What of a reply tells only how it went: the log shows no more of the answer to a secret, which may repeat it.
   * By default nothing.
   */
  statusOf?(reply: string): string;
  /** For the log's count of commands; without it those that a step refuses count as refused, and no others. */
  outcome?(reply: string): Outcome;
  /** The message under way is refused by us: what the log tells of it, and how it will be answered. */
  bodyRefused?(rule: Rule): BodyRefusal;
  /**
   * Whom the budget of errors does not end now: `always` somebody who is trusted, `for-now` a client with
   * something under way that must not be lost with it. By default it ends anybody.
   */
  spared?(): "always" | "for-now" | "never";
  /**
   * The login may not be tried now, by the guesses of the client's network: a temporary answer, and never that the
   * password is wrong. The server was told nothing of it. By default the session ends as for too many errors.
   */
  throttled?(): Step<Own>;
  /** What a client who leaves now has not done: logged in, or ended the login it has begun. By default nothing. */
  owes?(): "login" | "credential" | null;
  /** The client closed its side; `rest` is its unterminated last line. By default the session ends. */
  clientEnd?(rest: string): Step<Own>;
  /** The client left between two lines, in whatever way: what follows from it besides the end of the session. */
  abandoned?(): Step<Own> | null;
}

/** Of a message that is refused while it comes. */
export interface BodyRefusal {
  readonly told: Told;
  /** How it will be answered. */
  readonly reply: string;
  /** What the log should tell besides. */
  readonly log?: Entry;
}

/**
 * How a server was lost: it ended the conversation itself; it was killed, broke the protocol, was too slow or
 * never there; or the client was lost before it, and the server did not answer in the time that was left.
 */
export type Loss = "hung-up" | "failed" | "unanswered";

/** Why a session ends by the clock: too-slow is a message of fewer octets than --min-rate asks for. */
export type Expiry = "idle" | "session" | "shutdown" | "too-slow";

/** A login that is about to be decided, for whoever counts guesses: it is kept nowhere. */
export interface Guess {
  /** The user, as the client says it; left out where it does not show. */
  readonly user?: string;
  /** Left out where it does not show: each try is another guess then. */
  readonly password?: string;
}

/**
 * What follows from one event. Strings are octets (one UTF-16 unit each) and end in CRLF.
 * Lock-step is checked by the session (session/contract.ts): `server` goes with `next: "reply"`, or with an upload it
 * is the head of, and every command gets exactly one `client` before the next is read. Every key means the same
 * whichever method returned the step.
 */
export interface Step<Own extends string = never> {
  /** For the client: one complete reply, written in one write. */
  readonly client?: string;
  /** For the client: whole lines that are no answer yet, or no answer at all; they come before `client`. */
  readonly part?: string;
  /** For the server: one command, re-written from what was parsed; or a message's terminator. */
  readonly server?: string;
  readonly next: Next;
  /** Seconds after the client's line that must have passed before the reply leaves (failed logins). */
  readonly delay?: number;
  /** Seconds the server may take for its reply, where a rule says less than --server-timeout. */
  readonly patience?: number;
  /** The server's answer may begin a message: a session that ends meanwhile must end the server as in one. */
  readonly mayUpload?: true;
  /** What the server decides by its answer cannot be undone, nor tried at no cost: whoever leaves, it is awaited. */
  readonly decides?: "login" | "delivery";
  /**
   * By this step it is decided, or was, whether somebody may log in: whoever counts guesses across sessions (--throttle)
   * is asked before any of it is done, once for each login, and `throttled` follows where it may not be tried. Null
   * where that is decided later in the same exchange.
   */
  readonly guess?: Guess | null;
  /** The login that was asked about has ended without a decision; `log` tells of those that have one. */
  readonly undecided?: true;
  /** What is being answered, as the log may show it: secrets as "***". Without it the log tells the octets only. */
  readonly shown?: string;
  /** What of it the log tells by name besides: the verb, the address it was refused for. */
  readonly told?: Told;
  /** What of it is a secret: the log never tells it, nor what the server answers to the command. */
  readonly secret?: string;
  /** The rule that refused it. */
  readonly refused?: Rule | Own;
  /** It was the server that refused it, not we. */
  readonly by?: "server";
  /** Of a step that ends the session: why, where that is no quit and not what refused it. */
  readonly ends?: Reason<"end">;
  /** Whether it counts against the budget of errors; by default what is `refused` does. */
  readonly error?: boolean;
  /** The line does nothing; many of them count against the budget of errors, too. */
  readonly idle?: true;
  /** Something the log should tell; event "message" is a message accepted by the server. */
  readonly log?: Entry;
}
