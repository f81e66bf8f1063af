// Knows what a flood of clients that are kept out costs an honest one: its sessions, one after the other, before, while
// and after so many come in every second.

import { ownCpuMilliseconds } from "../os.ts";
import { sendMany } from "../small-mail.ts";
import type { Stage } from "../stage.ts";
import { ours, start } from "./listeners.ts";
import { median, ratio, show } from "./table.ts";

const RATE = 1000;
const SECONDS = 6;
/** Of one address that are let in: the flood holds them, and is refused. */
const LET_IN = 20;
const FLOODER = `${import.meta.dir}/flooder.ts`;

/** Sessions of one client, one after the other, for so long. @returns sessions a second */
async function honest(port: number, seconds: number): Promise<number> {
  const started = performance.now();
  let count = 0;
  while (performance.now() - started < seconds * 1000) {
    await sendMany(port, 20, 1);
    count += 20;
  }
  return count / ((performance.now() - started) / 1000);
}

/** What the flooder tells: see flooder.ts. */
interface Flood {
  readonly made: number;
  readonly refused: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** @returns the table, and what the flood was like */
export async function benchFlood(
  path: string,
  server: readonly string[],
  stage: Stage,
  rounds: number,
): Promise<string> {
  const rates = { before: [] as number[], after: [] as number[], during: [] as number[] };
  const floods: Flood[] = [];
  const costs: number[] = [];
  for (let count = 1; count <= rounds; count++) {
    console.error(`a flood of ${RATE} a second, round ${count} …`);
    await using running = await start((port) => [...ours(path, port, LET_IN), "--", ...server], stage);
    const { port, pid } = running;
    await honest(port, 5); // what is slow at first is over
    rates.before.push(await honest(port, SECONDS));
    const argv = [FLOODER, port, RATE, SECONDS + 2, LET_IN].map(String);
    const flooder = Bun.spawn([process.execPath, ...argv], { stdio: ["ignore", "pipe", stage.errors] });
    await Bun.sleep(1000);
    const before = ownCpuMilliseconds(pid);
    rates.during.push(await honest(port, SECONDS));
    costs.push((ownCpuMilliseconds(pid) - before) / 1000 / SECONDS);
    floods.push(JSON.parse(await flooder.stdout.text()) as Flood);
    await Bun.sleep(500);
    rates.after.push(await honest(port, SECONDS));
  }
  const share = (pick: (flood: Flood) => number) =>
    median(floods.map((flood) => pick(flood) / flood.seconds))!;
  const told = [
    `Of ${share(({ made }) => made).toFixed(0)} a second ${share(({ refused }) => refused).toFixed(0)} were told;`,
    `the flooder took ${(100 * share(({ cpuSeconds }) => cpuSeconds)).toFixed(0)} % of a processor,`,
    `the supervisor, for them and the honest client, ${(100 * median(costs)!).toFixed(0)} %.`,
  ].join(" ");
  const figures = Object.values(rates).map(median);
  const lines = [{ name: "its sessions/s", figures, digits: 0, aim: ratio("least", 0.9) }];
  return `${show(`an honest client, ${RATE} a second kept out`, Object.keys(rates), lines)}\n${told}\n`;
}
