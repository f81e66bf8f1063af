// What the log tells: its events, their keys and the reasons some of them give. Closed lists, each with a sentence:
// the types of entries, the manual and the tests are made from them. Knows names only; a session needs none of
// this at run time, and must not load it before it greets.

/** Of a key: one meaning everywhere, what its values are, and whose words they may be. */
interface Key {
  readonly is: "text" | "number" | "list" | "status";
  /** A client chose the value: such keys come last. */
  readonly client?: true;
  readonly sentence: string;
}

export const KEYS = {
  address: { is: "text", sentence: "where clients are accepted" },
  attempt: { is: "number", sentence: "which login of the session it was" },
  by: { is: "text", sentence: "us, or the server that refused it" },
  cert: { is: "text", sentence: "the first name of our certificate" },
  cipher: { is: "text", sentence: "the cipher suite, by its name of RFC 8446 or OpenSSL" },
  clients: { is: "number", sentence: "how many are being served" },
  commands: { is: "number", sentence: "lines of the client" },
  count: { is: "number", sentence: "how many since the line before" },
  days: { is: "number", sentence: "how many are left, rounded down; below 0 since it ended" },
  delay: { is: "number", sentence: "seconds its answer was held back" },
  destination: { is: "text", sentence: "the server's program, or its address" },
  error: { is: "text", sentence: "what the system, or the fault itself, says" },
  explanation: { is: "text", sentence: "what the list says of the client" },
  from: { is: "text", client: true, sentence: "the sender; empty for the null sender" },
  helo: { is: "text", client: true, sentence: "the name the client gave with EHLO or HELO" },
  generation: { is: "number", sentence: "how many configurations were served, this one among them" },
  how: {
    is: "text",
    sentence: "how a worker went: its exit status or signal, closed if it went without, ended if we did it",
  },
  in: { is: "number", sentence: "octets of the client" },
  key: { is: "text", sentence: "the network of the client: its address, of IPv6 a /64" },
  line: {
    is: "text",
    client: true,
    sentence: "the line of the client, or its length where it might be anything",
  },
  list: { is: "text", sentence: "a file of entries, or the option that has them" },
  lines: { is: "number", sentence: "how many lines of the log" },
  messages: { is: "number", sentence: "messages that were accepted" },
  method: { is: "text", sentence: "PASS, APOP or the mechanism of AUTH and AUTHENTICATE" },
  mode: { is: "text", sentence: "what the session was at" },
  octets: { is: "number", sentence: "the size of what the event is about" },
  out: { is: "number", sentence: "octets to the client" },
  queue: { is: "text", sentence: "the server's own name for the message, from its reply" },
  reason: { is: "text", sentence: "why: see the event" },
  recipients: { is: "number", sentence: "recipients that were accepted" },
  refused: { is: "number", sentence: "refusals, ours and the server's" },
  repeat: { is: "text", sentence: "yes: the network has tried the password before, in the last day" },
  reply: { is: "text", sentence: "what the client is told" },
  retry: { is: "number", sentence: "seconds for which it is left alone" },
  rule: { is: "text", sentence: "the rule that refused it" },
  said: { is: "text", sentence: "the line, of the server or to the client" },
  seconds: { is: "number", sentence: "how long it took" },
  sessions: { is: "number", sentence: "how many it had" },
  sni: { is: "text", client: true, sentence: "the host name the client asked for" },
  "server-exit": { is: "status", sentence: "exit status or signal of the server, or unknown" },
  state: {
    is: "text",
    sentence:
      "of a worker ready, left, hung or recycled; of the log reopened or kept; of the configuration reloaded or kept; of a certificate loaded, kept-old, expiring, expired, mismatch or broken; of a list loaded, kept-old or doubted; of a server left-alone or back; of its XCLIENT missing or refused; of where guesses are counted lost or back",
  },
  side: { is: "text", sentence: "whose text it is: client or server" },
  text: { is: "text", client: true, sentence: "how it begins" },
  to: { is: "list", client: true, sentence: "recipients, with commas between; ten at most" },
  tls: { is: "text", sentence: "the version of TLS that the client speaks" },
  tlsa: {
    is: "text",
    sentence: "of a key that is not the one before: the TLSA record to be published, from 3 1 1 on",
  },
  until: { is: "text", sentence: "when it ends, in UTC" },
  user: { is: "text", client: true, sentence: "the user's name, 200 octets at most" },
  verb: { is: "text", sentence: "the command, if it is one of the protocol" },
  verbs: { is: "text", sentence: "commands by name: how many, or accepted/given where some were not" },
  "worker-pid": { is: "number", sentence: "the number of a worker's process" },
  zone: { is: "text", sentence: "the DNS list" },
} as const satisfies Readonly<Record<string, Key>>;

/** What ended a session: the first of these, where several did. */
const END_REASONS = {
  quit: "the client said that it leaves",
  "client-end": "the client ended its side",
  "client-lost": "the connection to the client broke",
  idle: "the client said nothing for --idle-timeout",
  "too-slow": "a message or a script came slower than --min-rate",
  "session-timeout": "--session-timeout",
  "tls-failed": "the client did not come to speak TLS",
  "too-many-errors": "--max-errors",
  "login-failures": "--max-login-attempts",
  "early-talker": "the client spoke before it was greeted",
  refused: "a refusal that ends the session",
  "server-end": "the server ended it, as its protocol has it",
  "server-lost": "the server was lost",
  "server-unavailable": "there was no server",
  shutdown: "a signal",
  fault: "a fault of ours",
} as const;

const LOGIN_REASONS = {
  refused: "the server said so",
  "hung-up": "the server left instead of answering",
  unanswered: "the client left, and no answer came within 30 seconds",
  abandoned: "the client gave up, or left, when it had told its credential and the server asked on",
} as const;

const ADMISSION_REASONS = {
  "block-ip": "the client is in a network of --block-ip",
  loop: "the client is ourselves, who wanted to reach a server",
  "per-ip": "--max-connections-per-ip",
  "proxy-header": "it is in a network of --accept-proxy, and did not say whom it speaks for",
  rate: "--max-connection-rate",
  total: "--max-connections",
} as const;

const SHUTDOWN_REASONS = {
  signal: "SIGTERM or SIGINT",
  idle: "nobody came for --idle-exit",
} as const;

const TLS_REASONS = {
  eof: "the client ended the connection",
  timeout: "--tls-timeout",
  plaintext: "what came was no TLS",
  version: "it speaks no version that we do",
  "no-cipher": "it has no cipher suite, or no kind of certificate, in common with us",
  injected: "something stood behind the command that asks for TLS",
  alert: "it broke off the handshake, or what it said was none",
} as const;

const LOST_REASONS = {
  closed: "it left",
  timeout: "it did not answer in time",
  "line-too-long": "its line was too long",
  "out-of-turn": "it spoke when it had not been asked",
  protocol: "what it said was no reply",
} as const;

interface Event {
  /** As --log-level counts: 0 faults of ours, 1 refusals and ends, 2 connections, 3 commands, 4 lines, 5 all. */
  readonly level: 0 | 1 | 2 | 3 | 4 | 5;
  readonly sentence: string;
  /** In the order of the line, with blanks between; with "?" where it may be absent. */
  readonly keys: string;
  readonly reasons?: Readonly<Record<string, string>>;
}

/** By level, and in one level the most telling first. */
export const EVENTS = {
  fault: { level: 0, sentence: "A fault of our own.", keys: "worker-pid? error" },
  "server-unavailable": {
    level: 0,
    sentence: "A server that cannot be had.",
    keys: "destination error",
  },
  "costly-rule": {
    level: 0,
    sentence:
      "A rule of --block-body took more than 2 seconds of processor time a megabyte: the message was refused for now.",
    keys: "rule octets seconds",
  },
  certificate: {
    level: 0,
    sentence: "A certificate: a listener has begun with it, or it needs somebody to look after it.",
    keys: "state cert until? days? tlsa? error?",
  },
  list: {
    level: 0,
    sentence:
      "A file of entries: a listener serves by it from now on, or by what was in it before; doubted, somebody is told to come again since it may not be all there.",
    keys: "state list error?",
  },
  "log-lost": { level: 0, sentence: "Lines of the log that nobody took.", keys: "lines" },
  refused: {
    level: 1,
    sentence:
      "A line of the client, or a message, was refused. Of one session a hundred are told; the end tells how many there were.",
    keys: "rule by verb? reply? from? to? helo? line",
  },
  message: {
    level: 1,
    sentence: "The server took a message.",
    keys: "queue? octets recipients reply tls? from to helo? user?",
  },
  "login-failed": {
    level: 1,
    sentence: "A login failed. A client that left is told of, too.",
    keys: "method attempt repeat? reason delay tls? user?",
    reasons: LOGIN_REASONS,
  },
  end: {
    level: 1,
    sentence: "The end of a session, of every one that has a connect.",
    keys: "reason seconds commands refused messages verbs? in? out? server-exit?",
    reasons: END_REASONS,
  },
  "incomplete-message": {
    level: 1,
    sentence: "The session ended within a message or a script, which was not delivered.",
    keys: "",
  },
  truncated: { level: 1, sentence: "A line of the client was cut.", keys: "octets" },
  "tls-failed": {
    level: 1,
    sentence: "A client that was to speak TLS does not: it is never spoken to in the clear instead.",
    keys: "reason",
    reasons: TLS_REASONS,
  },
  "server-lost": {
    level: 1,
    sentence: "The server was given up.",
    keys: "reason mode",
    reasons: LOST_REASONS,
  },
  "server-unreachable": {
    level: 1,
    sentence:
      "An address of --connect does not answer, or not as it must. A listener tells it once, with a state, and when that address is back.",
    keys: "destination error? state? retry? seconds?",
  },
  xclient: {
    level: 1,
    sentence:
      "With --xclient: the server does not offer it, and takes the client for us; or it refuses to hear who the client is, and the session ends.",
    keys: "state said?",
  },
  "server-stderr": { level: 1, sentence: "A line of the server's standard error.", keys: "said" },
  unsolicited: { level: 1, sentence: "A line the server was not asked for.", keys: "said" },
  "dnsbl-listed": {
    level: 1,
    sentence: "The client is on a list of --dnsbl.",
    keys: "zone explanation",
  },
  "dnsbl-silent": { level: 1, sentence: "A list of --dnsbl gave no answer.", keys: "zone" },
  "log-capped": {
    level: 1,
    sentence:
      "Lines of level 3 and above, server-stderr, truncated and unsolicited are 1000 and a megabyte at most in a session: this is the last of them. With a worker-pid: that worker tells more than any should, and what is too much is not written.",
    keys: "worker-pid? lines",
  },
  listening: { level: 1, sentence: "A listener accepts clients.", keys: "address" },
  "refused-connection": {
    level: 1,
    sentence:
      "A client was not let in; a listener tells the first of a network at once, then one line a minute.",
    keys: "reason key count",
    reasons: ADMISSION_REASONS,
  },
  throttled: {
    level: 1,
    sentence:
      "A login was not tried, by --throttle: the first of a network is told at once, then one line a minute, by each process that counts.",
    keys: "key count until",
  },
  "throttle-store": {
    level: 1,
    sentence:
      "Where guesses are counted cannot be had, and this process counts by itself; or it can be had again.",
    keys: "state error?",
  },
  worker: { level: 1, sentence: "A worker of a listener.", keys: "state worker-pid how? sessions?" },
  overload: { level: 1, sentence: "The system has too little of something now.", keys: "error" },
  reload: {
    level: 1,
    sentence:
      "The log was opened again, or the configuration read again; kept is told of what stays as it was.",
    keys: "state generation? error?",
  },
  shutdown: {
    level: 1,
    sentence: "A listener lets nobody in any more.",
    keys: "reason clients",
    reasons: SHUTDOWN_REASONS,
  },
  connect: {
    level: 2,
    sentence: "A session begins. With a destination: with --connect original, where the client wanted to go.",
    keys: "destination?",
  },
  login: { level: 2, sentence: "The server accepted a login.", keys: "method attempt tls? user?" },
  tls: { level: 2, sentence: "The client speaks TLS.", keys: "tls cipher cert sni?" },
  command: { level: 3, sentence: "A line of the client.", keys: "verb? line" },
  "server-line": { level: 4, sentence: "A line of the server.", keys: "said" },
  "reply-line": { level: 4, sentence: "A reply to the client.", keys: "said" },
  text: { level: 5, sentence: "What passed of a message.", keys: "side octets text" },
} as const satisfies Readonly<Record<string, Event>>;

/** The keys of an event, in order. */
export function keysOf(event: EventName): readonly { readonly name: KeyName; readonly isSure: boolean }[] {
  return EVENTS[event].keys
    .split(" ")
    .filter((word) => word !== "")
    .map((word) => ({ name: word.replace("?", "") as KeyName, isSure: !word.endsWith("?") }));
}

export type EventName = keyof typeof EVENTS;
export type KeyName = keyof typeof KEYS;
