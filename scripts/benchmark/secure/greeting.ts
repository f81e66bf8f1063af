// Knows what TLS costs a client of a process of its own: until it is greeted, and the memory of one that says nothing.
// What a handshake takes is what openssl's s_time sees of its own s_server.
import { childrenOf } from "../listening/cost.ts";
import { type Line, median, show } from "../listening/table.ts";
import { privateMebibytes } from "../memory.ts";
import type { Stage } from "../stage.ts";
import { each, opensslServer, type Tls, wrapping } from "./front.ts";
import { handshakesPerSecond } from "./handshakes.ts";
import { startSecure } from "./start.ts";
import { SecureTalk } from "./talk.ts";

const GREETINGS = 25;
const IDLE = 8;
const IDLE_MS = 1000;
const HANDSHAKE_SECONDS = 2;

const WAYS: readonly Tls[] = ["off", "optional", "implicit"];

/** As a client of a plain session sees it, and how many times as long it may take. */
const MOST_OPTIONAL = 1.15;
const MOST_IMPLICIT = 1.6;

export async function benchGreeting(path: string, stage: Stage, rounds: number): Promise<string> {
  const server = stage.greeting;
  const took = WAYS.map((): number[] => []);
  const memory = WAYS.map((): number[] => []);
  const handshakes: number[] = [];
  const command = (tls: Tls) => (port: number) =>
    each(port, [...wrapping(path, "smtp", tls, stage), "--", ...server]);
  for (let count = 1; count <= rounds; count++) {
    console.error(`greetings, round ${count} …`);
    await using plain = await startSecure(command("off"), stage, "in the clear");
    await using optional = await startSecure(command("optional"), stage, "in the clear");
    await using implicit = await startSecure(command("implicit"), stage);
    const fronts = [plain, optional, implicit];
    // One after the other: whatever else the machine does falls on all of them alike.
    for (let greeting = 0; greeting < GREETINGS; greeting++)
      for (const [at, { port }] of fronts.entries()) took[at]!.push(await greetedIn(port, WAYS[at]!));
    for (const [at, { port, pid }] of fronts.entries())
      memory[at]!.push(await idleMebibytes(port, pid, WAYS[at]!, server));
    await using openssl = await startSecure((port) => opensslServer(port, stage), stage, "never");
    handshakes.push(1000 / (await handshakesPerSecond(openssl.port, 1, HANDSHAKE_SECONDS)));
  }
  const handshake = median(handshakes)!;
  const [off, , implicit] = took.map((one) => median(one)!);
  const greetings: Line = { name: "greeting, ms", figures: took.map(median), digits: 1 };
  const idle: Line = { name: "idle private memory, MiB", figures: memory.map(median), digits: 1 };
  const most = MOST_IMPLICIT * off! + handshake;
  const verdicts = [
    `A handshake takes ${handshake.toFixed(2)} ms (openssl s_time).`,
    `implicit ≤ ${MOST_IMPLICIT} × off + a handshake = ${most.toFixed(1)} ms: ${implicit! <= most ? "yes" : "missed"};`,
    `optional ≤ ${MOST_OPTIONAL} × off: ${median(took[1]!)! <= MOST_OPTIONAL * off! ? "yes" : "missed"}`,
  ].join(" ");
  return `${show("a process each, --tls", WAYS, [greetings, idle])}\n${verdicts}\n`;
}

/** @returns milliseconds from before the connection to the greeting */
async function greetedIn(port: number, tls: Tls): Promise<number> {
  const started = performance.now();
  const talk = await SecureTalk.dial(port, tls === "implicit");
  await talk.reply("220");
  const took = performance.now() - started;
  await talk.ask("QUIT", "221");
  talk.close();
  return took;
}

/** Several at once: pages of one executable are private only as long as nobody else runs it. */
async function idleMebibytes(
  port: number,
  pid: number,
  tls: Tls,
  server: readonly string[],
): Promise<number> {
  const open: SecureTalk[] = [];
  for (let count = 0; count < IDLE; count++) {
    const talk = await SecureTalk.dial(port, tls === "implicit");
    await talk.reply("220");
    open.push(talk);
  }
  await Bun.sleep(IDLE_MS);
  const ours = childrenOf(pid);
  const all = ours.map((one) => privateMebibytes(one, server));
  for (const talk of open) talk.close();
  return all.reduce((sum, one) => sum + one, 0) / all.length;
}
