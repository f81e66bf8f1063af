// The password of a place where guesses are counted. Knows a file; not what it opens.

import { readFileSync } from "node:fs";
import { isEndless } from "../os/files.ts";
import type { RedisPlace } from "./place.ts";

/** Read each time: it may be another by now. @returns null for none @throws where it cannot be read */
export function passwordOf({ password }: RedisPlace): string | null {
  if (password === null) return null;
  if (isEndless(password)) throw new Error(`${password} is no regular file`);
  return readFileSync(password, "utf8").replace(/\r?\n$/, "");
}
