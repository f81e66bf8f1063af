// What the options of SMTP come to, in plain words, and what of them is hardly ever meant. Knows what options mean
// to an administrator; looks at no file and asks nobody.

import { type GivenOf, pathIn, SYSTEM } from "../../options/table.ts";
import { overlaps } from "../../policy/networks.ts";
import { canonicalDomain } from "../../wire/canonical.ts";
import { clearSentence, failureSentence, guessRows, loginDoubts } from "../login-words.ts";
import { type Doubt, type Place, type Row, words } from "../protocol.ts";
import { messageBody } from "./delivery.ts";
import { smtpInquiry } from "./inquiry.ts";
import { obliging } from "./obliging.ts";
import { smtpOptions } from "./options.ts";

type Given = GivenOf<typeof smtpOptions>;

export const smtpWords = {
  ...words(smtpOptions, {
    ports: { clear: 25, implicit: 465 },
    ...{ describe, doubts, obliging, message: messageBody },
  }),
  inquiry: smtpInquiry,
};

function describe(options: Given, place: Place): readonly Row[] {
  return [
    ["accepts", `recipients ${[...options.relayDomain.map(domain), "without a domain"].join(", ")}`],
    ...(options.relayDomain.length === 0 ? [] : [["accepts", existence(options)] as const]),
    ["relays", relaySentence(options)],
    ...exceptions(options).map((sentence): Row => ["relays", sentence]),
    ["else", "any other recipient is refused: 550, rule relay"],
    ...refusals(options).map((sentence): Row => ["refuses", sentence]),
    ...(options.syntax === "lax" ? [["repairs", REPAIRS] as const] : []),
    ["offers", offerSentence(options, place)],
    ...(options.auth === "pass"
      ? [["failures", failureSentence(options)] as const, ...guessRows(place)]
      : []),
  ];
}

const REPAIRS =
  "what clients often get wrong in EHLO, MAIL and RCPT; every rule and the server see what comes out";

function doubts(options: Given, place: Place): readonly Doubt[] {
  const { hasNameServer, tls } = place;
  const { relayDomain, relaySenderDomain, recipient, relayIp, dnsbl, resolver } = options;
  const none = relayDomain.length + relaySenderDomain.length + relayIp.length === 0;
  return [
    ...loginDoubts(options, place),
    ...(tls === "required" && relayDomain.length > 0 ? [["--tls", PUBLIC] as const] : []),
    ...(none
      ? [["--relay-domain", "no relay rule: only recipients without a domain are accepted"] as const]
      : []),
    ...(relaySenderDomain.length > 0
      ? [["--relay-sender-domain", "a sender is easily forged: whoever claims it relays anywhere"] as const]
      : []),
    ...(relayDomain.length === 0 && recipient.length > 0
      ? [["--recipient", "tells who exists in --relay-domain, and there is none"] as const]
      : []),
    ...relayDomain.flatMap((entry) => domainDoubt("--relay-domain", entry)),
    ...relaySenderDomain.flatMap((entry) => domainDoubt("--relay-sender-domain", entry)),
    ...options.blockAddress.flatMap((entry) => addressDoubt(entry, options)),
    ...blockedRelays(options),
    ...(dnsbl.length > 0 && resolver === null && !hasNameServer
      ? [["--dnsbl", "no name server is known, so nobody will be blocked: give --resolver"] as const]
      : []),
    ...(resolver !== null && dnsbl.length === 0
      ? [["--resolver", "has no effect without --dnsbl"] as const]
      : []),
    ...(options.maxMessageSize > 0 && options.maxMessageSize < SMALLEST
      ? [["--max-message-size", `RFC 5321 §4.5.3.1.7 asks for ${SMALLEST} octets at least`] as const]
      : []),
    ...(options.maxRecipients > 0 && options.maxRecipients < FEWEST
      ? [["--max-recipients", `RFC 5321 §4.5.3.1.8 asks for ${FEWEST} at least`] as const]
      : []),
    ...(options.maxLineLength > 0 && options.maxLineLength < SHORTEST
      ? [["--max-line-length", `RFC 5321 §4.5.3.1.4 asks for ${SHORTEST} octets at least`] as const]
      : []),
  ];
}

const PUBLIC =
  "required: mail from anywhere for a --relay-domain must be taken without TLS, too (RFC 3207 §4): optional";

/** What a server must be able to take, in octets, recipients and octets. */
const SMALLEST = 65536;
const FEWEST = 100;
const SHORTEST = 512;

/** Of a relay network that is blocked as a whole nothing is left: whoever wrote it meant something else. */
function blockedRelays({ relayIp, blockIp }: Given): Doubt[] {
  return overlaps(relayIp, blockIp)
    .filter(({ is }) => is !== "around")
    .map(({ entry, other, is }) => {
      const both = `${JSON.stringify(entry)} is ${is === "same" ? "" : "in "}${JSON.stringify(other)} of --block-ip`;
      return ["--relay-ip", `${both}, which comes first: its clients are refused, and relay nothing`];
    });
}

/** A blocked part of a relay network is an exception from it, and holds as it was written. */
function exceptions({ relayIp, blockIp }: Given): string[] {
  return overlaps(relayIp, blockIp)
    .filter(({ is }) => is === "around")
    .map(
      ({ entry, other }) => `not for clients in ${other} of --block-ip, though in ${entry}: they are refused`,
    );
}

function domainDoubt(option: string, entry: string): Doubt[] {
  if (pathIn(entry) !== null) return []; // its lines are looked at by whoever reads it
  const name = entry.startsWith(".") ? entry.slice(1) : entry;
  const shown = JSON.stringify(entry);
  if (canonicalDomain(name) === null)
    return [[option, `${shown} is no domain and matches nothing; ".d" stands for the subdomains of d`]];
  if (entry.startsWith(".") && !name.includes(".")) return [[option, `${shown} is a whole top-level domain`]];
  return [];
}

function existence({ recipient }: Given): string {
  if (recipient.length === 0)
    return "whether they exist or not: mail that the server takes and cannot deliver goes to whom it names as its sender";
  const whom = recipient.map((entry) => {
    const path = pathIn(entry);
    if (path !== null) return `those in ${path}`;
    if (entry === SYSTEM) return "the users and aliases of this host";
    return entry.startsWith("@") ? `all ${domain(entry.slice(1))}` : entry;
  });
  return `of those only ${whom.join(", ")}, with +anything or without, and postmaster: others get 550, rule recipient`;
}

function domain(entry: string): string {
  const path = pathIn(entry);
  if (path !== null) return `in the domains of ${path}`;
  const name = entry.replace(/^\./, "");
  const canonical = canonicalDomain(name) ?? name;
  // As addresses have it.
  const shown = canonical === name.toLowerCase() ? name : `${name} (${canonical})`;
  return entry.startsWith(".") ? `in subdomains of ${shown}` : `in ${shown}`;
}

/** Where letters beyond ASCII are passed names have them, and domains have not. */
function addressDoubt(entry: string, { smtputf8 }: Given): Doubt[] {
  if (!(smtputf8 === "pass" ? /@.*[^\0-\x7f]/ : /[^\0-\x7f]/).test(entry)) return [];
  const text = "addresses are seen in ASCII: of a domain write the form that begins with xn--";
  return [["--block-address", `${JSON.stringify(entry)}: ${text}`]];
}

function relaySentence({ relayIp, relaySenderDomain, auth }: Given): string {
  const whom = [
    ...some(relayIp, (all) => `clients in ${all}`),
    ...some(relaySenderDomain, (all) => `whoever says the sender is in ${all}`),
    ...(auth === "pass" ? ["clients the server has authenticated"] : []),
  ];
  return whom.length === 0 ? "for nobody" : `to anywhere for ${whom.join("; for ")}`;
}

function refusals(options: Given): string[] {
  const asked = options.resolver ?? "the system's name server";
  return [
    ...some(options.blockIp, (all) => `clients in ${all}: 554, rule block-ip`),
    ...some(options.dnsbl, (all) => `clients that ${all} lists (asked of ${asked}): 550 at MAIL, rule dnsbl`),
    ...some(
      options.blockAddress,
      (all) => `senders and recipients that match ${all}: 550, rule block-address`,
    ),
    ...some(options.blockBody, (all) => `messages that match ${all}: 550`),
    `NUL in a message; bare CR or LF ${options.bareNewline === "reject" ? "too" : "is made CRLF instead"}`,
    ...(options.longText === "reject" ? ["message lines over 1000 octets"] : []),
    ...(options.earlyTalker === "refuse" ? ["clients that talk before they are greeted: 554"] : []),
  ];
}

function offerSentence({ ehlo, auth, vrfy, ...options }: Given, place: Place): string {
  const extensions = ehlo === "esmtp" ? "the server's extensions that are safe" : "no extensions (HELO)";
  const logins = auth === "pass" ? `AUTH by the server, ${clearSentence(options, place)}` : "no AUTH";
  return `${extensions}; ${logins}; VRFY is answered ${vrfy}`;
}

function some(entries: readonly string[], sentence: (all: string) => string): string[] {
  return entries.length === 0 ? [] : [sentence(entries.join(" or "))];
}
