// Knows sieve-connect, a client of ManageSieve for the command line.

import { type Need, program } from "./missing.ts";
import { type Outcome, run } from "./process.ts";
import type { Scratch } from "./scratch.ts";

export const sieveConnectNeeds: readonly Need[] = [program("sieve-connect")];

export interface SieveConnectPlan {
  readonly password?: string;
  /** Who has signed the server's certificate; without it nothing is asked for TLS. */
  readonly authority?: string;
}

/** @param words what it is to do, such as --list */
export function sieveConnect(
  scratch: Scratch,
  port: number,
  words: readonly string[],
  { password = "kitpass", authority }: SieveConnectPlan = {},
): Promise<Outcome> {
  const tls =
    authority === undefined
      ? ["--clearchan", "--notlsverify"]
      : ["--tlscafile", authority, "--tlshostname", "mx.test"];
  const who = ["--user", "kituser", "--authmech", "PLAIN", "--passwordfd", "0"];
  const where = ["--server", "127.0.0.1", "--nosrv", "--port", `${port}`];
  const argv = ["sieve-connect", ...where, ...tls, ...who, ...words];
  return run(scratch, argv, { input: Buffer.from(`${password}\n`) });
}
