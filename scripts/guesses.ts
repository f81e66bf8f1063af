// Knows the command line of the guesses: every number of connections is tried for the same time, from one address, at
// popa3d and at popa3d behind the wrapper in each of its situations, one after the other. A listener has SMTP beside it,
// to which every second connection comes.

import { parseArgs } from "node:util";
import { guess } from "../tests/e2e/parts/guesser.ts";
import { mailServer } from "../tests/e2e/parts/loginserver.ts";
import { popa3d, popa3dNeeds } from "../tests/e2e/parts/popa3d.ts";
import { Scratch } from "../tests/e2e/parts/scratch.ts";
import { at, ports, Serving } from "../tests/e2e/parts/serving.ts";
import { tcpserver } from "../tests/e2e/parts/tcpserver.ts";
import { wrapped } from "../tests/e2e/parts/wrapper.ts";
import { machine, machineLine } from "./benchmark/report.ts";

const USAGE = `usage: scripts/guesses [options]
  --seconds N        for each of the figures (default 20)
  --connections N    at once, repeatable (default 1, 16 and 64)
  --listener         at the listener only: with --seconds 3600 for an hour`;

/** What popa3d's super-server takes at once. */
const MOST = 80;
/** Milliseconds in which the last failures are slept over. */
const QUIET = 40_000;

interface Target {
  readonly name: string;
  /** @returns answered guesses of so many connections, in so many seconds */
  tried(seconds: number, connections: number): Promise<number>;
}

/** @param options of the wrapper; null for popa3d alone */
function alone(name: string, options: ((scratch: Scratch) => readonly string[]) | null): Target {
  return {
    name,
    async tried(seconds, connections) {
      await using scratch = new Scratch();
      Bun.spawnSync(["chmod", "a+rwX", scratch.path]);
      const server = popa3d(scratch);
      const argv =
        options === null ? server.argv : wrapped("pop3", server, "--log", "none", ...options(scratch));
      await using front = await tcpserver(scratch, argv, MOST);
      const { answered } = await guess(front.port, seconds * 1000, connections);
      await scratch.quiet([front.pid], QUIET);
      return answered;
    },
  };
}

const listener: Target = {
  name: "a listener, POP3 and SMTP",
  async tried(seconds, connections) {
    await using scratch = new Scratch();
    await using mail = await mailServer();
    const [pop3, smtp] = await ports(2);
    const limits = { "max-connections-per-ip": 0, auth: "pass" };
    const { argv, user } = popa3d(scratch);
    await using _ = await Serving.start(scratch, {
      pop: { ...limits, protocol: "pop3", listen: at(pop3), server: argv, "server-user": user },
      mx: {
        ...{ ...limits, protocol: "smtp", listen: at(smtp), connect: at(mail.port) },
        "relay-domain": ["kit.test"],
      },
    });
    const { answered } = await guess(pop3, seconds * 1000, connections, smtp);
    return answered;
  },
};

const TARGETS: readonly Target[] = [
  alone("popa3d", null),
  alone("a process each", () => []),
  alone("a process each, --throttle file", ({ path }) => ["--throttle", `file:${path}/guesses`]),
  listener,
];

async function main(): Promise<number> {
  const { seconds, connections, targets } = options();
  const missing = popa3dNeeds.filter((need) => !need.there).map((need) => need.name);
  if (missing.length > 0) throw new Error(`missing: ${missing.join(", ")}`);
  console.log(`guesses that are answered in ${seconds} s, of one address`);
  console.log(["connections", ...targets.map(({ name }) => name)].join(" | "));
  for (const parallel of connections) {
    const row = [String(parallel)];
    for (const target of targets) row.push(String(await target.tried(seconds, parallel)));
    console.log(row.join(" | "));
  }
  console.log(machineLine(machine()));
  return 0;
}

function options(): { seconds: number; connections: number[]; targets: readonly Target[] } {
  try {
    const { values } = parseArgs({
      options: {
        seconds: { type: "string", default: "20" },
        connections: { type: "string", multiple: true, default: ["1", "16", "64"] },
        listener: { type: "boolean", default: false },
      },
    });
    return {
      seconds: number("--seconds", values.seconds, 3600),
      connections: values.connections.map((text) => number("--connections", text, 64)),
      targets: values.listener ? [listener] : TARGETS,
    };
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    process.exit(64);
  }
}

function number(name: string, text: string, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
  throw new Error(`${name}: expected a number from 1 to ${most}, got "${text}"`);
}

process.exit(await main());
