// Knows the long run of a listener: many sessions, after which it takes no more memory and descriptors than after few,
// and nothing of it is left when it has been told to end.

import { readdirSync } from "node:fs";
import { childrenOf, ownMebibytes } from "../benchmark/listening/cost.ts";
import { ours, start } from "../benchmark/listening/listeners.ts";
import { sendMany } from "../benchmark/small-mail.ts";
import type { Stage } from "../benchmark/stage.ts";

const AT_ONCE = 20;
/** A worker is replaced after so many sessions: a look at each of its ages. */
const GENERATION = 10_000;
const SLICE = 2_000;
/** By how much of it memory may have grown. */
const MOST_GROWTH = 0.1;
/** Milliseconds for what is over to be gone. */
const LEAVE_MS = 5_000;

interface Look {
  readonly resident: number;
  readonly descriptors: number;
}

/** @param count of sessions: more than twice as many as a worker has @throws when something grows, or is left */
export async function soakListener(count: number, stage: Stage): Promise<void> {
  const server = stage.greeting;
  await using running = await start(
    (port) => [...ours("dist/protowrap", port), "--workers", "1", "--", ...server],
    stage,
  );
  const looks: Look[] = [];
  const started = performance.now();
  for (let done = 0; done < count; done += SLICE) {
    await sendMany(running.port, SLICE, AT_ONCE);
    await quiet(running.pid);
    looks.push({
      resident: ownMebibytes(running.pid, server),
      descriptors: readdirSync(`/proc/${running.pid}/fd`).length,
    });
  }
  const rate = count / ((performance.now() - started) / 1000);
  const slices = GENERATION / SLICE;
  // The first workers learn; the second generation is what later ones are held against.
  const [early, late] = [most(looks.slice(slices, 2 * slices)), most(looks.slice(-slices))];
  console.log(
    `listener: ${count} sessions, ${rate.toFixed(0)} a second; resident ${early.resident.toFixed(1)} MiB up to 20000, ${late.resident.toFixed(1)} in the last ${GENERATION}; descriptors ${early.descriptors} and ${late.descriptors}`,
  );
  if (late.resident > early.resident * (1 + MOST_GROWTH)) throw new Error("a listener's memory grows");
  if (late.descriptors > early.descriptors) throw new Error("a listener's descriptors are left open");
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
