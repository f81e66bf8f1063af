// The options of finger. The limit is RFC 1288's silence filled: no query is longer than a command of SMTP.

import type { Table, ValuesOf } from "../../options/table.ts";
import { lineOptions } from "../shared-options.ts";

export const fingerOptions = lineOptions(512, "refuse") satisfies Table;
export type FingerOptions = ValuesOf<typeof fingerOptions>;
