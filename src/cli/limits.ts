// The limits of a session: option values to what a session takes.

import type { RunOptions } from "../options/run.ts";
import type { SessionLimits } from "../session/output.ts";
import { heardLevel } from "./log.ts";

export function limitsFrom(options: RunOptions): SessionLimits {
  const { maxErrors, idleTimeout, sessionTimeout, serverTimeout, minRate } = options;
  const logLevel = heardLevel(options.logLevel, options.logDialect);
  return { maxErrors, idleTimeout, sessionTimeout, serverTimeout, minRate, logLevel };
}
