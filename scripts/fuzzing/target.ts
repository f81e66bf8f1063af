// Knows the protocols as the fuzzer sees them: peers, oracles, and the options worth a variant. One that is registered
// and not listed here is an error; of the examples those are here that say what no registered one does.

import { join } from "node:path";
import { PROTOCOLS as REGISTERED } from "../../src/protocols/registry.ts";
import { FIXTURES } from "../../tests/examples/fixtures.ts";
import { STRINGS_ORACLES } from "../../tests/examples/strings/oracles.ts";
import { WATCH_ORACLES } from "../../tests/examples/watch/oracles.ts";
import { ORACLES, type Oracle } from "../../tests/oracles.ts";
import { fingerPeers } from "../../tests/peers/finger.ts";
import { linePeers } from "../../tests/peers/line.ts";
import { managesievePeers } from "../../tests/peers/managesieve.ts";
import { pop3Peers } from "../../tests/peers/pop3.ts";
import { smtpPeers } from "../../tests/peers/smtp.ts";
import { stringsPeers } from "../../tests/peers/strings.ts";
import { watchPeers } from "../../tests/peers/watch.ts";
import { MANAGESIEVE_ORACLES } from "../../tests/protocols/managesieve/oracles.ts";
import { SMTP_ORACLES } from "../../tests/protocols/smtp/oracles.ts";
import type { Peers } from "../../tests/simulation.ts";
import { PROTOCOLS } from "../../tests/subjects.ts";
import { type Subject, transcriptFiles } from "../../tests/transcripts.ts";

export interface Target {
  readonly name: string;
  readonly subject: Subject;
  readonly peers: Peers;
  readonly oracles: readonly Oracle[];
  /** Options under which every oracle holds. */
  readonly variants: readonly object[];
  /** Files of conversations to begin with. */
  readonly transcripts: readonly string[];
}

type Known = Pick<Target, "peers" | "oracles" | "variants">;

const KNOWN: Record<string, Known> = {
  smtp: {
    peers: smtpPeers,
    oracles: SMTP_ORACLES,
    variants: [
      {},
      { bareNewline: "normalize" },
      { maxMessageSize: 0, longText: "pass" },
      { maxLineLength: 60, maxRecipients: 2, vrfy: "252" },
      { ehlo: "helo", maxLineLength: 0 },
      { xclient: true },
      { syntax: "lax" },
    ],
  },
  pop3: {
    peers: pop3Peers,
    oracles: ORACLES,
    variants: [{}, { maxLineLength: 0 }, { maxLineLength: 20 }, { xclient: true }],
  },
  managesieve: {
    peers: managesievePeers,
    oracles: MANAGESIEVE_ORACLES,
    variants: [{}, { maxScriptSize: 10 }, { maxLineLength: 60 }, { xclient: true }],
  },
  line: {
    peers: linePeers,
    oracles: ORACLES,
    variants: [{}, { onLongLine: "drop" }],
  },
  finger: { peers: fingerPeers, oracles: ORACLES, variants: [{}, { maxLineLength: 0 }] },
};

const EXAMPLES: Record<string, Known> = {
  strings: {
    peers: stringsPeers,
    oracles: STRINGS_ORACLES,
    variants: [{}, { maxString: 20 }, { maxLineLength: 40, maxText: 30 }],
  },
  watch: { peers: watchPeers, oracles: WATCH_ORACLES, variants: [{}, { maxLineLength: 20 }] },
};

const TRANSCRIPTS = transcriptFiles(join(import.meta.dir, "../../tests/transcripts"));

const registered = Object.keys(REGISTERED).map((name) => {
  const subject = PROTOCOLS[name];
  if (subject === undefined) throw new Error(`nobody fuzzes the protocol ${name}`);
  return target(name, KNOWN[name], { subject, transcripts: TRANSCRIPTS.get(name) ?? [] });
});
const examples = Object.keys(EXAMPLES).map((name) => {
  const { transcripts, ...subject } = FIXTURES[name]!;
  return target(name, EXAMPLES[name], { subject, transcripts });
});

export const TARGETS: readonly Target[] = [...registered, ...examples];

/** Those the built program has by name. */
export const BUILT: readonly Target[] = registered;

function target(
  name: string,
  known: Known | undefined,
  has: Pick<Target, "subject" | "transcripts">,
): Target {
  if (known === undefined) throw new Error(`nobody fuzzes the protocol ${name}`);
  const { dialogue } = has.subject.protocol;
  const oracles = known.oracles.filter((oracle) => oracle.dialogue === "any" || oracle.dialogue === dialogue);
  return { name, ...has, ...known, oracles };
}
