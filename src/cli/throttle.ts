// Where guesses are counted, and whose are not: from option values. Knows which options say so; counts nothing.

import type { Settings } from "../options/settings.ts";
import { parseThrottle } from "../options/throttle.ts";
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

/** The options of those that may relay, or whom the administrator exempts: none of them is a client who guesses. */
export function trusting({ options }: Pick<AnyProtocol, "options">): readonly string[] {
  return Object.keys(options).filter((name) => options[name]!.isTrusted === true);
}
