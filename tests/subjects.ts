// The protocols under test with the options a test gets unless it says otherwise; shared by the transcripts
// and the invariants. A new protocol is tested by being listed here.

import { domainsOf } from "../src/policy/domains.ts";
import { finger } from "../src/protocols/finger/finger.ts";
import type { FingerOptions } from "../src/protocols/finger/options.ts";
import { line } from "../src/protocols/line/line.ts";
import type { LineOptions } from "../src/protocols/line/options.ts";
import { managesieve } from "../src/protocols/managesieve/managesieve.ts";
import type { SieveOptions } from "../src/protocols/managesieve/options.ts";
import type { Pop3Options } from "../src/protocols/pop3/options.ts";
import { pop3 } from "../src/protocols/pop3/pop3.ts";
import type { SmtpOptions } from "../src/protocols/smtp/options.ts";
import { smtp } from "../src/protocols/smtp/smtp.ts";
import type { Subject } from "./transcripts.ts";

const NO_NETWORKS = { has: () => false };

/** As the command line's defaults, with one domain of ours. */
const SMTP: SmtpOptions = {
  maxLineLength: 512,
  onLongLine: "refuse",
  relayDomain: domainsOf(["local.test"]),
  relayIp: NO_NETWORKS,
  relaySenderDomain: domainsOf([]),
  recipient: null,
  blockIp: NO_NETWORKS,
  blockAddress: [],
  blockBody: null,
  dnsbl: { listedBy: () => null },
  resolver: null,
  maxRecipients: 100,
  maxMessageSize: 10_000_000,
  bareNewline: "reject",
  longText: "reject",
  earlyTalker: "hold",
  auth: "off",
  xclient: false,
  ehlo: "esmtp",
  syntax: "strict",
  smtputf8: "strip",
  vrfy: "502",
  loginWithoutTls: null,
  throttle: "none",
  throttleAllow: { has: () => false },
  maxLoginAttempts: 3,
  loginDelay: 3,
};

const POP3: Pop3Options = {
  maxLineLength: 255,
  loginWithoutTls: null,
  throttle: "none",
  throttleAllow: { has: () => false },
  maxLoginAttempts: 3,
  loginDelay: 3,
  auth: "off",
  xclient: false,
  onLongLine: "refuse",
};

const MANAGESIEVE: SieveOptions = {
  ...POP3,
  auth: "pass",
  maxLineLength: 4200,
  maxScriptSize: 1_000_000,
  onLongLine: "close",
};

const LINE: LineOptions = { maxLineLength: 200, onLongLine: "truncate", finalLine: "drop" };
const FINGER: FingerOptions = { maxLineLength: 512, onLongLine: "refuse" };

export const PROTOCOLS: Record<string, Subject> = {
  smtp: { protocol: smtp, options: SMTP },
  pop3: { protocol: pop3, options: POP3 },
  managesieve: { protocol: managesieve, options: MANAGESIEVE },
  line: { protocol: line, options: LINE },
  finger: { protocol: finger, options: FINGER },
};
