// Where log lines go: standard error, a file, or nowhere. A log that cannot be written never breaks a
// session. Knows descriptors and files; not what a line says.

import { openSync, writeSync } from "node:fs";

export type Target = "auto" | "stderr" | "none" | `file:${string}`;

export type WriteLine = (line: string) => void;

/**
 * Opens a target; a file is opened with the rights we still have, so before privileges are dropped.
 * @param stderrIsOurs descriptor 2 is not the client's
 * @throws when the file cannot be opened
 */
export function openTarget(target: Target, stderrIsOurs: boolean): WriteLine | null {
  if (target === "none") return null;
  if (target.startsWith("file:")) return writerTo(openSync(target.slice(5), "a", 0o640), true);
  return stderrIsOurs ? writerTo(2, false) : null;
}

function writerTo(fd: number, stamped: boolean): WriteLine {
  return (line) => {
    try {
      // A file has nobody who adds the time; standard error is read by a supervisor that does.
      writeSync(fd, stamped ? `${new Date().toISOString()} ${line}\n` : `${line}\n`);
    } catch {
      // Full disk, closed pipe: the mail goes on.
    }
  };
}
