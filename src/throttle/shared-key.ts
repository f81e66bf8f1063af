// The key of what stands for passwords, for processes that share a file of guesses and nothing else: in the host's memory,
// as long as the host runs, and never beside what it is the key of. Knows one place; without it each try is another guess.

import {
  closeSync,
  constants,
  fstatSync,
  linkSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { freshKey } from "./hashing.ts";

const DIRECTORY = "/dev/shm";

/** @returns the key of this user; null where there is no such place, or somebody else's file is in it */
export function sharedKey(directory = DIRECTORY): string | null {
  const path = `${directory}/protowrap-${process.geteuid!()}.key`;
  try {
    return keyIn(path) ?? made(path);
  } catch {
    return null;
  }
}

/** @returns null where there is none @throws where there is another's, or something else */
function keyIn(path: string): string | null {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  try {
    const { uid, mode } = fstatSync(fd);
    const text = readFileSync(fd, "utf8");
    if (uid !== process.geteuid!() || (mode & 0o177) !== 0 || !/^[0-9a-f]{64}$/.test(text))
      throw new Error(`${path} is not a key of ours`);
    return text;
  } finally {
    closeSync(fd);
  }
}

/** It has its name when it is whole: of several that make one at the same time the first's is everybody's. */
function made(path: string): string | null {
  const own = `${path}.${process.pid}.${freshKey().slice(0, 16)}`;
  writeFileSync(own, freshKey(), { mode: 0o600, flag: "wx" });
  try {
    linkSync(own, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    unlinkSync(own);
  }
  return keyIn(path);
}
