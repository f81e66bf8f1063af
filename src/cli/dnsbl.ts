// --dnsbl and --resolver: option values to questions. Loaded only when a list is named.

import { askBlackholes } from "../io/dnsbl.ts";
import type { Entry } from "../log/entry.ts";
import { parseBlackhole } from "../policy/blackhole.ts";
import { isIPv4, isIPv6 } from "../protocols/smtp/domain.ts";
import { expected } from "./usage.ts";

/** @returns a question not asked yet: whoever asks it has the server started first. @throws UsageError */
export function blackholeQuestion(
  lists: readonly string[],
  resolver: string | null,
  address: string | null,
): (log: (entry: Entry) => void) => Promise<string | null> {
  const parsed = lists.map((text) => {
    const list = parseBlackhole(text);
    if (list === null) throw expected("--dnsbl", "ZONE[=CODE,...]", text);
    return list;
  });
  if (resolver !== null && !isResolver(resolver)) throw expected("--resolver", "IP:PORT", resolver);
  return async (log) => (address === null ? null : askBlackholes(address, parsed, resolver, log));
}

function isResolver(text: string): boolean {
  const parts = /^(?:\[([^\]]+)\]|([^:]+)):([0-9]{1,5})$/.exec(text);
  return (
    parts !== null &&
    Number(parts[3]) <= 65535 &&
    (parts[1] === undefined ? isIPv4(parts[2]!) : isIPv6(parts[1]))
  );
}
