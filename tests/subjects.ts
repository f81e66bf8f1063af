// The protocols under test with the options a test gets unless it says otherwise; shared by the transcripts
// and the invariants. A new protocol is tested by being listed here.

import { finger } from "../src/protocols/finger.ts";
import { line } from "../src/protocols/line.ts";
import { pop3 } from "../src/protocols/pop3/pop3.ts";
import type { Protocol } from "../src/protocols/protocol.ts";
import type { SmtpOptions } from "../src/protocols/smtp/options.ts";
import { smtp } from "../src/protocols/smtp/smtp.ts";
import type { Subject } from "./transcripts.ts";

/** As the command line's defaults, with one domain of ours. */
const SMTP: SmtpOptions = {
  maxLineLength: 512,
  onLongLine: "refuse",
  relay: { domains: ["local.test"], senderDomains: [], clientAllowed: false },
  clientBlocked: false,
  listedBy: () => null,
  blockAddress: [],
  inspect: null,
  maxRecipients: 100,
  maxMessageSize: 10_000_000,
  bareNewline: "reject",
  longText: "reject",
  earlyTalker: "hold",
  auth: "off",
  ehlo: "esmtp",
  vrfy: "502",
  maxLoginAttempts: 3,
  loginDelay: 3,
};

export const PROTOCOLS: Record<string, Subject> = {
  smtp: subject(smtp, SMTP),
  pop3: subject(pop3, {
    maxLineLength: 255,
    maxLoginAttempts: 3,
    loginDelay: 3,
    auth: "off",
    onLongLine: "refuse",
  }),
  line: subject(line, { maxLineLength: 200, onLongLine: "truncate", finalLine: "drop" }),
  finger: subject(finger, { maxLineLength: 512 }),
};

function subject<Options extends object>(protocol: Protocol<Options>, options: Options): Subject {
  return { protocol: protocol as unknown as Protocol<never>, options };
}
