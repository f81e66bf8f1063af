// Knows what is measured of listeners: each stands alone on a port in front of the same server, and is asked the same
// by the same clients, one listener after the other in every round.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { begun, freePort, greetingOnce, IdleClients } from "./listening-clients.ts";
import { sendMany } from "./small-mail.ts";
import type { Stage } from "./stage.ts";

interface Listener {
  readonly name: string;
  command(port: number, server: readonly string[]): string[];
}

const asRoot = process.getuid!() === 0;
const wrapping = ["--log", "none", "--relay-domain", "bench.test", ...(asRoot ? ["--user", "nobody"] : [])];

function listeners(path: string): Listener[] {
  return [
    {
      name: "socat, a fork each",
      command: (port, server) => [
        ...["socat", "-b", "65536", `TCP-LISTEN:${port},bind=127.0.0.1,fork,reuseaddr,backlog=1024`],
        `EXEC:${server.join(" ")},pipes`,
      ],
    },
    {
      name: "tcpserver + protowrap",
      command: (port, server) => [
        ...["tcpserver", "-HR", "-l", "0", "-c", "1100", "127.0.0.1", String(port)],
        ...[path, "smtp", ...wrapping, "--", ...server],
      ],
    },
    {
      name: "protowrap --listen",
      command: (port, server) => [
        ...[path, "smtp", "--listen", `127.0.0.1:${port}`, ...wrapping, "--max-connections", "1100"],
        ...["--max-connections-per-ip", "0", "--", ...server],
      ],
    },
  ];
}

/** Seconds of processor time that a process, its children, and those of them that have gone have taken. */
function cpuSeconds(pid: number): number {
  const after = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]!.split(" ");
  const own = [11, 12, 13, 14].reduce((sum, field) => sum + Number(after[field]), 0) / 100;
  return childrenOf(pid).reduce((sum, child) => sum + cpuOrNothing(child), own);
}

function cpuOrNothing(pid: number): number {
  try {
    return cpuSeconds(pid);
  } catch {
    return 0; // gone in the meantime
  }
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, "latin1").split(" ").filter(Boolean).map(Number),
  );
}

/** What is resident of us alone, in MiB; the server's processes are not ours. */
function ownMebibytes(pid: number, server: readonly string[]): number {
  const served = server.join("\0");
  const own = [pid, ...childrenOf(pid)].filter((one) => !command(one).startsWith(served));
  return own.reduce((sum, one) => sum + Number(/^Pss:\s+(\d+)/m.exec(smaps(one))?.[1] ?? 0), 0) / 1024;
}

function command(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, "latin1");
}

function smaps(pid: number): string {
  return readFileSync(`/proc/${pid}/smaps_rollup`, "latin1");
}

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
  const port = await freePort();
  const process = Bun.spawn(listener.command(port, server), {
    stdio: ["ignore", "ignore", stage.errors],
    env: { PATH: `${Bun.env.PATH}` },
  });
  try {
    await begun(port);
    await sendMany(port, 50, AT_ONCE); // what is slow the first time is over
    for (let count = 0; count < GREETINGS; count++) figures.greetings.push(await greetingOnce(port));
    const before = cpuSeconds(process.pid);
    figures.rates.push(await sendMany(port, SESSIONS, AT_ONCE));
    await Bun.sleep(200);
    figures.cpu.push(((cpuSeconds(process.pid) - before) / SESSIONS) * 1000);
    if (!isLast || listener.name.startsWith("tcpserver")) return; // a process of ours each: it would fill the machine
    const clients = await IdleClients.dial(port, IDLE);
    await Bun.sleep(1000);
    figures.idle.push(ownMebibytes(process.pid, listener.name.startsWith("socat") ? ["none"] : server));
    clients.close();
  } finally {
    process.kill();
    await process.exited;
  }
}

function quantile(values: readonly number[], at: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(at * sorted.length))] ?? Number.NaN;
}

/** A real one that queues nothing, where it is installed. */
const MAILFRONT = "/usr/sbin/mailfront";

/** Prints a table for each server: medians of all rounds, and how they are to the first listener's. */
export async function benchListeners(path: string, stage: Stage, rounds: number): Promise<void> {
  await benchInFrontOf("a shell script", stage.greeting, path, stage, rounds);
  const mailfront = [MAILFRONT, "smtp", "echo", "accept"];
  if (existsSync(MAILFRONT)) await benchInFrontOf("mailfront", mailfront, path, stage, rounds);
  console.log("Medians; in parentheses how they are to socat's in the same run.");
}

async function benchInFrontOf(
  name: string,
  server: readonly string[],
  path: string,
  stage: Stage,
  rounds: number,
): Promise<void> {
  const all = listeners(path);
  const figures = new Map(
    all.map((one) => [one, { greetings: [], rates: [], cpu: [], idle: [] } as Figures]),
  );
  for (let count = 1; count <= rounds; count++) {
    for (const one of all) {
      console.error(`${name} behind ${one.name}, round ${count} …`);
      await round(one, server, stage, figures.get(one)!, count === rounds);
    }
  }
  const base = figures.get(all[0]!)!;
  const shown = (value: number, of: number, digits: number) =>
    Number.isNaN(value) ? "" : `${value.toFixed(digits)} (${(value / of).toFixed(2)})`;
  const row = (title: string, pick: (one: Figures) => number, digits: number) =>
    [title, ...all.map((one) => shown(pick(figures.get(one)!), pick(base), digits))].join(" | ");
  console.log([name, ...all.map(({ name }) => name)].join(" | "));
  console.log(row("greeting, ms", ({ greetings }) => quantile(greetings, 0.5), 2));
  console.log(row("greeting, ms, p99", ({ greetings }) => quantile(greetings, 0.99), 2));
  console.log(row(`sessions/s, ${AT_ONCE} at once`, ({ rates }) => quantile(rates, 0.5), 0));
  console.log(row("CPU a session, server's too, ms", ({ cpu }) => quantile(cpu, 0.5), 2));
  console.log(row(`${IDLE} idle clients, MiB of ours`, ({ idle }) => quantile(idle, 0.5), 0));
  console.log();
}
