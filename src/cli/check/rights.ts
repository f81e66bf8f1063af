// What the permissions of a file and of the directories above it let somebody do. Knows modes and owners;
// not what a file is for. Of a user's groups only the own one is known: the others are the system's to tell.

import { realpathSync, type Stats, statSync } from "node:fs";
import { dirname } from "node:path";

/** Somebody, as far as modes care. */
export interface Person {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const READ = 4;
const WRITE = 2;
const EXECUTE = 1;
const STICKY = 0o1000;

/**
 * Why somebody may not run a program, or null.
 * @param person null when nobody knows yet who it will be: then anybody's right to run it will do
 */
export function whyNotRunnable(path: string, person: Person | null): string | null {
  let program: Stats;
  try {
    program = statSync(path);
  } catch (reason) {
    return isMissing(reason) ? "there is no such file" : (reason as Error).message;
  }
  if (!program.isFile()) return "it is no file";
  if ((program.mode & 0o111) === 0) return "nobody may execute it";
  if (person === null) return null;
  const closed = directoriesOf(path).find((directory) => !may(person, statSync(directory), EXECUTE));
  if (closed !== undefined) return `${person.name} may not enter ${closed}`;
  return may(person, program, EXECUTE) ? null : `${person.name} may not execute it`;
}

/**
 * Who besides its owner can put something else there, in words.
 * @param ownedByRoot it ought to be root's, because root relies on it
 */
export function changers(path: string, ownedByRoot: boolean): string[] {
  const found: string[] = [];
  for (const place of [path, ...directoriesOf(path)]) {
    const stats = statSync(place);
    const { mode, uid, gid } = stats;
    if (ownedByRoot && uid !== 0) found.push(`user ${uid} owns ${place}`);
    // In a directory like /tmp only a file's owner can replace it.
    if (stats.isDirectory() && (mode & STICKY) !== 0) continue;
    if ((mode & WRITE) !== 0) found.push(`anyone can write ${place}`);
    else if ((mode & (WRITE << 3)) !== 0 && gid !== 0) found.push(`group ${gid} can write ${place}`);
  }
  return found;
}

/** Its own mode lets everybody, and so does every directory above it. */
export function isReadableByAll(path: string): boolean {
  const place = realpathSync(path);
  const isOpen = above(place).every((directory) => (statSync(directory).mode & EXECUTE) !== 0);
  return isOpen && (statSync(place).mode & READ) !== 0;
}

/** Why somebody may not make files in a directory, or null. @param person null for whoever it will be */
export function whyNotWritable(directory: string, person: Person | null): string | null {
  return whyNot(
    directory,
    person,
    (stats) => (stats.isDirectory() ? null : "is no directory"),
    WRITE | EXECUTE,
  );
}

/** The same of a file that is to be read. */
export function whyNotReadable(path: string, person: Person | null): string | null {
  return whyNot(path, person, (stats) => (stats.isFile() ? null : "is no file"), READ);
}

function whyNot(
  path: string,
  person: Person | null,
  faultOf: (stats: Stats) => string | null,
  what: number,
): string | null {
  try {
    const stats = statSync(path);
    const fault = faultOf(stats);
    if (fault !== null) return `${path} ${fault}`;
    if (person === null) return null;
    const closed = directoriesOf(path).find((directory) => !may(person, statSync(directory), EXECUTE));
    if (closed !== undefined) return `${person.name} may not enter ${closed}`;
    const does = what === READ ? "read" : "write";
    return may(person, stats, what) ? null : `${person.name} may not ${does} ${path}`;
  } catch (reason) {
    return isMissing(reason) ? `there is no ${path}` : (reason as Error).message;
  }
}

function may(person: Person, { mode, uid, gid }: Stats, what: number): boolean {
  if (person.uid === 0) return true;
  const shift = person.uid === uid ? 6 : person.gid === gid ? 3 : 0;
  return (mode & (what << shift)) === what << shift;
}

/** All above the file, as it is named and where it really is. */
function directoriesOf(path: string): string[] {
  return [...new Set([...above(path), ...above(realpathSync(path))])];
}

function above(path: string): string[] {
  const all: string[] = [];
  for (let at = dirname(path); ; at = dirname(at)) {
    all.push(at);
    if (at === dirname(at)) return all;
  }
}

function isMissing(reason: unknown): boolean {
  return (reason as { code?: unknown }).code === "ENOENT";
}
