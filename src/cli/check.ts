// `protowrap check <protocol> [options] [-- SERVER]`, and `check serve --config FILE`: what is wrong with a
// configuration, and what follows from it. One mistake does not hide the next; where there is none, the servers that are
// named are asked what they offer, and nobody else. Knows the order of the questions and how answers are printed; the
// questions are in check/.

import { readFileSync } from "node:fs";
import { wantsColour } from "../demo/narrator.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import { parseAddress } from "../options/address.ts";
import { ListError } from "../options/list-texts.ts";
import { resolve } from "../options/resolve.ts";
import { RUN_OPTIONS } from "../options/run.ts";
import { type ServerPlan, serverOf } from "../options/server.ts";
import type { Settings } from "../options/settings.ts";
import type { Table } from "../options/table.ts";
import { type TlsPlan, tlsOf } from "../options/tls.ts";
import { TLS_OPTIONS } from "../options/tls-options.ts";
import { UsageError } from "../options/usage.ts";
import { isRoot } from "../os/identity.ts";
import { hostName, isatty } from "../os/libc.ts";
import { memoryLimits } from "../os/memory-limits.ts";
import type { AnyProtocol, Place, Row } from "../protocols/protocol.ts";
import { PROTOCOLS } from "../protocols/registry.ts";
import { type Asked, capabilities } from "./check/capabilities.ts";
import { lookAt } from "./check/certificates.ts";
import { describe } from "./check/description.ts";
import { checkDestinations, checkOurselves } from "./check/destinations.ts";
import { doubts, placed } from "./check/doubts.ts";
import { error, type Finding, warning } from "./check/finding.ts";
import { checkLists, entriesOfOption } from "./check/lists.ts";
import { checkMetrics } from "./check/metrics.ts";
import { peopleOf } from "./check/people.ts";
import { checkFile, checkLog, checkMemory, checkServer } from "./check/places.ts";
import { checkProxies } from "./check/proxies.ts";
import { checkTogether } from "./check/services.ts";
import { lookAtThrottle } from "./check/throttle.ts";
import { type Tried, tried } from "./check/trial.ts";
import { COMMAND_OPTIONS } from "./command-options.ts";
import { checkedHostname, usableName } from "./hostname.ts";
import { attend, namedProtocol, print } from "./person.ts";
import { settingsFor } from "./protocol.ts";
import { CHECK_SERVE, SERVE, servicesOf } from "./services.ts";
import { argumentsOf, needed } from "./subcommand.ts";

const OWN = COMMAND_OPTIONS.check;
const COLOURS = { error: 31, warning: 33 } as const;

/** Runs `protowrap check …`. @returns 64 for an error, and for a warning with --strict */
export function check(argv: readonly string[]): Promise<ExitCode> {
  return attend("check", argv, () => work(argv));
}

async function work([command = "", ...argv]: readonly string[]): Promise<ExitCode> {
  if (command === SERVE.name) return workOnServices(argv);
  const protocol = await namedProtocol("check", command);
  const settings = await settingsFor(protocol, argv, OWN);
  const { mail, offline, strict } = settings.read(OWN);
  const { rows, findings } = await examined(protocol, settings, offline);
  // What it comes to is of interest once it is a configuration.
  const isWrong = findings.some(({ severity }) => severity === "error");
  const trial = mail === null || isWrong ? NOTHING : await triedOn(mail, protocol, settings);
  const all = [...findings, ...trial.findings];
  await print([
    `${protocol.name}:`,
    ...aligned([...rows, ...trial.rows]),
    "",
    ...trial.refused,
    ...told(all),
  ]);
  return exitOf(all, strict);
}

const NOTHING: Tried = { rows: [], refused: [], findings: [] };

/** Mails that somebody has, judged as a client's are. */
async function triedOn(path: string, protocol: AnyProtocol, settings: Settings): Promise<Tried> {
  const { name, options, message } = protocol;
  const where = settings.where("mail");
  try {
    if (message === null) throw new UsageError(`${where}: ${name} judges no mail`);
    const { read } = (await resolve(settings, options))(null);
    return tried(path, where, () => message(read));
  } catch (reason) {
    return { ...NOTHING, findings: [complaint(reason)] };
  }
}

async function workOnServices(argv: readonly string[]): Promise<ExitCode> {
  const args = argumentsOf(CHECK_SERVE, argv);
  const { services } = await servicesOf(needed(CHECK_SERVE, args, "config"));
  const lines: string[] = [];
  const findings: Finding[] = checkTogether(services);
  const offline = args.values.has("offline");
  const examining = services.map(async (service) => {
    const protocol = { ...service.protocol, ...(await PROTOCOLS[service.command]?.words?.()) };
    const own = await examined(protocol, service.settings, offline).catch(asFinding);
    return { service, protocol, own };
  });
  for (const { service, protocol, own } of await Promise.all(examining)) {
    lines.push(`${service.name} (${protocol.name}):`, ...aligned(own.rows), "");
    findings.push(...own.findings.map((finding) => ofService(finding, service.where)));
  }
  const once = findings.filter(
    ({ about, text }, index) =>
      findings.findIndex((one) => one.about === about && one.text === text) === index,
  );
  await print([...lines, ...told(once)]);
  return exitOf(once, args.values.has("strict"));
}

/** What no line of the file says is told of the service. */
function ofService({ about, ...finding }: Finding, where: string): Finding {
  return { ...finding, about: about.startsWith("--") ? `${where}: ${about.slice(2)}` : about };
}

function exitOf(findings: readonly Finding[], strict: boolean): ExitCode {
  return findings.some(({ severity }) => severity === "error" || strict) ? EXIT.usage : EXIT.ok;
}

interface Examined {
  readonly rows: readonly Row[];
  readonly findings: readonly Finding[];
}

/** @param offline nobody is asked anything */
async function examined(protocol: AnyProtocol, settings: Settings, offline: boolean): Promise<Examined> {
  const server = await serverOf(protocol, settings);
  const { log } = settings.read(RUN_OPTIONS);

  const findings: Finding[] = [];
  const report = (finding: Finding) => findings.push(finding);
  const people = peopleOf(settings, isRoot(), report);
  const hostname = hostnameOf(settings, report);
  const { tls } = settings.read(TLS_OPTIONS);
  findings.push(...checkServer(server, people, tls === "implicit"));
  collect(report, () => findings.push(...checkDestinations(server, settings.where("connect"))));
  if (settings.file !== null) findings.push(...checkFile(settings.file.path, people));
  collect(report, () => findings.push(...checkLog(log, settings.where("log"))));
  const listening: number[] = [];
  collect(report, () => {
    const places = listensIn(settings);
    listening.push(...new Set(places.map(({ port }) => port)));
    findings.push(...checkOurselves(server, settings.where("connect"), places));
  });
  collect(report, () =>
    findings.push(...checkProxies(writtenOut(settings, protocol.options), protocol.options)),
  );
  collect(report, () => findings.push(...checkMetrics(settings)));
  const certificates: Row[] = [];
  collect(report, () => {
    const plan = tlsOf(protocol, settings);
    if (plan === null) return;
    const ports = listening.length > 0 ? listening : usualPorts(protocol, plan);
    const isForRoot = people.wrapper !== null;
    const looked = lookAt(plan, { hostname, ports, isForRoot, isRoot: isRoot(), now: Date.now() });
    findings.push(...looked.findings);
    certificates.push(...looked.rows);
  });
  let throttle: Place["throttle"] = "none";
  collect(report, () => {
    const looked = lookAtThrottle(protocol, settings, people);
    throttle = looked.kind;
    findings.push(...looked.findings);
  });
  findings.push(...checkMemory(memoryLimits()));
  const listed = await checkLists(settings, protocol.options, people);
  findings.push(...listed);
  const rulesHold = await resolve(settings, protocol.options, { isForMany: true }).then(
    () => listed.every(({ severity }) => severity !== "error"),
    (reason) => (reason instanceof ListError ? false : complain(report, reason)), // of a list all has been told
  );
  const place = { server: wordsOf(server), hasNameServer: hasNameServers(), tls, throttle };
  if (rulesHold) findings.push(...(await doubts(protocol, settings, place)));

  const rows = describe(protocol, settings, server, people, hostname, place, certificates);
  if (offline || findings.some(({ severity }) => severity === "error")) return { rows, findings };
  const asked = await capabilities(protocol, settings, server, people, hostname);
  const learned = asked.map((one) => learnedOf(one, protocol, settings, place));
  return {
    rows: [...rows, ...learned.flatMap((of) => of.rows)],
    findings: [...findings, ...learned.flatMap((of) => of.findings)],
  };
}

/** What a server's answer comes to; one that cannot be asked now is no mistake. */
function learnedOf(
  { server, answer }: Asked,
  { inquiry }: AnyProtocol,
  settings: Settings,
  place: Place,
): Examined {
  if ("failed" in answer) return { rows: [["asked", `${server}: ${answer.failed}`]], findings: [] };
  const { rows, doubts } = inquiry!.learn(answer.offers, settings.read, place);
  return {
    rows: [["asked", `${server} says what it offers`], ...rows],
    findings: doubts.map(([about, text]) => warning(placed(about, settings), text)),
  };
}

/** Entries with those of files among them. */
function writtenOut({ entries, where }: Settings, table: Table): Pick<Settings, "entries" | "where"> {
  const all: Table = { ...RUN_OPTIONS, ...table };
  const out = (name: string) =>
    entriesOfOption({ entries, where }, name, all[name]!).map(({ entry }) => entry);
  return { entries: (name) => (entries(name) === null ? null : out(name)), where };
}

function hostnameOf(settings: Settings, report: (finding: Finding) => void): string {
  const { hostname } = settings.read(RUN_OPTIONS);
  if (hostname !== null) collect(report, () => checkedHostname(hostname, settings.where("hostname")));
  return hostname ?? usableName(hostName());
}

function listensIn(settings: Settings): ReturnType<typeof parseAddress>[] {
  const { listen } = settings.read(RUN_OPTIONS);
  return listen.map((text) => parseAddress(text, settings.where("listen")));
}

function usualPorts({ ports }: AnyProtocol, { mode }: TlsPlan): number[] {
  return ports === undefined ? [] : [mode === "implicit" ? ports.implicit : ports.clear];
}

/** What a doubt knows of the server. */
function wordsOf(plan: ServerPlan): readonly string[] {
  if ("argv" in plan) return plan.argv;
  return "destinations" in plan ? plan.destinations.map(({ host }) => host) : [];
}

function collect(report: (finding: Finding) => void, work: () => void): void {
  try {
    work();
  } catch (reason) {
    complain(report, reason);
  }
}

function complain(report: (finding: Finding) => void, reason: unknown): false {
  report(complaint(reason));
  return false;
}

/** A mistake that a start would end with; anything else is ours. */
function complaint(reason: unknown): Finding {
  if (!(reason instanceof UsageError)) throw reason;
  const [about = "", ...text] = reason.message.split(": ");
  return error(about, text.join(": "));
}

/** One that keeps the service from being looked at any further. */
function asFinding(reason: unknown): Examined {
  return { rows: [], findings: [complaint(reason)] };
}

function hasNameServers(): boolean {
  try {
    return /^nameserver\s+\S/m.test(readFileSync("/etc/resolv.conf", "latin1"));
  } catch {
    return false;
  }
}

function aligned(rows: readonly Row[]): string[] {
  const width = Math.max(0, ...rows.map(([subject]) => subject.length));
  return rows.map(([subject, sentence], index) => {
    const isFirst = rows[index - 1]?.[0] !== subject;
    return `  ${(isFirst ? subject : "").padEnd(width)}  ${sentence}`;
  });
}

function told(findings: readonly Finding[]): string[] {
  const coloured = wantsColour(isatty(1), process.env);
  const paint = (text: string, colour: number) => (coloured ? `\x1b[${colour}m${text}\x1b[0m` : text);
  const count = (severity: Finding["severity"]) => {
    const many = findings.filter((finding) => finding.severity === severity).length;
    return `${many} ${severity}${many === 1 ? "" : "s"}`;
  };
  return [
    ...(["error", "warning"] as const).flatMap((severity) =>
      findings
        .filter((finding) => finding.severity === severity)
        .map(({ about, text }) => `${paint(`${severity}:`, COLOURS[severity])} ${about}: ${text}`),
    ),
    `${count("error")}, ${count("warning")}`,
  ];
}
