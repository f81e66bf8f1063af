// A worker's process: from the configuration that its supervisor sends to the service it gives, and out of every right
// that this does not take.

import type { ExitCode } from "../exit.ts";
import { resolve } from "../options/resolve.ts";
import { RUN_OPTIONS } from "../options/run.ts";
import { type Settings, settingsOf } from "../options/settings.ts";
import { confineWorker } from "../os/filter.ts";
import { become, type Identity } from "../os/identity.ts";
import { lockDown } from "../os/sandbox.ts";
import { protectStderr } from "../os/stderr.ts";
import { PROTOCOLS } from "../protocols/registry.ts";
import { rehearse } from "../serve/rehearsal.ts";
import { type Service, work } from "../serve/worker.ts";
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
  /** The server is reached over TCP. */
  readonly isConnected: boolean;
  readonly sessionsPerWorker: number;
  /** What the log is told at most. */
  readonly level: number;
}

/** What a session needs, and what the runtime does. */
const DESCRIPTORS = { perSession: 10, own: 96 };

export function worker(): Promise<ExitCode> {
  protectStderr();
  // The executable starts with its compiler held back, which is for a process that has one short session.
  Bun.unsafe.setJITPolicy(1);
  return work(prepare);
}

async function prepare(text: string): Promise<Service> {
  const configuration = JSON.parse(text) as Configuration;
  const { hostname, identity, sessionsPerWorker, isConnected, level } = configuration;
  const protocol = await protocolOf(configuration.command);
  const settings = settingsOf(configuration.values);
  const options = settings.read(RUN_OPTIONS);
  const resolved = await resolve(settings, protocol.options);
  const service: Service = {
    manner: protocol,
    limits: limitsFrom({ ...options, logLevel: level }),
    isConnected,
    unavailable: protocol.unavailable(hostname),
    open({ client }, tell) {
      const { read, prepare } = resolved(client.address);
      const log = sessionEntries(level, (entry) => JSON.stringify(entry.fields).length, tell);
      return {
        converse: (setup) => protocol.converse(setup, read),
        prepare,
        setup: () => ({ clientAddress: client.address, hostname, canRestart: true }),
        log,
      };
    },
  };
  process.chdir("/");
  if (identity !== null) become(identity);
  lockDown(BigInt(DESCRIPTORS.own + DESCRIPTORS.perSession * sessionsPerWorker));
  const asks = Object.entries(protocol.options).some(
    ([name, { takes }]) => takes.kind === "blackholes" && (settings.entries(name) ?? []).length > 0,
  );
  confineWorker(asks);
  const { obliging } = (await PROTOCOLS[configuration.command]?.words?.()) ?? protocol;
  await rehearse(service, obliging?.() ?? null);
  return service;
}
