// Knows the registered protocols as the fuzzer sees them: peers, oracles, and the options worth a variant. A
// protocol that is registered and not listed here is an error.

import { PROTOCOLS as REGISTERED } from "../../src/protocols/registry.ts";
import { ORACLES, type Oracle } from "../../tests/oracles.ts";
import { fingerPeers } from "../../tests/peers/finger.ts";
import { linePeers } from "../../tests/peers/line.ts";
import { pop3Peers } from "../../tests/peers/pop3.ts";
import { smtpPeers } from "../../tests/peers/smtp.ts";
import { SMTP_ORACLES } from "../../tests/protocols/smtp/oracles.ts";
import type { Peers } from "../../tests/simulation.ts";
import { PROTOCOLS } from "../../tests/subjects.ts";
import type { Subject } from "../../tests/transcripts.ts";

export interface Target {
  readonly name: string;
  readonly subject: Subject;
  readonly peers: Peers;
  readonly oracles: readonly Oracle[];
  /** Options under which every oracle holds. */
  readonly variants: readonly object[];
}

const KNOWN: Record<string, Pick<Target, "peers" | "oracles" | "variants">> = {
  smtp: {
    peers: smtpPeers,
    oracles: SMTP_ORACLES,
    variants: [
      {},
      { bareNewline: "normalize" },
      { maxMessageSize: 0, longText: "pass" },
      { maxLineLength: 60, maxRecipients: 2, vrfy: "252" },
      { ehlo: "helo", maxLineLength: 0 },
    ],
  },
  pop3: { peers: pop3Peers, oracles: ORACLES, variants: [{}, { maxLineLength: 0 }, { maxLineLength: 20 }] },
  line: {
    peers: linePeers,
    oracles: ORACLES,
    variants: [{}, { onLongLine: "drop" }],
  },
  finger: { peers: fingerPeers, oracles: ORACLES, variants: [{}, { maxLineLength: 0 }] },
};

export const TARGETS: readonly Target[] = Object.keys(REGISTERED).map((name) => {
  const known = KNOWN[name];
  const subject = PROTOCOLS[name];
  if (known === undefined || subject === undefined) throw new Error(`nobody fuzzes the protocol ${name}`);
  const { dialogue } = subject.protocol;
  const oracles = known.oracles.filter((oracle) => oracle.dialogue === "any" || oracle.dialogue === dialogue);
  return { name, subject, ...known, oracles };
});
