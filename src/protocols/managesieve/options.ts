// The options of ManageSieve. Its only login is SASL, so that is passed where nobody says otherwise.

import type { Table, ValuesOf } from "../../options/table.ts";
import { LOGIN_OPTIONS, lineOptions, XCLIENT_OPTION } from "../shared-options.ts";

export const sieveOptions = {
  // Two quoted strings of 1,024 octets with a backslash before each, and a command: a longer one is announced. Who
  // sends a longer line may announce octets at its end, which would be taken for commands.
  ...lineOptions(4200, "close"),
  "max-script-size": {
    takes: { kind: "size" },
    default: "1000000",
    group: "Limits",
    help: "of a Sieve script (K, M, G); 0 = no limit",
    doubt: "a script of any size reaches the server",
  },
  ...LOGIN_OPTIONS,
  auth: { ...LOGIN_OPTIONS.auth, default: "pass" },
  ...XCLIENT_OPTION,
} as const satisfies Table;
export type SieveOptions = ValuesOf<typeof sieveOptions>;
