// From what went wrong to the exit code the caller sees (sysexits.h). Knows kinds of errors, no connection.

import { EXIT, type ExitCode } from "../exit.ts";
import { UsageError } from "../options/usage.ts";
import { PrivilegeError } from "../os/identity.ts";

/** What the system has too little of now, and may have enough of later. */
const SCARCE = new Set(["EAGAIN", "EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "ENOSPC"]);

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof PrivilegeError) return EXIT.privileges;
  const { code, cause } = Object(error) as { code?: unknown; cause?: unknown };
  if (cause !== undefined) return exitCodeOf(cause);
  // The name of an errno; the runtime's own codes (ERR_…) are mistakes of ours.
  if (typeof code !== "string" || !/^E[A-Z0-9]+$/.test(code)) return EXIT.software;
  return SCARCE.has(code) ? EXIT.temporary : EXIT.system;
}
