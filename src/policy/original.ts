// Whether we go where a client wanted to go before a firewall sent it to us (pure): only into networks that the
// administrator named, and never to what is this host's own or no single other host. Knows addresses as text.

import { compileNetworks, type Membership, overlaps } from "./networks.ts";

/** An address and a port, as far as they are known. */
interface Place {
  readonly address: string | null;
  readonly port: number | null;
}

/** Loopback, link-local, unspecified, multicast and reserved: no firewall has a reason to send us there. */
const NEVER = [
  ...["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4"],
  ...["::/96", "fe80::/10", "ff00::/8"],
];
const EVERYTHING = ["0.0.0.0/0", "::/0"];
const isNever = compileNetworks(NEVER);

/**
 * @param ours where the client has come to, and wherever else we accept clients
 * @param networks in the order in which they were named
 * @returns which of them it is in, the first; or why we do not go there
 */
export function judgeOriginal(
  wanted: Place | null,
  ours: readonly Place[],
  networks: readonly Membership[],
): number | string {
  if (wanted === null || wanted.address === null || (wanted.port ?? 0) === 0)
    return "the kernel does not know where the client wanted to go";
  const isOurs = ({ address, port }: Place) => address === wanted.address && port === wanted.port;
  if (ours.some(isOurs)) return "that is ourselves: no firewall has redirected the client";
  if (isNever(wanted.address)) return "never reached: loopback, link-local, multicast or reserved";
  const index = networks.findIndex((has) => has(wanted.address));
  return index < 0 ? "in no network of --connect original" : index;
}

/** @returns what is wrong with the network, whatever its addresses are used for; null for nothing */
export function wrongOriginal(entry: string): "none" | "everything" | "never" | null {
  try {
    compileNetworks([entry]);
  } catch {
    return "none";
  }
  if (overlaps([entry], EVERYTHING).some(({ is }) => is === "same")) return "everything";
  return overlaps([entry], NEVER).some(({ is }) => is !== "around") ? "never" : null;
}
