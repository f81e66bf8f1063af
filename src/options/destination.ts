// --connect HOST:PORT[,weight=N]: text to destination. Knows the notation; resolves nothing.

import type { Destination } from "../io/tcp.ts";
import { expected } from "./usage.ts";

/** `mail.test:25`, `192.0.2.1:25,weight=3`, `[2001:db8::1]:25`. @throws UsageError */
export function parseDestination(text: string, where = "--connect"): Destination {
  const parts = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\],]+)):([0-9]{1,5})(?:,weight=([1-9][0-9]{0,4}))?$/.exec(
    text,
  );
  const port = Number(parts?.[3]);
  if (parts === null || port < 1 || port > 65535) throw expected(where, "HOST:PORT[,weight=N]", text);
  return { host: (parts[1] ?? parts[2])!, port, weight: Number(parts[4] ?? 1) };
}
