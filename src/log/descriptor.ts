// Standard error and files as places for log lines. Knows descriptors and what their readers expect in front
// of a line; not what a line says.

import { closeSync, constants, fchmodSync, fstatSync, openSync, writeSync } from "node:fs";
import { isWritable } from "../os/libc.ts";
import { severityOf } from "./header.ts";
import type { Delivery, Message, Sender } from "./sink.ts";

const utf8 = new TextEncoder();

/** What the reader of a descriptor expects in front of a line. */
export type Heading = (message: Message) => string;

/** A reader that is behind is asked again after so many milliseconds. */
const PAUSE = 20;

const { O_APPEND, O_CREAT, O_EXCL, O_NONBLOCK, O_WRONLY } = constants;

/** Of a file that we make: whoever may read logs is of its group. */
const MODE = 0o640;

/**
 * Nobody is waited for who would read a named pipe. Lines go to the end, wherever that is: somebody may cut the file.
 * @throws when it cannot be opened: with the rights we start with, so before they are dropped
 */
export function openFile(path: string): number {
  const how = O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK;
  let made: number;
  try {
    made = openSync(path, how | O_EXCL, MODE);
  } catch (error) {
    if ((error as { code?: unknown }).code !== "EEXIST") throw error;
    return openSync(path, how, MODE);
  }
  // A listener that opens it again has another umask than when it began.
  fchmodSync(made, MODE);
  return made;
}

/** sd-daemon(3): the journal reads the priority off the line, and knows time, name and process by itself. */
export const journalHeading: Heading = ({ level }) => `<${severityOf(level)}>`;

/** Whether standard error is the journal's (systemd.exec(5), JOURNAL_STREAM): "device:inode". */
export function isJournal(stream: string | undefined): boolean {
  if (stream === undefined) return false;
  const { dev, ino } = fstatSync(2);
  return stream === `${dev}:${ino}`;
}

/** @param path the file's, if it is one that can be opened again */
export function descriptorSender(opened: number, heading: Heading, path?: string): Sender {
  let fd = opened;
  /** What is left of a line of which a reader that is behind took only the beginning. */
  let rest: Uint8Array | null = null;
  return {
    pause: PAUSE,
    reopen() {
      if (path === undefined) return;
      const next = openFile(path);
      closeSync(fd);
      fd = next;
    },
    close() {
      if (path !== undefined) closeSync(fd);
    },
    send(message): Delivery {
      const octets = rest ?? utf8.encode(`${heading(message)}${message.line}\n`);
      rest = null;
      // A pipe that nobody empties would stop us, and with us all whom we serve.
      if (!isWritable(fd)) {
        rest = octets;
        return "later";
      }
      try {
        const written = writeSync(fd, octets);
        if (written === octets.length) return "taken";
        rest = octets.subarray(written);
        return "later";
      } catch (error) {
        if ((error as { code?: unknown }).code !== "EAGAIN") return "lost"; // full disk, closed pipe: the mail goes on
        rest = octets;
        return "later";
      }
    },
  };
}
