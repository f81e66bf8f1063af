// `protowrap serve --config FILE`: every service of the file, under one supervisor. Loaded by nothing else.

import { resolve as absolute } from "node:path";
import { EXIT, type ExitCode } from "../exit.ts";
import { RUN_OPTIONS } from "../options/run.ts";
import { expected } from "../options/usage.ts";
import { isEndless } from "../os/files.ts";
import { listenersIn } from "../os/situation.ts";
import type { Entry } from "../record/entry.ts";
import type { ListenerPlan } from "../serve/listener.ts";
import { Manager } from "../serve/manager.ts";
import { Meters } from "../serve/meters.ts";
import { SharedDestinations } from "../serve/shared.ts";
import { type Reading, supervise } from "../serve/supervisor.ts";
import { Throttles } from "../serve/throttles.ts";
import { exitCodeOf } from "./failure.ts";
import { listenerOf, type SharedByServices } from "./listener.ts";
import { lineStyle, openEmergencyLog, ownLines } from "./log.ts";
import { SERVE, servicesOf } from "./services.ts";
import { Sinks } from "./sinks.ts";
import { needed, parse } from "./subcommand.ts";

/** @param stderrIsOurs descriptor 2 is not a client's */
export async function serve(argv: string[], stderrIsOurs: boolean): Promise<ExitCode> {
  const meters = new Meters();
  const sinks = new Sinks(stderrIsOurs, meters.lost);
  const shared = { destinations: new SharedDestinations(), throttles: new Throttles(), meters };
  try {
    const args = parse(SERVE, argv);
    if (typeof args === "string") {
      console.log(args.trimEnd());
      return EXIT.ok;
    }
    const path = absolute(needed(SERVE, args, "config"));
    const directory = process.cwd();
    const passed = listenersIn(process.env, process.pid);
    process.chdir("/");
    process.umask(0o077);
    return await supervise({
      ...{
        passed,
        read: () => readServices(path, directory, sinks, shared),
        reopenLogs: () => sinks.reopen(),
        numbers: meters.common,
      },
      manager: Manager.in(process.env, process.pid),
    });
  } catch (error) {
    await tell(error, stderrIsOurs);
    return exitCodeOf(error);
  } finally {
    await sinks.flush();
  }
}

/** @throws what is wrong with any of it; then nothing is left of the others */
async function readServices(
  path: string,
  directory: string,
  sinks: Sinks,
  shared: SharedByServices,
): Promise<Reading> {
  // It is read again while others are served.
  if (isEndless(path)) throw expected("--config", "a regular file", path);
  const { services, common } = await servicesOf(path);
  const plans: ListenerPlan[] = [];
  const options = common.read(RUN_OPTIONS);
  const style = lineStyle(options, { name: null }, common.where);
  const own = await sinks.open(options.log, style, common.where);
  try {
    for (const service of services) plans.push(await listenerOf({ ...service, directory }, sinks, shared));
    const lines = ownLines(style, own.sink);
    const log = (entry: Entry) => {
      shared.meters.common.count(entry);
      lines(entry);
    };
    return { services: plans, log, release: own.release };
  } catch (error) {
    for (const { release } of [own, ...plans]) release();
    throw error;
  }
}

/** Somebody must be told: standard error is, if it is ours. */
async function tell(error: unknown, stderrIsOurs: boolean): Promise<void> {
  const text = error instanceof Error ? error.message : String(error);
  if (stderrIsOurs) return console.error(`protowrap: ${text}`);
  const log = await openEmergencyLog(null, { client: { address: null, port: null } }, stderrIsOurs);
  log.write({ level: 0, event: "fault", fields: { error: String(error) } });
  await log.flush();
}
