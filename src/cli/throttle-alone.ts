// Where a process of one session counts guesses: from option values. Loads nothing yet of what that takes.

import { inline } from "../options/lists.ts";
import type { Settings } from "../options/settings.ts";
import { camelCase, type Networks } from "../options/table.ts";
import { parseThrottle } from "../options/throttle.ts";
import type { AnyProtocol, Read } from "../protocols/protocol.ts";
import type { Entry } from "../record/entry.ts";
import { type OwnThrottling, throttlingAlone } from "../throttle/alone.ts";

/** @throws UsageError */
export function throttleAlone(
  protocol: AnyProtocol,
  settings: Settings,
  read: Read,
  address: string | null,
  log: (entry: Entry) => void,
): OwnThrottling | null {
  const place = parseThrottle(settings.text("throttle"), false, settings.where("throttle"));
  if (place === null) return null;
  const trusted = async () => {
    const [{ trusting }, { proxiesIn }] = await Promise.all([
      import("./throttle.ts"),
      import("../options/proxies.ts"),
    ]);
    const values = read(protocol.options) as Readonly<Record<string, unknown>>;
    const lists = trusting(protocol).map((name) => values[camelCase(name)] as Networks);
    // A proxy that speaks for itself; those that stand in files were asked when the connection came.
    const isProxy = proxiesIn(inline(settings.entries("accept-proxy") ?? []), settings.where("accept-proxy"));
    return (of: string | null) => lists.some((list) => list.has(of)) || isProxy?.(of) === true;
  };
  return throttlingAlone({ place, address, trusted, log });
}
