// Knows what is measured of listeners in front of one server: how soon they greet, how many sessions they have in a
// second, what that costs, and what a thousand silent clients take.

import { sendMany } from "../small-mail.ts";
import type { Stage } from "../stage.ts";
import { greetingOnce, IdleClients } from "./clients.ts";
import { cpuSeconds, ownMebibytes } from "./cost.ts";
import { type Listener, listeners, OURS, SOCAT, start, TCPSERVER } from "./listeners.ts";
import { both, median, most, quantile, ratio, show } from "./table.ts";

interface Figures {
  readonly greetings: number[];
  readonly rates: number[];
  readonly cpu: number[];
  readonly idle: number[];
}

const GREETINGS = 200;
const SESSIONS = 600;
const AT_ONCE = 20;
const IDLE = 1000;

async function round(
  listener: Listener,
  server: readonly string[],
  stage: Stage,
  figures: Figures,
  isLast: boolean,
): Promise<void> {
  await using running = await start((port) => listener.command(port, server), stage);
  const { port, pid } = running;
  await sendMany(port, 50, AT_ONCE); // what is slow the first time is over
  for (let count = 0; count < GREETINGS; count++) figures.greetings.push(await greetingOnce(port));
  const before = cpuSeconds(pid);
  figures.rates.push(await sendMany(port, SESSIONS, AT_ONCE));
  await Bun.sleep(200);
  figures.cpu.push(((cpuSeconds(pid) - before) / SESSIONS) * 1000);
  if (!isLast || listener.name === TCPSERVER) return; // a process of ours each: it would fill the machine
  const clients = await IdleClients.dial(port, IDLE);
  await Bun.sleep(1000);
  figures.idle.push(ownMebibytes(pid, listener.name === SOCAT ? ["none"] : server));
  clients.close();
}

/** @param name what the server is called @returns the table: medians of all rounds */
export async function benchSessions(
  name: string,
  server: readonly string[],
  path: string,
  stage: Stage,
  rounds: number,
): Promise<string> {
  const all = listeners(path);
  const figures = new Map(
    all.map((one) => [one.name, { greetings: [], rates: [], cpu: [], idle: [] } as Figures]),
  );
  for (let count = 1; count <= rounds; count++) {
    for (const one of all) {
      console.error(`${name} behind ${one.name}, round ${count} …`);
      await round(one, server, stage, figures.get(one.name)!, count === rounds);
    }
  }
  const columns = [SOCAT, TCPSERVER, OURS];
  const of = (pick: (one: Figures) => number | undefined) => columns.map((one) => pick(figures.get(one)!));
  return show(`in front of ${name}`, columns, [
    {
      ...{ name: "greeting, ms", figures: of(({ greetings }) => median(greetings)), digits: 2 },
      aim: ratio("most", 0.75),
    },
    {
      ...{ name: "greeting, ms, p99", figures: of(({ greetings }) => quantile(greetings, 0.99)), digits: 2 },
      aim: ratio("most", 3),
    },
    {
      ...{ name: `sessions/s, ${AT_ONCE} at once`, figures: of(({ rates }) => median(rates)), digits: 0 },
      aim: both(ratio("least", 0.85), ratio("least", 9, 1, " tcpserver's")),
    },
    {
      ...{ name: "CPU a session, server's too, ms", figures: of(({ cpu }) => median(cpu)), digits: 2 },
      aim: most(1.8, "ms"),
    },
    { name: `${IDLE} idle clients, MiB of ours`, figures: of(({ idle }) => median(idle)), digits: 0 },
  ]);
}
