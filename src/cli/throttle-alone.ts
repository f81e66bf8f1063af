// Where a process of one session counts guesses: from option values. Loads nothing yet of what that takes.

import type { Settings } from "../options/settings.ts";
import { parseThrottle } from "../options/throttle.ts";
import type { AnyProtocol } from "../protocols/protocol.ts";
import type { Entry } from "../record/entry.ts";
import { type OwnThrottling, throttlingAlone } from "../throttle/alone.ts";

/** @throws UsageError */
export function throttleAlone(
  protocol: AnyProtocol,
  settings: Settings,
  address: string | null,
  log: (entry: Entry) => void,
): OwnThrottling | null {
  const place = parseThrottle(settings.text("throttle"), false, settings.where("throttle"));
  if (place === null) return null;
  const trusted = async () => {
    const { trustedIn } = await import("./throttle.ts");
    return trustedIn(protocol, settings);
  };
  return throttlingAlone({ place, address, trusted, log });
}
