// Where log lines go, and how each place is opened. A log that cannot be written never breaks a session; one
// that cannot be opened is told while there is somebody to tell. Knows the places; not what a line says.

import { statusAt } from "../os/files.ts";
import { Backlog } from "./backlog.ts";
import { type Facility, placedTagOf } from "./header.ts";
import type { SyslogServer } from "./network.ts";
import type { Message, Sender, Sink } from "./sink.ts";

export type Target =
  | { readonly to: "none" | "stderr" }
  | { readonly to: "file" | "unix"; readonly path: string }
  | ({ readonly to: "syslog" } & SyslogServer);

/** How we are called there, and whether a line of ours tells that itself. */
export interface Name {
  readonly facility: Facility;
  /** `name[pid]` */
  readonly tag: string;
  readonly inLine: boolean;
}

const LOCAL_SOCKET = "/dev/log";
const LOCAL_SERVER: Target = { to: "syslog", host: "127.0.0.1", port: 514, transport: "udp" };

/** @param stderrIsOurs descriptor 2 is not the client's */
export function automatic(stderrIsOurs: boolean, localSocket = LOCAL_SOCKET): Target {
  if (stderrIsOurs) return { to: "stderr" };
  return statusAt(localSocket) !== null ? { to: "unix", path: localSocket } : LOCAL_SERVER;
}

/**
 * With the rights we still have, so before privileges are dropped.
 * @param journal what JOURNAL_STREAM says
 * @param lostLine makes the line that tells how many are missing
 * @throws when a file cannot be opened
 */
export async function openTarget(
  target: Target,
  name: Name,
  journal: string | undefined,
  lostLine: (lines: number) => Message,
): Promise<Sink | null> {
  const sender = await senderFor(target, name, journal);
  return sender === null ? null : new Backlog(sender, lostLine);
}

/** Loads the way to that place, and no other. */
async function senderFor(target: Target, name: Name, journal: string | undefined): Promise<Sender | null> {
  const { facility, tag, inLine } = name;
  switch (target.to) {
    case "none":
      return null;
    case "stderr": {
      const { descriptorSender, isJournal, journalHeading } = await import("./descriptor.ts");
      // Whoever else reads standard error adds the time, but cannot know who speaks.
      return descriptorSender(
        2,
        isJournal(journal) ? journalHeading : (message) => (inLine ? "" : `${placedTagOf(message, tag)}: `),
      );
    }
    case "file": {
      const { descriptorSender, openFile } = await import("./descriptor.ts");
      return descriptorSender(
        openFile(target.path),
        (message) => (inLine ? "" : `${message.at.toISOString()} ${placedTagOf(message, tag)}: `),
        target.path,
      );
    }
    case "unix":
      return (await import("./local.ts")).localSender(target.path, facility, tag);
    case "syslog":
      return (await import("./network.ts")).networkSender(target, facility, tag);
    default:
      return target satisfies never;
  }
}
