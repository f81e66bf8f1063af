// Who the client of a process is that has one, where it may be a proxy that has come (--accept-proxy). Loaded only where
// somebody may be believed.

import { introduction } from "../io/introduction.ts";
import { proxiesNamed } from "../options/proxies.ts";
import { UsageError } from "../options/usage.ts";
import { isSocket, statusOf } from "../os/files.ts";
import type { Connection } from "../os/peer.ts";

/** The client's descriptor. */
const INPUT = 0;

/**
 * The server must be started with the client's address, and before privileges go: so it is with them that the header is
 * read. Its octets are the proxy's, who is believed anyway; what reads them is pure; and of what is behind them nothing
 * is looked at but that the header does not end there.
 * @param came the connection on descriptor 0
 * @param where the networks were said
 * @returns what the proxy told, or the same where none has come; "local" where it looks whether we are here, "wrong"
 * where it did not say whom it speaks for
 * @throws UsageError
 */
export async function introduced(
  came: Connection,
  networks: readonly string[],
  where: string,
): Promise<Connection | "local" | "wrong"> {
  const isProxy = await proxiesNamed(networks, where);
  if (isProxy === null || !isProxy(came.client.address)) return came;
  const status = statusOf(INPUT);
  if (status === null || !isSocket(status))
    throw new UsageError(`${where}: expected a proxy on a socket, got one on pipes`);
  const told = await introduction(INPUT, () => false);
  if (told === null) return "wrong";
  return told.isLocal ? "local" : { client: told.client, server: told.server, via: came };
}
