// The options that every run has, whatever its protocol: who, where, how long, and what is told. Of a protocol's
// own options only the protocol knows.

import { LISTEN_OPTIONS } from "./listen.ts";
import { choice, type GivenOf, NUMBER, OCTETS, SECONDS, type Table, TEXT } from "./table.ts";
import { TLS_OPTIONS } from "./tls-options.ts";

const USER = { kind: "text", what: "a user", forms: ["USER"] } as const;

export const RUN_OPTIONS = {
  ...LISTEN_OPTIONS,
  ...TLS_OPTIONS,
  connect: {
    takes: TEXT,
    list: true,
    group: "Server",
    help: "HOST:PORT[,weight=N][,tls=implicit|starttls[,ca=FILE][,name=NAME]]: the server is reached over TCP, or TLS; several share the clients of a listener by weight, or are tried in turn. Or original,net=CIDR: it is where the client wanted to go before a firewall redirected it",
  },
  "send-proxy": {
    takes: choice("v1", "v2"),
    group: "Server",
    help: "a server over TCP is told whom we speak for before all else: the PROXY protocol, version 1 or 2",
  },
  hostname: {
    takes: { kind: "text", what: "a domain name" },
    group: "Server",
    help: "our name in greetings and replies (default: the host's)",
  },
  user: { takes: USER, group: "Identity", help: "whom the wrapper becomes; needed when started as root" },
  group: {
    takes: { kind: "text", what: "a group", forms: ["GROUP"] },
    group: "Identity",
    help: "its group, if not the user's own",
  },
  "server-user": { takes: USER, group: "Identity", help: "whom the server runs as (default: as --user)" },
  "max-errors": {
    takes: NUMBER,
    default: "20",
    group: "Limits",
    help: "errors without an accepted message between them, before the session is ended; 0 = never",
    doubt: "a client may try what it likes for ever",
  },
  "idle-timeout": {
    takes: SECONDS,
    default: "300",
    group: "Limits",
    help: "for the client's next line; 0 = none",
    doubt: "a client that says nothing keeps its place for ever",
  },
  "min-rate": {
    takes: OCTETS,
    default: "20",
    group: "Limits",
    help: "a second, of a message, over five minutes; 0 = any",
    doubt: "a message may come as slowly as its client likes",
  },
  "session-timeout": { takes: SECONDS, default: "0", group: "Limits", help: "of a session; 0 = none" },
  "server-timeout": {
    takes: SECONDS,
    default: "600",
    group: "Limits",
    help: "for the server's reply; 0 = none",
    doubt: "a server that hangs keeps its client for ever",
  },
  log: {
    takes: {
      kind: "text",
      forms: [
        ...["stderr", "none", "auto", "file:/PATH", "unix:/PATH"],
        ...["syslog://HOST:PORT", "syslog+tcp://HOST:PORT"],
      ],
    },
    default: "auto",
    group: "Log",
    help: "stderr, file:/PATH, unix:/PATH, syslog://HOST:PORT (UDP), syslog+tcp://HOST:PORT or none; auto: stderr unless it is the client's, else the local syslog",
  },
  "log-level": {
    takes: { kind: "number", range: [0, 5] },
    default: "2",
    group: "Log",
    help: "0 (our own faults) to 5 (every line, but no secrets)",
    doubt: "refusals are not logged",
  },
  "log-name": {
    takes: TEXT,
    group: "Log",
    help: "how we are called in the log (default: protowrap-<protocol>)",
  },
  "log-format": {
    takes: choice("text", "json"),
    default: "text",
    group: "Log",
    help: "key=value, or one JSON object a line",
  },
  "log-dialect": {
    takes: choice("none", "postfix", "dovecot"),
    default: "none",
    group: "Log",
    help: "besides our own the few lines that others' tools read of that server, as text",
  },
  config: {
    takes: { kind: "text", what: "a file", forms: ["FILE"] },
    group: "Other",
    help: "a TOML file of these options; the command line wins (protowrap.toml(5))",
  },
} as const satisfies Table;

export type RunOptions = GivenOf<typeof RUN_OPTIONS>;

/** What a protocol may want different where nobody says anything. */
export type RunDefaults = { readonly [Name in keyof typeof RUN_OPTIONS]?: string };
