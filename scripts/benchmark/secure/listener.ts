// Knows what a listener that ends TLS is like with many clients: handshakes in a second, beside hitch, each in front of the
// same server over TCP, and the memory of a thousand that say nothing.
import { existsSync } from "node:fs";
import { cpuSeconds, privateOf } from "../listening/cost.ts";
import { start } from "../listening/listeners.ts";
import { median, ratio, show } from "../listening/table.ts";
import type { Stage } from "../stage.ts";
import { HITCH, hitch, listening, wrapping } from "./front.ts";
import { handshakesPerSecond } from "./handshakes.ts";
import { startSecure } from "./start.ts";
import { SecureTalk } from "./talk.ts";

const AT_ONCE = 4;
const SECONDS = 5;
const IDLE = 1000;
const IDLE_AT_ONCE = 20;
const MOST_IDLE = 400;

export async function benchSecureListener(path: string, stage: Stage, rounds: number): Promise<string> {
  if (!existsSync(HITCH))
    return `TLS beside hitch: not measured, ${HITCH} is missing (scripts/setup-tests)\n`;
  await using server = await start((port) => stage.overTcp(port), stage);
  const own = wrapping(path, "smtp", "implicit", stage);
  const columns = {
    hitch: (port: number) => hitch(port, server.port, stage),
    "protowrap --listen": (port: number) => [
      ...listening(port, own),
      ...["--connect", `127.0.0.1:${server.port}`],
    ],
  };
  const names = Object.keys(columns);
  const rates = names.map((): number[] => []);
  const cpu = names.map((): number[] => []);
  const idle: number[] = [];
  for (let count = 1; count <= rounds; count++)
    for (const [at, [name, command]] of Object.entries(columns).entries()) {
      console.error(`handshakes with ${name}, round ${count} …`);
      await using running = await startSecure(command, stage);
      await handshakesPerSecond(running.port, AT_ONCE, 2); // what is slow at first is over
      const before = cpuSeconds(running.pid);
      const rate = await handshakesPerSecond(running.port, AT_ONCE, SECONDS);
      rates[at]!.push(rate);
      cpu[at]!.push(((cpuSeconds(running.pid) - before) / (rate * SECONDS)) * 1000);
      if (at === 1 && count === rounds) idle.push(await idleMebibytes(running.port, running.pid));
    }
  const table = show("TLS, a server over TCP", names, [
    { name: "handshakes/s", figures: rates.map(median), digits: 0, aim: ratio("least", 0.6) },
    { name: "CPU each, ms", figures: cpu.map(median), digits: 2 },
  ]);
  const [most] = idle;
  const verdict = `≤ ${MOST_IDLE} MiB: ${most! <= MOST_IDLE ? "yes" : "missed"}`;
  return `${table}\n${IDLE} idle clients: ${most!.toFixed(0)} MiB private of protowrap; ${verdict}\n`;
}

async function idleMebibytes(port: number, pid: number): Promise<number> {
  const open: SecureTalk[] = [];
  const work = async () => {
    while (open.length < IDLE) {
      const talk = await SecureTalk.dial(port);
      open.push(talk);
      await talk.reply("220");
    }
  };
  await Promise.all(Array.from({ length: IDLE_AT_ONCE }, work));
  await Bun.sleep(2000);
  const mebibytes = privateOf(pid);
  for (const talk of open) talk.close();
  return mebibytes;
}
