// Asks DNS blackhole lists about one address, all at once, while the server starts. A list that does not
// answer in time, or answers nonsense, blocks nobody. Knows DNS; not what is done with a listed client.

import { Resolver } from "node:dns/promises";
import { type Blackhole, blackholeName, isListed } from "../policy/blackhole.ts";
import type { Entry } from "../record/entry.ts";
import { within } from "./within.ts";

/** Seconds for all answers: a client waits for its greeting meanwhile. */
const PATIENCE = 2;

/** No answer, and that is the answer: the address is not listed. */
const NOT_LISTED = new Set(["ENOTFOUND", "ENODATA", "NXDOMAIN"]);

/**
 * @param resolver `IP:PORT` of the name server, or null for the system's
 * @returns the zone of a list the address is in, or null
 */
export async function askBlackholes(
  address: string,
  lists: readonly Blackhole[],
  resolver: string | null,
  log: (entry: Entry) => void,
): Promise<string | null> {
  const dns = new Resolver({ timeout: PATIENCE * 1000, tries: 1 });
  if (resolver !== null) dns.setServers([resolver]);
  const asked = lists.map(async (list) => {
    const listed = await within(ask(dns, address, list), PATIENCE);
    if (listed !== null) return listed ? list.zone : null;
    log({ level: 1, event: "dnsbl-silent", fields: { zone: list.zone } });
    return null;
  });
  const zone = (await Promise.all(asked)).find((found) => found !== null) ?? null;
  // The list's reason is for the log only: nobody waits for it.
  if (zone !== null)
    void textOf(dns, blackholeName(address, zone)).then((explanation) =>
      log({ level: 1, event: "dnsbl-listed", fields: { zone, explanation } }),
    );
  return zone;
}

/** @returns whether it is listed; null when the list gave no answer to go by */
async function ask(dns: Resolver, address: string, list: Blackhole): Promise<boolean | null> {
  try {
    return isListed(await dns.resolve4(blackholeName(address, list.zone)), list);
  } catch (error) {
    return NOT_LISTED.has(String((error as { code?: unknown }).code)) ? false : null;
  }
}

async function textOf(dns: Resolver, name: string): Promise<string> {
  try {
    return (await dns.resolveTxt(name)).map((parts) => parts.join("")).join(" ");
  } catch {
    return "";
  }
}
