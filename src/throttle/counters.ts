// From where guesses are to be counted to who counts them there. Loads the one way there, and no other.

import type { Entry } from "../record/entry.ts";
import { type Counter, MemoryCounter } from "./counter.ts";
import type { RemoteCounter } from "./fallback.ts";
import type { ThrottlePlace } from "./place.ts";

/** A place, with our memory for when it is away, which the log is told. */
export async function counterAt(
  place: NonNullable<ThrottlePlace>,
  log: (entry: Entry) => void,
): Promise<Counter> {
  if (place.kind === "memory") return new MemoryCounter();
  const { FallbackCounter } = await import("./fallback.ts");
  return new FallbackCounter(await remoteAt(place), log);
}

/** Nothing is opened or reached yet. */
export async function remoteAt(
  place: Exclude<NonNullable<ThrottlePlace>, { kind: "memory" }>,
): Promise<RemoteCounter> {
  if (place.kind === "file") {
    const { SqliteCounter } = await import("./sqlite.ts");
    return new SqliteCounter(place.path);
  }
  const { RedisCounter } = await import("./redis.ts");
  return new RedisCounter(place);
}
