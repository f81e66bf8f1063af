// TLS of a process that has one client, with it and with its server: from options to what a run takes. Loads nothing of
// it where it is off.

import type { ServerTls } from "../io/server-tls.ts";
import { placesOf, type ServerPlan } from "../options/server.ts";
import type { Settings } from "../options/settings.ts";
import { TLS_OPTIONS } from "../options/tls-options.ts";
import { UsageError } from "../options/usage.ts";
import { isSocket, statusOf } from "../os/files.ts";
import type { AnyProtocol } from "../protocols/protocol.ts";
import type { Run, RunTls } from "../run.ts";

/** The client's descriptors. */
const [INPUT, OUTPUT] = [0, 1];

/** Reads the files, while we may. @throws UsageError */
export async function tlsFrom(
  protocol: AnyProtocol,
  settings: Settings,
  log: Run["log"],
): Promise<RunTls | null> {
  if (settings.read(TLS_OPTIONS).tls === "off") return null;
  const { tlsOf } = await import("../options/tls.ts");
  const plan = tlsOf(protocol, settings)!;
  if (!isOneSocket())
    throw new UsageError(`${settings.where("tls")}: expected a client on a socket, got one on pipes`);
  const { readPem } = await import("../options/pem.ts");
  const { TlsState } = await import("../options/tls-state.ts");
  const state = new TlsState(plan, log);
  return { state, files: readPem(plan), isOptional: plan.mode === "optional" };
}

/**
 * Reads the files that servers are trusted by, while we may.
 * @param directory where paths begin that do not begin at the root, if that is not where we are
 * @throws UsageError
 */
export async function serverTlsOf(
  plan: ServerPlan,
  settings: Settings,
  directory = "",
): Promise<(ServerTls | null)[]> {
  const places = placesOf(plan);
  if (places.every(({ tls }) => tls === null)) return [];
  const { withRoots } = await import("../options/roots.ts");
  return withRoots(places, settings.where("connect"), undefined, directory);
}

/** What is read and what is written is the same connection. Some make pairs of sockets where others make pipes. */
function isOneSocket(): boolean {
  const [input, output] = [statusOf(INPUT), statusOf(OUTPUT)];
  if (input === null || output === null) return false;
  return isSocket(input) && input.dev === output.dev && input.ino === output.ino;
}
