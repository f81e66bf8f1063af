// --dnsbl and --resolver: option values to questions. Loaded only when a list is named.

import { askBlackholes } from "../io/dnsbl.ts";
import { parseBlackhole, ZONE } from "../policy/blackhole.ts";
import type { Entry } from "../record/entry.ts";
import { isIPv4, isIPv6 } from "../wire/domain.ts";
import { expected } from "./usage.ts";

/** @returns a question not asked yet: whoever asks it has the server started first. @throws UsageError */
export function blackholeQuestion(
  lists: readonly string[],
  where: string,
  resolver: { readonly name: string | null; readonly where: string },
): (address: string, log: (entry: Entry) => void) => Promise<string | null> {
  const parsed = lists.map((text) => {
    const list = parseBlackhole(text);
    if (list === null) throw expected(where, ZONE, text);
    return list;
  });
  const { name } = resolver;
  if (name !== null && !isResolver(name)) throw expected(resolver.where, "IP:PORT", name);
  return (address, log) => askBlackholes(address, parsed, name, log);
}

function isResolver(text: string): boolean {
  const parts = /^(?:\[([^\]]+)\]|([^:]+)):([0-9]{1,5})$/.exec(text);
  return (
    parts !== null &&
    Number(parts[3]) <= 65535 &&
    (parts[1] === undefined ? isIPv4(parts[2]!) : isIPv6(parts[1]))
  );
}
