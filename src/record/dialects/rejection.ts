// A refusal as Postfix's smtpd(8) tells it: at which stage, of whom, with what the client was told, and why in the words
// that filters and reports look for. Knows how fail2ban's filter and pflogsumm find them.

import type { Fields } from "../entry.ts";
import { sentence, word } from "./words.ts";

export type Refused = Fields<"refused">;

/** Whom it is told of. */
export interface Refusee {
  /** `unknown[192.0.2.7]` */
  readonly client: string;
  readonly address: string;
  /** Of --dnsbl: the list that the client is on. */
  readonly zone: string;
}

interface Told {
  readonly code: string;
  readonly status: string;
  readonly text: string;
}

/** Stages of which pflogsumm looks for the reason in front of a semicolon; of all others in front of a comma. */
const ENDED_BY_SEMICOLON: ReadonlySet<string> = new Set(["RCPT", "DATA", "MAIL", "CONNECT"]);

/** By which a client is kept out: Postfix does that when the first recipient comes, and filters look for it there only. */
const OF_CLIENTS: ReadonlySet<string> = new Set(["block-ip", "dnsbl"]);

/** `reject: RCPT from unknown[192.0.2.7]: 550 5.7.1 <v@evil.test>: Relay access denied; from=<…> …` */
export function rejection(refused: Refused, refusee: Refusee): string {
  const stage = stageOf(refused);
  const told = toldBy(refused.reply ?? "");
  const whom = OF_CLIENTS.has(refused.rule) ? refusee.client : subjectOf(stage, refused, refusee);
  const about = whom === null ? "" : `<${whom}>: `;
  const why =
    refused.by === "us" && refused.rule === "dnsbl"
      ? `Service unavailable; Client host [${refusee.address}] blocked using ${word(refusee.zone)}`
      : `${about}${reasonOf(stage, refused, told)}`;
  const end = `${ENDED_BY_SEMICOLON.has(stage) ? ";" : ","} ${detailsOf(refused)}`;
  return `reject: ${stage} from ${refusee.client}: ${told.code} ${told.status} ${why}${end}`;
}

export function stageOf({ verb, line, rule, by }: Refused): string {
  if (by === "us" && OF_CLIENTS.has(rule)) return "RCPT";
  if (line === "(message)") return "END-OF-MESSAGE";
  if (verb !== undefined) return word(verb);
  return line === "(connection)" || rule === "early-talker" ? "CONNECT" : "UNKNOWN";
}

/** The codes that the client was told. Those of a reply that has none say the same, that it is refused for good. */
function toldBy(reply: string): Told {
  const [, code, status, text] =
    /^(?:([45][0-9]{2})(?:[ -]|$))?(?:([45]\.[0-9]{1,3}\.[0-9]{1,3})(?: |$))?(.*)/.exec(reply)!;
  const sure = code ?? "550";
  return { code: sure, status: status ?? (sure.startsWith("4") ? "4.7.1" : "5.7.1"), text: text! };
}

/** What stands in brackets in front of a reason: of MAIL nothing does, or pflogsumm takes it for the reason. */
function subjectOf(stage: string, { to }: Refused, { client }: Refusee): string | null {
  switch (stage) {
    case "RCPT":
      return word(to?.[0] ?? "");
    case "CONNECT":
      return client;
    case "DATA":
      return stage;
    default:
      return null;
  }
}

function reasonOf(stage: string, { rule, by }: Refused, { code, status, text }: Told): string {
  const why = sentence(withoutAddress(text)) || "Refused";
  if (by === "us" && rule === "block-ip") return "Client host rejected: Access denied";
  if (by === "us" && rule === "relay") return "Relay access denied";
  const isBlocked = by === "us" && rule === "block-address";
  if (stage === "MAIL") return isBlocked ? "Sender address rejected: Access denied" : why;
  if (stage !== "RCPT") return why;
  const isUnknown = code.startsWith("5") && status === "5.1.1";
  return `Recipient address rejected: ${isBlocked ? "Access denied" : isUnknown ? "User unknown" : why}`;
}

/** Servers repeat in front of a reason whom it is about, each in its own way. */
function withoutAddress(text: string): string {
  return text.replace(/^<[^<>]*>(?::|\.\.\.)? ?/, "").replace(/^(?:Sender|Recipient) address rejected: /, "");
}

function detailsOf({ from, to, helo }: Refused): string {
  return [
    ...(from === undefined ? [] : [`from=<${word(from)}>`]),
    ...(to === undefined ? [] : [`to=<${word(to[0] ?? "")}>`]),
    "proto=SMTP",
    ...(helo === undefined ? [] : [`helo=<${word(helo)}>`]),
  ].join(" ");
}
