// The options of POP3. RFC 2449 §4 has 255 octets for a command.

import type { Table, ValuesOf } from "../../options/table.ts";
import { LOGIN_OPTIONS, lineOptions, XCLIENT_OPTION } from "../shared-options.ts";

export const pop3Options = {
  ...lineOptions(255, "refuse", "close"),
  ...LOGIN_OPTIONS,
  ...XCLIENT_OPTION,
} as const satisfies Table;
export type Pop3Options = ValuesOf<typeof pop3Options>;
