// Proxies that are believed whom they speak for: what is doubted of the networks they are in. Looks at no file and asks
// nobody.

import { proxiesIn } from "../../options/proxies.ts";
import type { Settings } from "../../options/settings.ts";
import type { Table } from "../../options/table.ts";
import { overlaps, sizeOf } from "../../policy/networks.ts";
import { type Finding, warning } from "./finding.ts";

const OPTION = "accept-proxy";
/** Bits of a network: one with less hardly ever has proxies only. */
const NARROW = { ipv4: 16, ipv6: 48 } as const;

/** @param table of the protocol: its networks are of clients @throws UsageError for what are no networks of proxies */
export function checkProxies(settings: Pick<Settings, "entries" | "where">, table: Table): Finding[] {
  const entries = settings.entries(OPTION) ?? [];
  const where = settings.where(OPTION);
  proxiesIn(entries, where);
  const ofClients = Object.entries(table).filter(([, { takes }]) => takes.kind === "networks");
  return [
    ...entries
      .filter(isWide)
      .map((entry) => `${entry}: each of so many hosts is believed, whomever it names`),
    ...ofClients.flatMap(([name]) =>
      overlaps(entries, settings.entries(name) ?? []).map(
        ({ entry, other }) =>
          `${entry}: is in --${name} (${other}), too: so is whoever comes to the proxy from itself, or by something in front of it that does not tell of him`,
      ),
    ),
  ].map((text) => warning(where, text));
}

function isWide(entry: string): boolean {
  const { kind, bits } = sizeOf(entry)!;
  return bits < NARROW[kind];
}
