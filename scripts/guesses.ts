// Knows the command line of the guesses: every number of connections is tried for the same time, at popa3d and
// at popa3d behind the wrapper, one after the other.

import { parseArgs } from "node:util";
import { guess } from "../tests/e2e/parts/guesser.ts";
import { popa3d, popa3dNeeds } from "../tests/e2e/parts/popa3d.ts";
import { Scratch } from "../tests/e2e/parts/scratch.ts";
import { tcpserver } from "../tests/e2e/parts/tcpserver.ts";
import { wrapped } from "../tests/e2e/parts/wrapper.ts";
import { machine, machineLine } from "./benchmark/report.ts";

const USAGE = `usage: scripts/guesses [options]
  --seconds N        for each of the figures (default 20)
  --connections N    at once, repeatable (default 1, 4 and 16)`;

async function main(): Promise<number> {
  const { seconds, connections } = options();
  const missing = popa3dNeeds.filter((need) => !need.there).map((need) => need.name);
  if (missing.length > 0) throw new Error(`missing: ${missing.join(", ")}`);

  await using scratch = new Scratch();
  const server = popa3d(scratch);
  await using alone = await tcpserver(scratch, server.argv);
  await using behind = await tcpserver(scratch, wrapped("pop3", server, "--log", "none"));
  console.log("connections  popa3d  with protowrap   (answered guesses a minute)");
  for (const parallel of connections) {
    const rates: number[] = [];
    for (const { port } of [alone, behind]) {
      const { answered } = await guess(port, seconds * 1000, parallel);
      rates.push(Math.round((answered * 60) / seconds));
      await scratch.quiet([alone.pid, behind.pid], 40_000); // the last failures are still being slept over
    }
    const [without, through] = rates;
    console.log(`${parallel}`.padStart(11), `${without}`.padStart(7), `${through}`.padStart(15));
  }
  console.log(machineLine(machine()));
  return 0;
}

function options(): { seconds: number; connections: number[] } {
  try {
    const { values } = parseArgs({
      options: {
        seconds: { type: "string", default: "20" },
        connections: { type: "string", multiple: true, default: ["1", "4", "16"] },
      },
    });
    return {
      seconds: number("--seconds", values.seconds, 120),
      // popa3d's listener here takes 40 at once.
      connections: values.connections.map((text) => number("--connections", text, 40)),
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
