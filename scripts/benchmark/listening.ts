// Knows what is measured of listeners, and in which order: each stands alone on a port in front of the same server, and
// is asked the same by the same clients, one listener after the other in every round.
import { existsSync } from "node:fs";
import { benchBulk } from "./listening/bulk.ts";
import { benchFlood } from "./listening/flood.ts";
import { benchRelaying } from "./listening/relaying.ts";
import { AIMS, type Aims, benchSessions } from "./listening/sessions.ts";
import { ratio } from "./listening/table.ts";
import { benchBulk as benchSecureBulk } from "./secure/bulk.ts";
import { benchGreeting } from "./secure/greeting.ts";
import { benchLatency as benchSecureLatency } from "./secure/latency.ts";
import { benchSecureListener } from "./secure/listener.ts";
import type { Stage } from "./stage.ts";

/** The smallest shell there is: its start takes as little as a program's that only answers. */
const SMALLEST_SHELL = "/usr/lib/klibc/bin/sh";
/** A real one that queues nothing. */
const MAILFRONT = "/usr/sbin/mailfront";

type Trial = (path: string, stage: Stage, rounds: number) => Promise<string>;

function sessionsWith(name: string, aims: Aims, server: (stage: Stage) => readonly string[]): Trial {
  return async (path, stage, rounds) => {
    const [program, ...args] = server(stage);
    if (!existsSync(program!))
      return `in front of ${name}: not measured, ${program} is missing (scripts/setup-tests)\n`;
    return benchSessions(name, [program!, ...args], aims, path, stage, rounds);
  };
}

const TRIALS: Readonly<Record<string, Trial>> = {
  stub: sessionsWith("a stub", AIMS, ({ greetingScript }) => [SMALLEST_SHELL, greetingScript]),
  shell: sessionsWith("a shell script", {}, ({ greeting }) => greeting),
  mailfront: sessionsWith("mailfront", { rate: ratio("least", 0.75) }, () => [
    MAILFRONT,
    "smtp",
    "echo",
    "accept",
  ]),
  data: benchBulk,
  connect: benchRelaying,
  "tls-sessions": benchGreeting,
  "tls-latency": benchSecureLatency,
  "tls-data": benchSecureBulk,
  "tls-clients": benchSecureListener,
  flood: (path, stage, rounds) => benchFlood(path, stage.greeting, stage, rounds),
};

/** Prints a table for each. @param only those of whose names one begins so; all for none @throws for a name that is none */
export async function benchListeners(
  path: string,
  only: readonly string[],
  stage: Stage,
  rounds: number,
): Promise<void> {
  const names = Object.keys(TRIALS);
  const unknown = only.find((wanted) => !names.some((name) => name.startsWith(wanted)));
  if (unknown !== undefined) throw new Error(`--only: expected one of ${names.join(" ")}, got "${unknown}"`);
  const wanted = names.filter((name) => only.length === 0 || only.some((one) => name.startsWith(one)));
  for (const name of wanted) console.log(await TRIALS[name]!(path, stage, rounds));
  console.log("Medians of all rounds; in parentheses what they are to the first column's in the same run.");
}
