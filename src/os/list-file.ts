// A file of entries, read whole or not at all, before its client is greeted: by the kernel's own calls, since `node:fs`
// costs 0.9 ms to load. Knows files; not what an entry is.

import { isRegular, isWritableByMore, type Status, statusAt, statusOf } from "./files.ts";
import * as libc from "./libc.ts";

export interface ListFile {
  /** Each line with its end, and one line end in front of the first; null where it is not to be had. */
  readonly text: string | null;
  /** Why not. */
  readonly error: string;
  /** Its last line has its end: where it has not, somebody may not have written it yet. */
  readonly isWhole: boolean;
  /** When it was changed last, in milliseconds of the epoch; 0 where it is not to be had. */
  readonly changed: number;
}

/** Octets: a million of the longest entries that anybody has. */
const MOST = 64 * 1024 * 1024;
/** How often one is read that somebody writes meanwhile. */
const TRIES = 3;

const LF = 10;
const BLANK = 32;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const NANOSECONDS = 1_000_000n;

/** What changes when a file does, or is another. */
export function markOf(path: string): string {
  const status = statusAt(path);
  return status === null ? "" : written(status);
}

export function readListFile(path: string): ListFile {
  let error = "";
  for (let tries = 0; tries < TRIES; tries++) {
    const read = readOnce(path);
    if (typeof read !== "string") return read;
    error = read;
    if (error !== CHANGING) break;
  }
  return { text: null, error, isWhole: false, changed: 0 };
}

export const CHANGING = "somebody is writing it";

/** @returns why not, where it cannot be */
function readOnce(path: string): ListFile | string {
  // Before it is opened: a device may do something then.
  const place = statusAt(path);
  if (place === null) return "it is not there, or not for us to see";
  if (!isRegular(place)) return "it is no regular file";
  const fd = libc.openToRead(path);
  if (fd < 0) return "it cannot be opened";
  try {
    const before = statusOf(fd);
    if (before === null || !isRegular(before)) return "it is no regular file";
    if (isWritableByMore(before)) return "its group or others may write it";
    if (before.size > MOST) return `it has more than ${MOST} octets`;
    const octets = readOctets(fd, Number(before.size));
    if (octets === null) return "it cannot be read";
    const after = statusOf(fd);
    if (octets.length - 2 !== Number(before.size) || after === null || written(after) !== written(before))
      return CHANGING;
    return fileOf(octets, before);
  } finally {
    libc.close(fd);
  }
}

/** @returns what was read, with room for a line end in front and behind; null where it cannot be */
function readOctets(fd: number, size: number): Uint8Array | null {
  const octets = new Uint8Array(size + 3); // one more tells whether it has grown
  let end = 1;
  while (end < octets.length - 1) {
    const got = libc.readOn(fd, octets.subarray(end, octets.length - 1));
    if (got < 0) return null;
    if (got === 0) break;
    end += got;
  }
  return octets.subarray(0, end + 1);
}

function fileOf(octets: Uint8Array, { ctimeNs }: Status): ListFile {
  const end = octets.length - 1;
  octets[0] = LF;
  if (BYTE_ORDER_MARK.every((octet, at) => octets[at + 1] === octet)) octets.fill(BLANK, 1, 4);
  const isWhole = octets[end - 1] === LF;
  octets[end] = LF;
  const text = new TextDecoder().decode(isWhole ? octets.subarray(0, end) : octets);
  return { text, error: "", isWhole, changed: Number(ctimeNs / NANOSECONDS) };
}

function written({ dev, ino, size, ctimeNs, mode }: Status): string {
  return [dev, ino, size, ctimeNs, mode].join(" ");
}
