// What the server is started with: an environment built from nothing, never filtered from ours, and the
// client's address in its arguments where they ask for it.

import type { Connection } from "./peer.ts";

const PATH = "/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Every name under which servers look for their connection; a name without a known value is not set.
 * @param isSecure the client has begun to speak TLS
 */
export function serverEnvironment(
  connection: Connection,
  zone: string | undefined,
  isSecure: boolean,
): Record<string, string> {
  const { client, server } = connection;
  const known: Readonly<Record<string, string | number | null | undefined>> = {
    PATH,
    LANG: "C",
    TZ: zone,
    // As ucspi-ssl has it, where TLS was begun before the server.
    PROTO: isSecure ? "SSL" : client.address === null ? null : "TCP",
    TCPREMOTEIP: client.address,
    TCPREMOTEPORT: client.port,
    TCPLOCALIP: server.address,
    TCPLOCALPORT: server.port,
    REMOTE_ADDR: client.address,
    REMOTE_PORT: client.port,
    REMOTE_HOST: client.address,
  };
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(known)) if (value != null) environment[name] = String(value);
  return environment;
}

/** What an unknown address becomes in an argument: one that no server trusts, and every one can parse. */
const UNKNOWN = { address: "0.0.0.0", port: "0" };

/** Fills `{client_ip}` `{client_port}` `{server_ip}` `{server_port}` in, and `{tls}` where the client has begun to speak it. */
export function serverArguments(
  argv: readonly [string, ...string[]],
  { client, server }: Connection,
  isSecure: boolean,
): [string, ...string[]] {
  const values: Readonly<Record<string, string>> = {
    client_ip: client.address ?? UNKNOWN.address,
    client_port: String(client.port ?? UNKNOWN.port),
    server_ip: server.address ?? UNKNOWN.address,
    server_port: String(server.port ?? UNKNOWN.port),
    ...(isSecure ? { tls: "tls" } : {}),
  };
  const [path, ...args] = argv;
  const fill = (arg: string) =>
    arg.replace(/\{(\w+)\}/g, (all, name: string) => (Object.hasOwn(values, name) ? values[name]! : all));
  return [path, ...args.map(fill)];
}
