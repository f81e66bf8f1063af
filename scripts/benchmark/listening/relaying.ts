// Knows how a listener with a server over TCP compares with HAProxy, which passes octets and looks at none, and with no
// one between.
import { existsSync } from "node:fs";
import { sendMany } from "../small-mail.ts";
import type { Stage } from "../stage.ts";
import { cpuSeconds } from "./cost.ts";
import { OURS, ours, start } from "./listeners.ts";
import { median, ratio, show } from "./table.ts";

const HAPROXY = "/usr/sbin/haproxy";
const SESSIONS = 3000;
const AT_ONCE = 200;

function configuration(port: number, server: number): string {
  return `global
  maxconn 4096
defaults
  mode tcp
  timeout connect 5s
  timeout client 60s
  timeout server 60s
listen bench
  bind 127.0.0.1:${port}
  server one 127.0.0.1:${server}
`;
}

/** @returns the table, or what is missing for it */
export async function benchRelaying(path: string, stage: Stage, rounds: number): Promise<string> {
  if (!existsSync(HAPROXY))
    return `--connect beside HAProxy: not measured, ${HAPROXY} is missing (scripts/setup-tests)\n`;
  await using server = await start((port) => stage.overTcp(port), stage);
  const columns = {
    "HAProxy, mode tcp": (port: number) => [
      ...[HAPROXY, "-db", "-q", "-f"],
      stage.file("haproxy.cfg", configuration(port, server.port)),
    ],
    [OURS]: (port: number) => [...ours(path, port), "--connect", `127.0.0.1:${server.port}`],
  };
  const names = Object.keys(columns);
  const rates = new Map(names.map((name) => [name, [] as number[]]));
  const cpu = new Map(names.map((name) => [name, [] as number[]]));
  const direct: number[] = [];
  for (let count = 1; count <= rounds; count++) {
    direct.push(await sendMany(server.port, SESSIONS, AT_ONCE));
    for (const [name, command] of Object.entries(columns)) {
      console.error(`a server over TCP behind ${name}, round ${count} …`);
      await using running = await start(command, stage);
      await sendMany(running.port, SESSIONS, AT_ONCE); // what is slow at first is over
      const before = cpuSeconds(running.pid);
      rates.get(name)!.push(await sendMany(running.port, SESSIONS, AT_ONCE));
      cpu.get(name)!.push(((cpuSeconds(running.pid) - before) / SESSIONS) * 1000);
    }
  }
  const of = (figures: ReadonlyMap<string, number[]>) => names.map((name) => median(figures.get(name)!));
  return show(
    `a server over TCP (without anybody between: ${median(direct)?.toFixed(0)} sessions/s)`,
    names,
    [
      { name: `sessions/s, ${AT_ONCE} at once`, figures: of(rates), digits: 0, aim: ratio("least", 0.3) },
      { name: "CPU a session, ms", figures: of(cpu), digits: 2 },
    ],
  );
}
