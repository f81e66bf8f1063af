// Where guesses are counted, and whose are not: from option values. Knows which options say so; counts nothing.

import type { Settings } from "../options/settings.ts";
import { parseThrottle } from "../options/throttle.ts";
import { compileNetworks, type Membership } from "../policy/networks.ts";
import type { AnyProtocol } from "../protocols/protocol.ts";
import type { ThrottlePlace } from "../throttle/place.ts";

const OPTION = "throttle";

/** @returns null where nobody counts @throws UsageError */
export function throttleIn(
  { options }: AnyProtocol,
  settings: Pick<Settings, "text" | "where">,
  isListening: boolean,
): ThrottlePlace {
  if (!Object.hasOwn(options, OPTION)) return null;
  return parseThrottle(settings.text(OPTION), isListening, settings.where(OPTION));
}

/** Those that may relay, whom the administrator exempts, and proxies: none of them is the client who guesses. */
export function trustedIn({ options }: AnyProtocol, settings: Pick<Settings, "entries">): Membership {
  const names = Object.keys(options).filter((name) => options[name]!.isTrusted === true);
  const entries = ["accept-proxy", ...names].flatMap((name) => settings.entries(name) ?? []);
  return entries.length === 0 ? () => false : compileNetworks(entries);
}
