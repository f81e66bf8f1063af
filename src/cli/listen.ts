// `protowrap <protocol> --listen …`, or with a listening socket passed in: a supervisor of one service. Loaded by a
// listener only.

import { resolve as absolute } from "node:path";
import type { ExitCode } from "../exit.ts";
import type { Passed } from "../os/situation.ts";
import { Manager } from "../serve/manager.ts";
import { Meters } from "../serve/meters.ts";
import { SharedDestinations } from "../serve/shared.ts";
import { supervise } from "../serve/supervisor.ts";
import { Throttles } from "../serve/throttles.ts";
import { listenerOf } from "./listener.ts";
import { protocolOf, settingsFor } from "./protocol.ts";
import { Sinks } from "./sinks.ts";

export interface ListenPlan {
  /** The protocol as it was named. */
  readonly command: string;
  readonly argv: readonly string[];
  readonly passed: readonly Passed[];
  readonly stderrIsOurs: boolean;
}

/** @throws what keeps it from beginning */
export async function listen(plan: ListenPlan): Promise<ExitCode> {
  const directory = process.cwd();
  const command = plan.command.includes("/") ? absolute(plan.command) : plan.command;
  const meters = new Meters();
  const sinks = new Sinks(plan.stderrIsOurs, meters.lost);
  const shared = { destinations: new SharedDestinations(), throttles: new Throttles(), meters };
  process.chdir("/");
  process.umask(0o077);
  try {
    return await supervise({
      passed: plan.passed,
      manager: Manager.in(process.env, process.pid),
      reopenLogs: () => sinks.reopen(),
      numbers: meters.common,
      async read() {
        const protocol = await protocolOf(command);
        const settings = await settingsFor(protocol, plan.argv, {}, directory);
        const said = { name: null, where: "", command, protocol, settings, directory };
        const service = await listenerOf(said, sinks, shared);
        return { services: [service], log: service.log, release() {} };
      },
    });
  } finally {
    await sinks.flush();
  }
}
