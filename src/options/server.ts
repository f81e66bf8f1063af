// Where the server is: a command line, addresses, or what the protocol takes for granted. Knows notations; starts
// and reaches nothing.

import type { Destination } from "../io/tcp.ts";
import type { AnyProtocol } from "../protocols/protocol.ts";
import { parseDestination } from "./destination.ts";
import { RUN_OPTIONS } from "./run.ts";
import type { Settings } from "./settings.ts";
import { expected, UsageError } from "./usage.ts";

/** A program behind pipes, or addresses of one over TCP. */
export type ServerPlan =
  | { readonly argv: readonly [string, ...string[]] }
  | { readonly destinations: readonly Destination[] };

/** @throws UsageError */
export function serverOf(protocol: AnyProtocol, settings: Settings): ServerPlan {
  const { connect } = settings.read(RUN_OPTIONS);
  const where = settings.where("connect");
  if (connect.length > 0) {
    if (settings.server.length > 0)
      throw expected(settings.serverWhere, "--connect or -- SERVER, not both", settings.server[0]);
    const missing = protocol.missingWithConnect(settings.read);
    if (missing !== null) throw new UsageError(`${where}: expected ${missing} with it, got none`);
    return { destinations: connect.map((text) => destinationOf(protocol, text, where)) };
  }
  const [path, ...args] = settings.server.length > 0 ? settings.server : (protocol.server ?? []);
  if (path === undefined) throw new UsageError(`${protocol.name}: expected -- SERVER [ARG...], got none`);
  if (!path.startsWith("/")) throw expected(settings.serverWhere, "an absolute path", path);
  return { argv: [path, ...args] };
}

function destinationOf({ name, startTls }: AnyProtocol, text: string, where: string): Destination {
  const destination = parseDestination(text, where);
  if (destination.tls?.starts === "starttls" && startTls === undefined)
    throw expected(where, `tls=implicit with ${name}`, text);
  return destination;
}
