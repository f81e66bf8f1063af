// Files of entries as they are now. Loaded only where there is one, and nobody else reads it for us.

import { readListFile } from "../os/list-file.ts";
import { type Files, listed } from "./lists.ts";

/** Each is read when it is asked for. */
export const readNow: Files = (path) => listed(readListFile(path), Date.now());
