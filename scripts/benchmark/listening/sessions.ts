// Knows what is measured of listeners in front of one server: how soon they greet, how many sessions they have in a
// second, what that costs, and what a thousand silent clients take.

import { sendMany } from "../small-mail.ts";
import type { Stage } from "../stage.ts";
import { greetingOnce, IdleClients } from "./clients.ts";
import { cpuSeconds, ownMebibytes } from "./cost.ts";
import { type Listener, listeners, OURS, SOCAT, start, TCPSERVER } from "./listeners.ts";
import { type Aim, both, type Line, median, most, quantile, ratio, show } from "./table.ts";

interface Figures {
  readonly greetings: number[];
  readonly rates: number[];
  readonly cpu: number[];
  readonly idle: number[];
}

/** What a listener does once after its start, such as compiling, is over then: it stands for weeks. */
const BEFORE = 500;
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
  await sendMany(port, BEFORE, AT_ONCE);
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

/** What is aimed at, by measure; some servers take so long themselves that little can be. */
export type Aims = Partial<Record<"greeting" | "slowest" | "rate" | "cpu", Aim>>;

/** In front of a server that costs next to nothing. */
export const AIMS: Aims = {
  greeting: ratio("most", 0.75),
  slowest: ratio("most", 3),
  rate: both(ratio("least", 0.85), ratio("least", 9, 1, " tcpserver's")),
  cpu: most(1.8, "ms"),
};

/** @param name what the server is called @returns the table: medians of all rounds */
export async function benchSessions(
  name: string,
  server: readonly string[],
  aims: Aims,
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
  const line = (
    of: Pick<Line, "name" | "digits" | "aim">,
    pick: (one: Figures) => number | undefined,
  ): Line => ({
    ...of,
    figures: columns.map((one) => pick(figures.get(one)!)),
  });
  return show(`in front of ${name}`, columns, [
    line({ name: "greeting, ms", digits: 2, aim: aims.greeting }, ({ greetings }) => median(greetings)),
    line({ name: "greeting, ms, p99", digits: 2, aim: aims.slowest }, ({ greetings }) =>
      quantile(greetings, 0.99),
    ),
    line({ name: `sessions/s, ${AT_ONCE} at once`, digits: 0, aim: aims.rate }, ({ rates }) => median(rates)),
    line({ name: "CPU a session, server's too, ms", digits: 2, aim: aims.cpu }, ({ cpu }) => median(cpu)),
    line({ name: `${IDLE} idle clients, MiB of ours`, digits: 0 }, ({ idle }) => median(idle)),
  ]);
}
