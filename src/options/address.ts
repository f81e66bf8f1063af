// --listen ADDRESS:PORT: text to address. Knows the notation; resolves no name, and opens nothing.

import { isIPv4, isIPv6 } from "../wire/domain.ts";
import { expected } from "./usage.ts";

/** `127.0.0.1:25`, `[::]:25`. @throws UsageError */
export function parseAddress(text: string, where = "--listen"): { host: string; port: number } {
  const parts = /^(?:\[([^\]]+)\]|([^:]+)):([0-9]{1,5})$/.exec(text);
  const [, six, four] = parts ?? [];
  const isAddress = six === undefined ? four !== undefined && isIPv4(four) : isIPv6(six);
  const port = Number(parts?.[3]);
  if (!isAddress || port < 1 || port > 65535)
    throw expected(where, "ADDRESS:PORT, such as 0.0.0.0:25 or [::]:25", text);
  return { host: (six ?? four)!, port };
}
