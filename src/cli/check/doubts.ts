// What is allowed and hardly ever meant: each a warning. What an option's table entry doubts is asked here by kind, and
// rules are tried on samples rather than read, so that no notation slips through; the rest the protocol says itself.
// Looks at no file but those of entries, and asks nobody.

import { RUN_OPTIONS } from "../../options/run.ts";
import { DEFAULT, type Settings } from "../../options/settings.ts";
import { camelCase, type Option, type Table } from "../../options/table.ts";
import { TLS_OPTIONS } from "../../options/tls-options.ts";
import { processorTime } from "../../os/processor.ts";
import { sizeOf } from "../../policy/networks.ts";
import type { AnyProtocol, Place } from "../../protocols/protocol.ts";
import { isIPv4 } from "../../wire/domain.ts";
import { type Finding, warning } from "./finding.ts";
import { entriesOfOption } from "./lists.ts";

/** Far apart: a network that has two of one kind has nearly all. */
const STRANGERS = [
  ["9.9.9.9", "203.0.113.9"],
  ["2001:db8::9", "2600:9::9"],
] as const;
/** Nothing that anybody refuses on purpose: addresses, and lines of a message. */
const HARMLESS = {
  patterns: ["ann.lee@example.org", "j_r+news@mx7.other.test"],
  content: ["Subject: Lunch at noon?", "Dear Bob, the figures for May are ready."],
};

/** Seconds of processor time for a megabyte above which a rule is out of proportion: others take a tenth of it. */
const COSTLY = 0.5;

/** @param settings of a configuration that has no error */
export async function doubts(protocol: AnyProtocol, settings: Settings, place: Place): Promise<Finding[]> {
  const own = protocol.doubts(settings.read, place);
  const isTold = (name: string) => own.some(([about]) => about === `--${name}`);
  const rules = Object.entries(protocol.options).map(([name, option]) =>
    ofRule(name, option, settings, isTold(name)),
  );
  const found = [
    ...ofZeros(RUN_OPTIONS, settings),
    ...ofZeros(protocol.options, settings),
    ...ofTimes(settings),
    ...ofTls(settings),
    ...ofRetry(settings),
    ...own.map(([about, text]) => warning(about, text)),
    ...(await Promise.all(rules)).flat(),
  ];
  return found.map((finding) => ({ ...finding, about: placed(finding.about, settings) }));
}

/** An option is told where it was said. */
export function placed(about: string, { where }: Settings): string {
  return about.startsWith("--") ? where(about.slice(2)) : about;
}

function ofZeros(table: Table, settings: Settings): Finding[] {
  const values: Readonly<Record<string, unknown>> = settings.read(table);
  return Object.entries(table).flatMap(([name, { doubt }]) =>
    doubt !== undefined && values[camelCase(name)] === 0 ? [warning(`--${name}`, `0: ${doubt}`)] : [],
  );
}

/** Times that cannot all be kept. */
function ofTimes(settings: Settings): Finding[] {
  const { idleTimeout, sessionTimeout } = settings.read(RUN_OPTIONS);
  if (sessionTimeout === 0 || sessionTimeout >= idleTimeout) return [];
  return [
    warning("--session-timeout", `${sessionTimeout}: is over before --idle-timeout (${idleTimeout}) is`),
  ];
}

/** What is said of TLS where there is none. */
function ofTls(settings: Settings): Finding[] {
  if (settings.read(TLS_OPTIONS).tls !== "off") return [];
  return Object.keys(TLS_OPTIONS)
    .filter((name) => name !== "tls" && settings.origin(name) !== DEFAULT)
    .map((name) => warning(`--${name}`, "has no effect without --tls optional, required or implicit"));
}

/** What nobody remembers from one connection to the next. */
function ofRetry(settings: Settings): Finding[] {
  const { connect, listen } = settings.read(RUN_OPTIONS);
  if (settings.origin("server-retry") === DEFAULT) return [];
  if (connect.length === 0) return [warning("--server-retry", "has no effect without --connect")];
  if (listen.length > 0) return [];
  return [warning("--server-retry", "has no effect without --listen, or a listening socket that is passed")];
}

/** @param isTold the protocol itself has something to say of the option: it knows better what a word comes to */
async function ofRule(
  name: string,
  { takes, doubt }: Option,
  settings: Settings,
  isTold: boolean,
): Promise<Finding[]> {
  if ((settings.entries(name) ?? []).length === 0) return [];
  const entries = entriesOfOption(settings, name, { takes }).map(({ entry }) => entry);
  switch (takes.kind) {
    case "networks":
      if (entries[0] === takes.words?.nobody) return [];
      if (entries[0] === takes.words?.anybody)
        return isTold ? [] : [warning(`--${name}`, `${entries[0]}: ${doubt}`)];
      return ofNetworks(name, entries, doubt ?? "everybody");
    case "patterns":
      return ofExpressions(name, entries, HARMLESS.patterns);
    case "content":
      return [...(await ofExpressions(name, entries, HARMLESS.content)), ...(await ofCosts(name, entries))];
    default:
      return [];
  }
}

async function ofNetworks(name: string, entries: readonly string[], doubt: string): Promise<Finding[]> {
  const { compileNetworks } = await import("../../policy/networks.ts");
  return entries.filter(isWide).flatMap((entry) => {
    const contains = compileNetworks([entry]);
    const all = STRANGERS.find((strangers) => strangers.every(contains));
    if (all === undefined) return [];
    const whom = `${JSON.stringify(entry)} is everybody with an ${isIPv4(all[0]) ? "IPv4" : "IPv6"} address`;
    return [warning(`--${name}`, `${whom}: ${doubt}`)];
  });
}

/** Others can have no two strangers. */
function isWide(entry: string): boolean {
  return (sizeOf(entry)?.bits ?? 0) < 8;
}

async function ofExpressions(
  name: string,
  entries: readonly string[],
  harmless: readonly string[],
): Promise<Finding[]> {
  const { compilePattern } = await import("../../policy/expressions.ts");
  return entries.flatMap((source) => {
    const pattern = compilePattern(source);
    const shown = JSON.stringify(source);
    if (pattern.test("")) return [warning(`--${name}`, `${shown} matches everything, even nothing`)];
    const most = harmless.every((text) => pattern.test(text));
    return most ? [warning(`--${name}`, `${shown} matches nearly everything`)] : [];
  });
}

/** What a session would refuse messages for, perhaps, and could not be told beforehand. */
async function ofCosts(name: string, entries: readonly string[]): Promise<Finding[]> {
  const { secondsPerMegabyte } = await import("../../policy/content/proportion.ts");
  return entries.flatMap((source, index) => {
    const seconds = secondsPerMegabyte(source, processorTime);
    if (seconds < COSTLY) return [];
    const shown = `${JSON.stringify(source)} (block-body#${index + 1})`;
    const fate = "above 2 the message is refused for now: 451, rule rule-cost";
    return [
      warning(
        `--${name}`,
        `${shown} takes up to ${seconds.toFixed(1)} s of processor time a megabyte; ${fate}`,
      ),
    ];
  });
}
