// How long servers took, as a worker tells it and the supervisor reads it (pure): whoever got hold of a worker could say
// what he likes. Knows numbers.

import { type Distribution, METRICS } from "../record/metrics.ts";

const COUNTS = METRICS.protowrap_server_reply_seconds.buckets.length + 1;

export function writeDistribution({ counts, sum }: Distribution): string {
  return JSON.stringify([sum, ...counts]);
}

/** @returns null for what is none @throws SyntaxError for what nobody writes */
export function readDistribution(text: string): Distribution | null {
  const said: unknown = JSON.parse(text);
  if (!Array.isArray(said) || said.length !== COUNTS + 1) return null;
  const [sum, ...counts] = said as unknown[];
  if (typeof sum !== "number" || !(sum >= 0 && sum <= Number.MAX_SAFE_INTEGER)) return null;
  if (!counts.every((count) => Number.isSafeInteger(count) && (count as number) >= 0)) return null;
  return { sum, counts: counts as number[] };
}
