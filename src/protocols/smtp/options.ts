// The options of SMTP: all there is to say of each, for argv, TOML, --help, check, the man page and the types.

import {
  CONTENT,
  choice,
  DOMAINS,
  NETWORKS,
  NUMBER,
  PATTERNS,
  RECIPIENTS,
  SIZE,
  type Table,
  TEXT,
  type ValuesOf,
} from "../../options/table.ts";
import { LOGIN_OPTIONS, lineOptions, XCLIENT_OPTION } from "../shared-options.ts";

export const smtpOptions = {
  // RFC 5321 §4.5.3.1.4
  ...lineOptions(512, "refuse", "close"),
  ...LOGIN_OPTIONS,
  ...XCLIENT_OPTION,
  "relay-domain": {
    takes: DOMAINS,
    group: "SMTP",
    help: "recipient domain accepted; .D = the subdomains of D (none given: only names without a domain)",
  },
  recipient: {
    takes: RECIPIENTS,
    group: "SMTP",
    help: "who exists in --relay-domain: an address, @D for all in D, or system, the users and aliases of this host; others get 550 (none given: nobody asks)",
  },
  "relay-ip": {
    takes: NETWORKS,
    group: "SMTP",
    help: "clients that may send anywhere: address, network, or prefix such as 192.168.1",
    isTrusted: true,
    doubt: "an open relay",
  },
  "relay-sender-domain": {
    takes: DOMAINS,
    group: "SMTP",
    help: "sender domain that may send anywhere (forgeable: think twice)",
  },
  "block-ip": {
    takes: NETWORKS,
    group: "SMTP",
    help: "clients refused: address, network or prefix",
    keepsOut: true,
    doubt: "nobody gets in",
  },
  "block-address": {
    takes: PATTERNS,
    group: "SMTP",
    help: "regular expression: senders and recipients refused",
  },
  "block-body": {
    takes: CONTENT,
    group: "SMTP",
    help: "regular expression: messages with such a line or header field are refused, decoded text too",
  },
  dnsbl: {
    takes: { kind: "blackholes", resolver: "resolver" },
    group: "SMTP",
    help: "ZONE[=CODE,...]: clients this DNS list knows get 550 at MAIL",
  },
  resolver: {
    takes: TEXT,
    group: "SMTP",
    help: "IP:PORT of the name server for --dnsbl (default: the system's)",
  },
  "max-recipients": {
    takes: NUMBER,
    default: "100",
    group: "SMTP",
    help: "of one message; 0 = no limit",
    doubt: "a message may have any number of recipients",
  },
  "max-message-size": {
    takes: SIZE,
    default: "10000000",
    group: "SMTP",
    help: "octets, or with K, M, G; 0 = no limit",
    doubt: "a message may be as large as the server's disk",
  },
  "bare-newline": {
    takes: choice("reject", "normalize"),
    default: "reject",
    group: "SMTP",
    help: "bare CR or LF in a message",
  },
  "long-text": {
    takes: choice("reject", "pass"),
    default: "reject",
    group: "SMTP",
    help: "message lines over 1000 octets",
  },
  "early-talker": {
    takes: choice("hold", "refuse"),
    default: "hold",
    group: "SMTP",
    help: "octets before our greeting",
  },
  syntax: {
    takes: choice("strict", "lax"),
    default: "strict",
    group: "SMTP",
    help: "lax: what clients often get wrong in EHLO, MAIL and RCPT is repaired",
  },
  ehlo: {
    takes: choice("esmtp", "helo"),
    default: "esmtp",
    group: "SMTP",
    help: "helo: EHLO becomes HELO, no extensions",
  },
  smtputf8: {
    takes: choice("strip", "pass"),
    default: "strip",
    group: "SMTP",
    help: "pass: addresses beyond ASCII, where the server offers SMTPUTF8",
  },
  vrfy: {
    takes: choice("502", "252"),
    default: "502",
    group: "SMTP",
    help: "our answer to VRFY",
  },
} as const satisfies Table;
export type SmtpOptions = ValuesOf<typeof smtpOptions>;

/**
 * What the extensions' parameters may add to a MAIL or RCPT line: SIZE 26, BODY 17, AUTH 500, DSN about 600
 * (RFC 5321 §4.1.1, RFC 1870, 6152, 4954, 3461), rounded up so that 512 becomes 2048.
 */
export const ESMTP_ROOM = 1536;
