// --accept-proxy: the networks of proxies that are believed whom they speak for. Text to networks; what they say is read
// elsewhere.

import { compileNetworks, type Membership, overlaps } from "../policy/networks.ts";
import { expected } from "./usage.ts";

const EVERYTHING = ["0.0.0.0/0", "::/0"];
const ONE = "the address or the network of proxies";
const FEWER = `${ONE}, not everybody's: whoever is believed may take any address, one that may relay among them`;

/** @param where they were said @returns null where nobody is believed @throws UsageError */
export function proxiesIn(entries: readonly string[], where: string): Membership | null {
  for (const entry of entries) {
    if (!isNetwork(entry)) throw expected(where, ONE, entry);
    if (overlaps([entry], EVERYTHING).some(({ is }) => is === "same")) throw expected(where, FEWER, entry);
  }
  return entries.length === 0 ? null : compileNetworks(entries);
}

function isNetwork(entry: string): boolean {
  try {
    compileNetworks([entry]);
    return true;
  } catch {
    return false;
  }
}
