// The process that counts guesses where many count: from what its supervisor sends to the place, and out of every right
// that this does not take. It starts nothing, and has no client.

import type { ExitCode } from "../exit.ts";
import { become, type Identity } from "../os/identity.ts";
import { lockDown } from "../os/sandbox.ts";
import { protectStderr } from "../os/stderr.ts";
import { keep } from "../serve/keeper.ts";
import { remoteAt } from "../throttle/counters.ts";
import type { RemoteCounter } from "../throttle/fallback.ts";
import type { ThrottlePlace } from "../throttle/place.ts";

export interface KeeperConfiguration {
  readonly place: Exclude<NonNullable<ThrottlePlace>, { kind: "memory" }>;
  /** Whom it becomes; null for whom it is. */
  readonly identity: Identity | null;
}

export function keeper(): Promise<ExitCode> {
  protectStderr();
  Bun.unsafe.setJITPolicy(1);
  return keep(prepare);
}

async function prepare(text: string): Promise<RemoteCounter> {
  const { place, identity } = JSON.parse(text) as KeeperConfiguration;
  process.chdir("/");
  process.umask(0o077);
  const counter = await remoteAt(place);
  if (identity !== null) become(identity);
  lockDown();
  return counter;
}
