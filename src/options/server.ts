// Where the server is: a command line, addresses, or what the protocol takes for granted. Knows notations; starts
// and reaches nothing.

import type { Destination, DestinationTls } from "../io/tcp.ts";
import type { AnyProtocol } from "../protocols/protocol.ts";
import { parseDestination } from "./destination.ts";
import type { Original } from "./original.ts";
import { RUN_OPTIONS } from "./run.ts";
import type { Settings } from "./settings.ts";
import { expected, UsageError } from "./usage.ts";

/** A program behind pipes, addresses of one over TCP, or networks in which a client has chosen one. */
export type ServerPlan =
  | { readonly argv: readonly [string, ...string[]] }
  | { readonly destinations: readonly Destination[] }
  | { readonly originals: readonly Original[] };

/** Whatever is reached over TCP, in the order in which it was named; nothing where a program is run. */
export function placesOf(plan: ServerPlan): readonly { readonly tls: DestinationTls | null }[] {
  if ("argv" in plan) return [];
  return "originals" in plan ? plan.originals : plan.destinations;
}

/** @throws UsageError */
export async function serverOf(protocol: AnyProtocol, settings: Settings): Promise<ServerPlan> {
  const { connect, sendProxy } = settings.read(RUN_OPTIONS);
  const where = settings.where("connect");
  if (connect.length > 0) {
    if (settings.server.length > 0)
      throw expected(settings.serverWhere, "--connect or -- SERVER, not both", settings.server[0]);
    const missing = protocol.missingWithConnect(settings.read);
    if (missing !== null) throw new UsageError(`${where}: expected ${missing} with it, got none`);
    return reached(protocol, connect, where);
  }
  if (sendProxy !== null)
    throw new UsageError(`${settings.where("send-proxy")}: expected --connect with it, got none`);
  const [path, ...args] = settings.server.length > 0 ? settings.server : (protocol.server ?? []);
  if (path === undefined) throw new UsageError(`${protocol.name}: expected -- SERVER [ARG...], got none`);
  if (!path.startsWith("/")) throw expected(settings.serverWhere, "an absolute path", path);
  return { argv: [path, ...args] };
}

async function reached(
  protocol: AnyProtocol,
  connect: readonly string[],
  where: string,
): Promise<ServerPlan> {
  const parsed = <T extends { readonly tls: DestinationTls | null }>(
    parse: (text: string, at: string) => T,
  ) =>
    connect.map((text) => {
      const place = parse(text, where);
      if (place.tls?.starts === "starttls" && protocol.startTls === undefined)
        throw expected(where, `tls=implicit with ${protocol.name}`, text);
      return place;
    });
  const isOriginal = (text: string) => /^original(?:,|$)/.test(text); // a host of that name has a port
  if (!connect.some(isOriginal)) return { destinations: parsed(parseDestination) };
  // Whoever wanted to go nowhere must not come to somewhere else instead.
  const other = connect.find((text) => !isOriginal(text));
  if (other !== undefined) throw expected(where, "addresses, or original, not both", other);
  const { parseOriginal } = await import("./original.ts");
  return { originals: parsed(parseOriginal) };
}
