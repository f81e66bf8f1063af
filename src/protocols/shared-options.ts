// Groups of options that several protocols have, as values to spread into a protocol's own table. A protocol that
// does not need one of them leaves the group out: then it is no option of it. Knows no protocol.

import { choice, FLAG, NUMBER, OCTETS, SECONDS, type Table } from "../options/table.ts";

/** What may become of a line that is too long. */
type Fate = "refuse" | "truncate" | "drop" | "close";

/**
 * The length of a client's lines.
 * @param most octets by default, the line's end included
 * @param fates what may become of a longer one; the first is the default. Where every line has its reply, one
 *   that is cut or dropped would leave the client without it.
 */
export function lineOptions<const Fates extends readonly [Fate, ...Fate[]]>(most: number, ...fates: Fates) {
  return {
    "max-line-length": {
      takes: OCTETS,
      default: String(most),
      group: "Limits",
      help: "of a client's line, its end included; 0 = no check",
      doubt: "a client's lines may have any length up to 65536",
    },
    "on-long-line": {
      takes: choice(...fates),
      default: fates[0] as Fates[0],
      group: "Limits",
      help: "what becomes of it then",
    },
  } as const satisfies Table;
}

/** For protocols by which a server can be told whom we speak for. */
export const XCLIENT_OPTION = {
  xclient: {
    takes: FLAG,
    group: "Server",
    help: "a server that offers XCLIENT is told by it whom we speak for",
  },
} as const satisfies Table;

/** For protocols that pass logins: what the one login policy (login.ts) asks, and whether SASL is offered. */
export const LOGIN_OPTIONS = {
  auth: {
    takes: choice("off", "pass"),
    default: "off",
    group: "Logins",
    help: "SASL authentication by the server",
  },
  "login-without-tls": {
    takes: { kind: "networks", words: { nobody: "refuse", anybody: "allow" } },
    group: "Logins",
    help: "who may log in without TLS: nobody (refuse), everybody (allow), or an address, network or prefix (default: refuse, unless --tls is off)",
    doubt: "passwords cross the network as they are",
  },
  "max-login-attempts": {
    takes: NUMBER,
    default: "3",
    group: "Logins",
    help: "failed logins before the session is ended; 0 = never",
    doubt: "passwords may be tried for ever",
  },
  "login-delay": {
    takes: SECONDS,
    default: "3",
    group: "Logins",
    help: "no failed login is answered before; doubled each time up to 30",
    doubt: "passwords may be tried as fast as the server answers",
  },
  throttle: {
    takes: {
      kind: "text",
      what: "where guesses are counted",
      forms: ["none", "memory", "file:/PATH", "redis://HOST:PORT", "rediss://HOST:PORT"],
    },
    group: "Logins",
    help: "where wrong passwords are counted across connections: memory (a listener's own), file:/PATH, redis://HOST:PORT or rediss://HOST:PORT[,password=FILE][,ca=FILE] (default: memory where we listen, else none)",
  },
  "throttle-allow": {
    takes: { kind: "networks" },
    group: "Logins",
    help: "address, network or prefix whose wrong passwords are not counted",
    isTrusted: true,
    doubt: "passwords may be tried by many at once",
  },
} as const satisfies Table;
