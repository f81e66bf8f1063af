// What is allowed and hardly ever meant: each a warning. Knows what options mean; looks at no file and asks
// nobody. Rules are tried on samples rather than read, so that no notation slips through.

import { isIPv4 } from "../../protocols/smtp/domain.ts";
import type { ServerPlan } from "../../run.ts";
import type { Values } from "../settings.ts";
import { type Finding, warning } from "./finding.ts";

/** Far apart: a network that has two of one kind has nearly all. */
const STRANGERS = [
  ["9.9.9.9", "203.0.113.9"],
  ["2001:db8::9", "2600:9::9"],
] as const;
/** Nothing that anybody refuses on purpose. */
const ADDRESSES = ["ann.lee@example.org", "j_r+news@mx7.other.test"];
const LINES = ["Subject: Lunch at noon?", "Dear Bob, the figures for May are ready."];

/** Options of which 0 switches a limit off, and what that lets a client do. */
const LIMITS: Readonly<Record<string, string>> = {
  "max-line-length": "a client's lines may have any length up to 65536",
  "max-errors": "a client may try what it likes for ever",
  "idle-timeout": "a client that says nothing keeps its place for ever",
  "server-timeout": "a server that hangs keeps its client for ever",
  "max-recipients": "a message may have any number of recipients",
  "max-message-size": "a message may be as large as the server's disk",
  "max-login-attempts": "passwords may be tried for ever",
  "login-delay": "passwords may be tried as fast as the server answers",
};

/** @param values of a configuration that has no error */
export async function doubts(values: Values, nameServers: boolean): Promise<Finding[]> {
  return [
    ...Object.entries(LIMITS).flatMap(([option, what]) =>
      values[option] === 0 ? [warning(`--${option}`, `0: ${what}`)] : [],
    ),
    ...(values["log-level"] === 0 ? [warning("--log-level", "0: refusals are not logged")] : []),
    ...(values.auth === "pass"
      ? [warning("--auth", "pass: passwords cross the network as they are, unless TLS is in front")]
      : []),
    ...relaying(values),
    ...(await networks(values)),
    ...(await expressions(values)),
    ...(list(values, "dnsbl").length > 0 && values.resolver === null && !nameServers
      ? [warning("--dnsbl", "no name server is known, so nobody will be blocked: give --resolver")]
      : []),
  ];
}

/** A protocol that does not suit its server, as far as names tell. */
export function misfit(protocol: string, plan: ServerPlan): Finding[] {
  const names = "argv" in plan ? plan.argv : plan.destinations.map(({ host }) => host);
  if (protocol !== "line" || !names.some((name) => /imap/i.test(name))) return [];
  const what = "literals and long commands are cut, STARTTLS and COMPRESS break, logins are not limited";
  return [warning("line", `the server looks like one of IMAP, of which line knows nothing: ${what}`)];
}

function relaying(values: Values): Finding[] {
  const domains = list(values, "relay-domain");
  const senders = list(values, "relay-sender-domain");
  const rules = [...domains, ...senders, ...list(values, "relay-ip")];
  if (values["relay-domain"] === undefined) return [];
  return [
    ...(rules.length === 0
      ? [warning("--relay-domain", "no relay rule: only recipients without a domain are accepted")]
      : []),
    ...(senders.length > 0
      ? [warning("--relay-sender-domain", "a sender is easily forged: whoever claims it relays anywhere")]
      : []),
    ...domains.flatMap((entry) => domainDoubt("--relay-domain", entry)),
    ...senders.flatMap((entry) => domainDoubt("--relay-sender-domain", entry)),
  ];
}

function domainDoubt(option: string, entry: string): Finding[] {
  const name = entry.startsWith(".") ? entry.slice(1) : entry;
  const shown = JSON.stringify(entry);
  if (!/^(?:[A-Za-z0-9-]+\.)*[A-Za-z0-9-]+$/.test(name) && !/^\[.*\]$/.test(name))
    return [
      warning(option, `${shown} is no domain and matches nothing; ".d" stands for the subdomains of d`),
    ];
  if (entry.startsWith(".") && !name.includes("."))
    return [warning(option, `${shown} is a whole top-level domain`)];
  return [];
}

async function networks(values: Values): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const option of ["relay-ip", "block-ip"]) {
    for (const entry of list(values, option)) {
      const { compileNetworks } = await import("../../policy/networks.ts");
      const contains = compileNetworks([entry]);
      const all = STRANGERS.find((strangers) => strangers.every(contains));
      if (all === undefined) continue;
      const whom = `${JSON.stringify(entry)} is everybody with an ${isIPv4(all[0]) ? "IPv4" : "IPv6"} address`;
      const so = option === "relay-ip" ? "an open relay" : "nobody gets in";
      found.push(warning(`--${option}`, `${whom}: ${so}`));
    }
  }
  return found;
}

async function expressions(values: Values): Promise<Finding[]> {
  const found: Finding[] = [];
  const samples = { "block-address": ADDRESSES, "block-body": LINES };
  for (const [option, harmless] of Object.entries(samples)) {
    for (const source of list(values, option)) {
      const { compilePattern } = await import("../../policy/expressions.ts");
      const pattern = compilePattern(source);
      const shown = JSON.stringify(source);
      if (pattern.test("")) found.push(warning(`--${option}`, `${shown} matches everything, even nothing`));
      else if (harmless.every((text) => pattern.test(text)))
        found.push(warning(`--${option}`, `${shown} matches nearly everything`));
    }
  }
  return found;
}

function list(values: Values, option: string): readonly string[] {
  return (values[option] ?? []) as readonly string[];
}
