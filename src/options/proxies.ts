// --accept-proxy: the networks of proxies that are believed whom they speak for. Text to networks; what they say is read
// elsewhere.

import { compileNetworks, type Membership, overlaps } from "../policy/networks.ts";
import { type Files, hasFiles } from "./lists.ts";
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

/** The same where they may stand in files. @param files by default they are read now @throws UsageError */
export async function proxiesNamed(
  entries: readonly string[],
  where: string,
  files?: Files,
): Promise<Membership | null> {
  if (entries.length === 0) return null;
  const all = await writtenOut(entries, where, files);
  return proxiesIn(all, where) ?? (() => false);
}

async function writtenOut(
  entries: readonly string[],
  where: string,
  files?: Files,
): Promise<readonly string[]> {
  if (!hasFiles(entries)) return entries;
  const { allEntries } = await import("./list-texts.ts");
  const read = files ?? (await import("./read-lists.ts")).readNow;
  return allEntries("networks", entries, where, read).map(({ entry }) => entry);
}

function isNetwork(entry: string): boolean {
  try {
    compileNetworks([entry]);
    return true;
  } catch {
    return false;
  }
}
