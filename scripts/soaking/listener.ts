// Knows the long run of a listener: many sessions, after which it takes no more memory and descriptors than after few,
// and nothing of it is left when it has been told to end.

import { readdirSync } from "node:fs";
import { childrenOf, ownMebibytes } from "../benchmark/listening/cost.ts";
import { ours, type Running, start } from "../benchmark/listening/listeners.ts";
import { listening, wrapping } from "../benchmark/secure/front.ts";
import { startSecure } from "../benchmark/secure/start.ts";
import { sendMany } from "../benchmark/small-mail.ts";
import type { Stage } from "../benchmark/stage.ts";

const PROTOWRAP = "dist/protowrap";
const AT_ONCE = 20;
/** A worker is replaced after so many sessions; inside TLS, where each takes longer, after fewer. */
const GENERATION = 10_000;
const SECURE_GENERATION = 5_000;
/** Looks at each of its ages. */
const LOOKS = 5;
/** By how much of it memory may have grown. */
const MOST_GROWTH = 0.1;
/** Descriptors that may be about to be closed when they are counted: of a leak there would be one a session. */
const MOST_CLOSING = 10;
/** Milliseconds for what is over to be gone. */
const LEAVE_MS = 5_000;

interface Look {
  readonly resident: number;
  readonly descriptors: number;
}

/** @param count of sessions: more than twice as many as a worker has @throws when something grows, or is left */
export async function soakListener(count: number, stage: Stage): Promise<void> {
  const { greeting: server } = stage;
  await using running = await start(
    (port) => [...ours(PROTOWRAP, port), "--workers", "1", "--", ...server],
    stage,
  );
  await soak("listener", count, GENERATION, running, server, false);
}

/** The same, inside TLS from the first octet on. */
export async function soakSecureListener(count: number, stage: Stage): Promise<void> {
  const { greeting: server } = stage;
  const wrapper = wrapping(PROTOWRAP, "smtp", "implicit", stage);
  const crew = ["--workers", "1", "--sessions-per-worker", String(SECURE_GENERATION)];
  await using running = await startSecure(
    (port) => [...listening(port, wrapper), ...crew, "--", ...server],
    stage,
  );
  await soak("listener, TLS", count, SECURE_GENERATION, running, server, true);
}

async function soak(
  name: string,
  count: number,
  generation: number,
  { port, pid }: Running,
  server: readonly string[],
  isSecure: boolean,
): Promise<void> {
  const looks: Look[] = [];
  const slice = generation / LOOKS;
  const started = performance.now();
  for (let done = 0; done < count; done += slice) {
    await sendMany(port, slice, AT_ONCE, isSecure);
    await quiet(pid);
    looks.push({
      resident: ownMebibytes(pid, server),
      descriptors: descriptorsOf([pid, ...childrenOf(pid)]),
    });
  }
  const rate = count / ((performance.now() - started) / 1000);
  // The first workers learn; the second generation is what later ones are held against.
  const [early, late] = [most(looks.slice(LOOKS, 2 * LOOKS)), most(looks.slice(-LOOKS))];
  console.log(
    `${name}: ${count} sessions, ${rate.toFixed(0)} a second; resident ${early.resident.toFixed(1)} MiB up to ${2 * generation}, ${late.resident.toFixed(1)} in the last ${generation}; descriptors ${early.descriptors} and ${late.descriptors}`,
  );
  if (late.resident > early.resident * (1 + MOST_GROWTH)) throw new Error("a listener's memory grows");
  if (late.descriptors > early.descriptors + MOST_CLOSING)
    throw new Error("a listener's descriptors are left open");
}

function descriptorsOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + readdirSync(`/proc/${pid}/fd`).length, 0);
}

function most(looks: readonly Look[]): Look {
  return {
    resident: Math.max(...looks.map(({ resident }) => resident)),
    descriptors: Math.max(...looks.map(({ descriptors }) => descriptors)),
  };
}

/** Waits until no server runs, and no worker that has been replaced. */
async function quiet(pid: number): Promise<void> {
  const until = performance.now() + LEAVE_MS;
  for (;;) {
    const left = childrenOf(pid).length;
    if (left === 1) return;
    if (performance.now() > until)
      throw new Error(`a listener has ${left} children, of which one is its worker`);
    await Bun.sleep(50);
  }
}
