// The one table of options: names, what they take, defaults, help. The hot path reads it with yargs-parser,
// --help with yargs; neither knows an option the other does not. Knows no values of a run.

export type Kind =
  | { readonly kind: "number"; readonly unit?: "octets" | "seconds" }
  | { readonly kind: "size" }
  | { readonly kind: "text" }
  | { readonly kind: "choice"; readonly of: readonly string[] }
  /** Given or not: for commands a person runs, never for a session. */
  | { readonly kind: "flag" };

export interface Option {
  readonly name: string;
  readonly takes: Kind;
  /** May be repeated; its value is a list. */
  readonly list?: true;
  /** One default, or one a protocol and one for the `other` ones. Without: not set. */
  readonly default?: string | Readonly<Record<string, string>>;
  /** The protocols it is for; all without. */
  readonly for?: readonly string[];
  readonly group:
    | "Server"
    | "Identity"
    | "Limits"
    | "Log"
    | "SMTP"
    | "POP3"
    | "Line"
    | "Check"
    | "Explain"
    | "Other";
  readonly help: string;
}

const NUMBER: Kind = { kind: "number" };
const OCTETS: Kind = { kind: "number", unit: "octets" };
const SECONDS: Kind = { kind: "number", unit: "seconds" };
const TEXT: Kind = { kind: "text" };
const SIZE: Kind = { kind: "size" };
const choice = (...of: string[]): Kind => ({ kind: "choice", of });

const SMTP = ["smtp"];
const LOGINS = ["smtp", "pop3"];

export const OPTIONS: readonly Option[] = [
  {
    name: "connect",
    takes: TEXT,
    list: true,
    group: "Server",
    help: "HOST:PORT[,weight=N]: the server is reached over TCP; several are tried in turn",
  },
  {
    name: "user",
    takes: TEXT,
    group: "Identity",
    help: "whom the wrapper becomes; needed when started as root",
  },
  { name: "group", takes: TEXT, group: "Identity", help: "its group, if not the user's own" },
  {
    name: "server-user",
    takes: TEXT,
    group: "Identity",
    help: "whom the server runs as (default: as --user)",
  },
  {
    name: "hostname",
    takes: TEXT,
    group: "Server",
    help: "our name in greetings and replies (default: the host's)",
  },
  {
    name: "max-line-length",
    takes: OCTETS,
    default: { smtp: "512", pop3: "255", line: "200", other: "512" },
    group: "Limits",
    help: "of a client's line, its end included; 0 = no check",
  },
  {
    name: "on-long-line",
    takes: choice("refuse", "truncate", "drop", "close"),
    default: { line: "truncate", other: "refuse" },
    group: "Limits",
    help: "what becomes of it then; truncate and drop are for protocols without a reply to each line",
  },
  {
    name: "final-line",
    takes: choice("drop", "forward"),
    default: "drop",
    for: ["line"],
    group: "Line",
    help: "an unterminated last line",
  },
  {
    name: "max-errors",
    takes: NUMBER,
    default: "20",
    group: "Limits",
    help: "errors without an accepted message between them, before the session is ended; 0 = never",
  },
  {
    name: "idle-timeout",
    takes: SECONDS,
    default: { pop3: "600", other: "300" },
    group: "Limits",
    help: "for the client's next line; 0 = none",
  },
  {
    name: "min-rate",
    takes: OCTETS,
    default: "20",
    group: "Limits",
    help: "a second, of a message, over five minutes; 0 = any",
  },
  { name: "session-timeout", takes: SECONDS, default: "0", group: "Limits", help: "of a session; 0 = none" },
  {
    name: "server-timeout",
    takes: SECONDS,
    default: "600",
    group: "Limits",
    help: "for the server's reply; 0 = none",
  },
  {
    name: "log",
    takes: TEXT,
    default: "auto",
    group: "Log",
    help: "stderr, file:/PATH, unix:/PATH, syslog://HOST:PORT (UDP), syslog+tcp://HOST:PORT or none; auto: stderr unless it is the client's, else the local syslog",
  },
  {
    name: "log-level",
    takes: NUMBER,
    default: "2",
    group: "Log",
    help: "0 (our own faults) to 5 (every line, but no secrets)",
  },
  {
    name: "log-name",
    takes: TEXT,
    group: "Log",
    help: "how we are called in the log (default: protowrap-<protocol>)",
  },
  {
    name: "log-format",
    takes: choice("text", "json"),
    default: "text",
    group: "Log",
    help: "key=value, or one JSON object a line",
  },
  {
    name: "relay-domain",
    takes: TEXT,
    list: true,
    for: SMTP,
    group: "SMTP",
    help: "recipient domain accepted; .D = the subdomains of D (none given: only names without a domain)",
  },
  {
    name: "relay-ip",
    takes: TEXT,
    list: true,
    for: SMTP,
    group: "SMTP",
    help: "clients that may send anywhere: address, network, or prefix such as 192.168.1",
  },
  {
    name: "relay-sender-domain",
    takes: TEXT,
    list: true,
    for: SMTP,
    group: "SMTP",
    help: "sender domain that may send anywhere (forgeable: think twice)",
  },
  {
    name: "block-ip",
    takes: TEXT,
    list: true,
    for: SMTP,
    group: "SMTP",
    help: "clients refused: address, network or prefix",
  },
  {
    name: "block-address",
    takes: TEXT,
    list: true,
    for: SMTP,
    group: "SMTP",
    help: "regular expression: senders and recipients refused",
  },
  {
    name: "block-body",
    takes: TEXT,
    list: true,
    for: SMTP,
    group: "SMTP",
    help: "regular expression: messages with such a line or header field are refused, decoded text too",
  },
  {
    name: "dnsbl",
    takes: TEXT,
    list: true,
    for: SMTP,
    group: "SMTP",
    help: "ZONE[=CODE,...]: clients this DNS list knows get 550 at MAIL",
  },
  {
    name: "resolver",
    takes: TEXT,
    for: SMTP,
    group: "SMTP",
    help: "IP:PORT of the name server for --dnsbl (default: the system's)",
  },
  {
    name: "max-recipients",
    takes: NUMBER,
    default: "100",
    for: SMTP,
    group: "SMTP",
    help: "of one message; 0 = no limit",
  },
  {
    name: "max-message-size",
    takes: SIZE,
    default: "10000000",
    for: SMTP,
    group: "SMTP",
    help: "octets, or with K, M, G; 0 = no limit",
  },
  {
    name: "bare-newline",
    takes: choice("reject", "normalize"),
    default: "reject",
    for: SMTP,
    group: "SMTP",
    help: "bare CR or LF in a message",
  },
  {
    name: "long-text",
    takes: choice("reject", "pass"),
    default: "reject",
    for: SMTP,
    group: "SMTP",
    help: "message lines over 1000 octets",
  },
  {
    name: "early-talker",
    takes: choice("hold", "refuse"),
    default: "hold",
    for: SMTP,
    group: "SMTP",
    help: "octets before our greeting",
  },
  {
    name: "auth",
    takes: choice("off", "pass"),
    default: "off",
    for: LOGINS,
    group: "Server",
    help: "SASL authentication by the server",
  },
  {
    name: "ehlo",
    takes: choice("esmtp", "helo"),
    default: "esmtp",
    for: SMTP,
    group: "SMTP",
    help: "helo: EHLO becomes HELO, no extensions",
  },
  {
    name: "vrfy",
    takes: choice("502", "252"),
    default: "502",
    for: SMTP,
    group: "SMTP",
    help: "our answer to VRFY",
  },
  {
    name: "max-login-attempts",
    takes: NUMBER,
    default: "3",
    for: LOGINS,
    group: "Limits",
    help: "failed logins before the session is ended; 0 = never",
  },
  {
    name: "login-delay",
    takes: SECONDS,
    default: "3",
    for: LOGINS,
    group: "Limits",
    help: "no failed login is answered before; doubled each time up to 30",
  },
  {
    name: "config",
    takes: TEXT,
    group: "Other",
    help: "a TOML file of these options; the command line wins (protowrap.toml(5))",
  },
];

/** Options of the commands that look at a configuration and start nothing. */
export const COMMAND_OPTIONS: Readonly<Record<"check" | "explain", readonly Option[]>> = {
  check: [{ name: "strict", takes: { kind: "flag" }, group: "Check", help: "exit 64 for warnings, too" }],
  explain: [
    {
      name: "client",
      takes: TEXT,
      group: "Explain",
      help: "the client's address (default: unknown, which no network contains)",
    },
    { name: "json", takes: { kind: "flag" }, group: "Explain", help: "one JSON object a line" },
  ],
};

/** The server run when the command line names none. */
export const DEFAULT_SERVERS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  smtp: ["/usr/sbin/sendmail", "-bs"],
  pop3: ["/usr/sbin/popa3d"],
};
