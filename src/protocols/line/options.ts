// The options of "line": here a line may be cut or dropped, since nobody waits for a reply to it.

import { choice, type Table, type ValuesOf } from "../../options/table.ts";
import { lineOptions } from "../shared-options.ts";

export const lineProtocolOptions = {
  ...lineOptions(200, "truncate", "refuse", "drop", "close"),
  "final-line": {
    takes: choice("drop", "forward"),
    default: "drop",
    group: "Line",
    help: "an unterminated last line",
  },
} as const satisfies Table;
export type LineOptions = ValuesOf<typeof lineProtocolOptions>;
