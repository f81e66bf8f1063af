// --connect original,net=CIDR[,…]: the server is wherever the client wanted to go before a firewall redirected it. Text to
// networks, and a client to its server. Knows the notation; asks no kernel.

import type { Destination, DestinationTls } from "../io/tcp.ts";
import type { Connection } from "../os/peer.ts";
import { compileNetworks } from "../policy/networks.ts";
import { judgeOriginal, wrongOriginal } from "../policy/original.ts";
import { settingsIn, tlsOf } from "./destination.ts";
import { expected, UsageError } from "./usage.ts";

export const ORIGINAL_FORM = "original,net=CIDR[,tls=implicit|starttls,name=NAME[,ca=FILE]]";

export interface Original {
  /** As it was written. */
  readonly net: string;
  /** Null where servers of the network speak none. */
  readonly tls: DestinationTls | null;
}

const WRONG = {
  everything: "a network smaller than everything: else whoever is routed here is let go anywhere",
  never: "a network of other hosts: loopback, link-local, multicast and reserved addresses are never reached",
} as const;

/** `original,net=192.0.2.0/24`. @throws UsageError */
export function parseOriginal(text: string, where = "--connect"): Original {
  const given = settingsIn(text.split(",").slice(1), ["net", "tls", "ca", "name"]);
  const net = given?.get("net");
  if (given === null || net === undefined) throw expected(where, ORIGINAL_FORM, text);
  const wrong = wrongOriginal(net);
  if (wrong === "none") throw expected(where, ORIGINAL_FORM, text);
  if (wrong !== null) throw expected(where, WRONG[wrong], text);
  // A client chooses the address: that is nothing a certificate could be held against.
  if (given.has("tls") && !given.has("name"))
    throw new UsageError(`${where}: expected name= with tls=, got none`);
  const tls = tlsOf("", given);
  if (tls === "wrong") throw expected(where, ORIGINAL_FORM, text);
  return { net, tls };
}

/** A connection's ends, as far as they are known. */
interface Place {
  readonly address: string | null;
  readonly port: number | null;
}

/** Where a client's server is, and the number of the entry that says so; or why there is none. */
export type Found =
  | { readonly destination: Destination; readonly number: number }
  | { readonly place: string; readonly reason: string };

/** @param ours where we accept clients @returns who finds the server of each client */
export function originalFinder(originals: readonly Original[], ours: readonly Place[]) {
  const networks = originals.map(({ net }) => compileNetworks([net]));
  return (connection: Pick<Connection, "server" | "via" | "wanted">): Found => {
    const wanted = connection.wanted ?? null;
    const { server } = connection.via ?? connection; // what a proxy tells of is not where we are
    const judged = judgeOriginal(wanted, [server, ...ours], networks);
    if (typeof judged === "string") return { place: writeWanted(wanted) ?? "original", reason: judged };
    const { address, port } = wanted as { address: string; port: number };
    const { tls } = originals[judged]!;
    return { destination: { host: address, port, weight: 1, tls }, number: judged };
  };
}

/** As the log has addresses; null where it is not known. */
export function writeWanted(wanted: Place | null | undefined): string | null {
  if (wanted === null || wanted === undefined || wanted.address === null) return null;
  return `${wanted.address.includes(":") ? `[${wanted.address}]` : wanted.address}:${wanted.port}`;
}
