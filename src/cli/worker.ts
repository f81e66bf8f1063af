// A worker's process, and that of who asks blackhole lists for it: from the configuration that its supervisor sends to
// the service it gives, and out of every right that this does not take.

import type { ExitCode } from "../exit.ts";
import type { ServerTls } from "../io/server-tls.ts";
import { wayOf } from "../io/tcp.ts";
import { type Files, filesFrom } from "../options/lists.ts";
import { writeWanted } from "../options/original.ts";
import type { PemFiles } from "../options/pem.ts";
import { asked, NO_FILES, resolve, zonesOf } from "../options/resolve.ts";
import { RUN_OPTIONS } from "../options/run.ts";
import { type PassedSettings, type Settings, settingsOf } from "../options/settings.ts";
import type { Table } from "../options/table.ts";
import type { TlsPlan } from "../options/tls.ts";
import { confineWorker, type Duty } from "../os/filter.ts";
import { become, type Identity } from "../os/identity.ts";
import { lockDown } from "../os/sandbox.ts";
import { protectStderr } from "../os/stderr.ts";
import type { AnyProtocol } from "../protocols/protocol.ts";
import { PROTOCOLS } from "../protocols/registry.ts";
import { asking } from "../serve/asking.ts";
import { exchangedServer } from "../serve/exchange.ts";
import { type Asker, answer } from "../serve/names.ts";
import { rehearse } from "../serve/rehearsal.ts";
import type { Service } from "../serve/service.ts";
import { LINK, work } from "../serve/worker.ts";
import { throttlingBy } from "../throttle/guessing.ts";
import { limitsFrom } from "./limits.ts";
import { sessionEntries } from "./log.ts";
import { protocolOf } from "./protocol.ts";

export interface Configuration {
  /** A registered protocol, or the absolute path of a module that exports one. */
  readonly command: string;
  readonly values: Settings["values"];
  readonly hostname: string;
  /** Whom the worker becomes; null for whom it is. */
  readonly identity: Identity | null;
  /** How servers that are reached over TCP speak TLS, by number; null where the server is behind pipes. */
  readonly destinations: readonly (ServerTls | null)[] | null;
  /** Seconds after which a destination that has not spoken is given up for another; null where it need not speak. */
  readonly silence: number | null;
  /** Lists are asked, by another process. */
  readonly asks: boolean;
  /** Some entries stand in files, of which the supervisor tells. */
  readonly lists: boolean;
  readonly tls: Pick<TlsPlan, "mode" | "profile" | "seconds"> | null;
  readonly sessionsPerWorker: number;
  /** The key of what stands for passwords where guesses are counted; null where nobody counts. */
  readonly throttleKey: string | null;
  /** Servers are timed, for whoever asks for numbers. */
  readonly isMeasured: boolean;
  /** What the log is told at most. */
  readonly level: number;
}

/** What a session needs, and what the runtime does. */
const DESCRIPTORS = { perSession: 10, own: 96 };
/** What the questions about one client need. */
const PER_QUESTION = 16;

export function worker(): Promise<ExitCode> {
  protectStderr();
  // The executable starts with its compiler held back, which is for a process that has one short session.
  Bun.unsafe.setJITPolicy(1);
  return work(prepare);
}

async function prepare(text: string, lists: () => Promise<string>): Promise<Service> {
  const configuration = JSON.parse(text) as Configuration;
  const { hostname, level, throttleKey } = configuration;
  const protocol = await protocolOf(configuration.command);
  const settings = settingsOf(configuration.values);
  const options = settings.read(RUN_OPTIONS);
  const elsewhere = configuration.asks ? await asking(LINK) : null;
  const resolvedBy = (files?: Files) =>
    resolve(settings, protocol.options, {
      elsewhere,
      isForMany: true,
      ...(files === undefined ? {} : { files }),
    });
  let resolved = await resolvedBy(configuration.lists ? filesFrom(await lists()) : undefined);
  const tls = await tlsService(configuration.tls);
  const service: Service = {
    manner: protocol,
    limits: limitsFrom({ ...options, logLevel: level }),
    connectedServer: await connectedServerOf(configuration, protocol),
    tellsSpoken: options.sendProxy === "v2" && configuration.destinations !== null,
    ...{ tls, isMeasured: configuration.isMeasured },
    unavailable: protocol.unavailable(hostname),
    throttlingOf:
      throttleKey === null
        ? null
        : ({ client }, asking) => throttlingBy(() => throttleKey, client.address, asking),
    async list(text) {
      resolved = await resolvedBy(filesFrom(text));
    },
    open({ client, wanted }, tell) {
      const { read, prepare } = resolved(client.address);
      const log = sessionEntries(level, (entry) => JSON.stringify(entry.fields).length, tell);
      return {
        converse: (setup) => protocol.converse(setup, read),
        prepare,
        wanted: writeWanted(wanted),
        setup: () => ({
          ...{ clientAddress: client.address, clientPort: client.port, hostname, canRestart: true },
          tlsOffer: tls?.state.offer ?? "off",
        }),
        log,
      };
    },
  };
  confine(configuration, DESCRIPTORS.perSession, "sessions");
  const { obliging } = (await PROTOCOLS[configuration.command]?.words?.()) ?? protocol;
  await rehearse(service, obliging?.() ?? null);
  return service;
}

/** What speaks TLS with servers is loaded now, too. */
async function connectedServerOf(
  { destinations, silence, hostname }: Configuration,
  protocol: AnyProtocol,
): Promise<Service["connectedServer"]> {
  if (destinations === null) return null;
  if (destinations.every((tls) => tls === null)) {
    const { adoptedServer } = await import("../serve/adopted.ts");
    if (silence === null)
      return (search) => adoptedServer(search.next().then((found) => found?.socket ?? null));
    const make = (socket: number) => adoptedServer(Promise.resolve(socket));
    return (search) => exchangedServer(search, make, silence);
  }
  const [{ securedServer }] = await Promise.all([
    import("../serve/secured.ts"),
    import("../io/server-tls.ts"),
  ]);
  const ways = destinations.map((tls) => wayOf(tls, protocol, () => hostname));
  return (search) => securedServer(search, (number) => ways[number]!, silence!);
}

/** What speaks TLS is loaded now: a worker opens no file any more once it is confined. */
async function tlsService(plan: Configuration["tls"]) {
  if (plan === null) return null;
  await Promise.all([import("../io/hello.ts"), import("../io/tls.ts"), import("../options/certificates.ts")]);
  const { securableOn } = await import("../io/securable.ts");
  const { TlsState } = await import("../options/tls-state.ts");
  // What is to be said of certificates the supervisor says.
  const state = new TlsState(plan, () => {});
  return {
    ...{ state, isImplicit: state.isImplicit },
    clientOn: (input: number, output: number) => securableOn(input, output, () => state.terms),
    certify: (text: string) => state.load(JSON.parse(text) as PemFiles),
  };
}

export function names(): Promise<ExitCode> {
  protectStderr();
  return answer(prepareAsking);
}

async function prepareAsking(text: string, lists: () => Promise<string>): Promise<Asker> {
  const configuration = JSON.parse(text) as Configuration;
  const { options } = await protocolOf(configuration.command);
  const settings = settingsOf(configuration.values);
  let questions = await questionsOf(
    settings,
    options,
    configuration.lists ? filesFrom(await lists()) : NO_FILES,
  );
  confine(configuration, PER_QUESTION, "names");
  return {
    ask: async (option, address, log) => (await questions.get(option)?.(address, log)) ?? null,
    async list(text) {
      questions = await questionsOf(settings, options, filesFrom(text));
    },
  };
}

async function questionsOf(settings: PassedSettings, table: Table, files: Files) {
  const questions = new Map<string, Awaited<ReturnType<typeof asked>>>();
  for (const [name, { takes }] of Object.entries(table))
    if (takes.kind === "blackholes")
      questions.set(name, await asked(settings, name, takes, await zonesOf(settings, name, files)));
  return questions;
}

function confine({ identity, sessionsPerWorker }: Configuration, descriptors: number, duty: Duty): void {
  process.chdir("/");
  if (identity !== null) become(identity);
  lockDown(BigInt(DESCRIPTORS.own + descriptors * sessionsPerWorker));
  confineWorker(duty);
}
