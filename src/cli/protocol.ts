// The protocol a command line names: a registered one, or a module outside. Loads that one and no other.

import type { Protocol } from "../protocols/protocol.ts";
import { PROTOCOLS } from "../protocols/registry.ts";

/** Whether it names a protocol at all, and is no other command. */
export function isProtocol(command: string): boolean {
  return Object.hasOwn(PROTOCOLS, command) || command.includes("/");
}

/** @throws UsageError for a module that is no protocol */
export async function protocolOf(command: string): Promise<Protocol<object>> {
  const load = PROTOCOLS[command];
  if (load !== undefined) return (await load()) as Protocol<object>;
  const { outside } = await import("./outside.ts");
  return outside(command);
}
