// Knows mailfront with its queuedir backend: it stores sender, recipients and text in one file, adds no
// header, and writes CRLF as LF.

import { chownSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Mail } from "./mail.ts";
import type { MailServer, MailServerKind } from "./mailserver.ts";
import { program, root } from "./missing.ts";
import type { Scratch } from "./scratch.ts";
import { nobody } from "./wrapper.ts";

function start(scratch: Scratch): MailServer {
  const queue = scratch.directory("queue");
  const directories = [queue, scratch.directory("queue/new"), scratch.directory("queue/tmp")];
  if (root.there) for (const directory of directories) chownSync(directory, nobody, nobody);
  // Through env, because the wrapper hands no variables of its caller on.
  const variables = [`QUEUEDIR=${queue}`, "SMTPGREETING=mailfront.test"];
  const argv = ["/usr/bin/env", ...variables, "/usr/sbin/mailfront", "smtp", "queuedir", "accept"];
  return {
    alone: { argv, user: "nobody" },
    behind: { argv, user: "nobody" },
    stored: () => {
      const files = readdirSync(join(queue, "new")).sort();
      return files.map((name) => parse(readFileSync(join(queue, "new", name))));
    },
  };
}

/** sender NUL (recipient NUL)* NUL text. */
function parse(file: Buffer): Mail {
  const end = file.indexOf("\0\0");
  const [sender = "", ...recipients] = file.subarray(0, end).toString("latin1").split("\0");
  return { sender, recipients, octets: file.subarray(end + 2) };
}

export const mailfront: MailServerKind = { name: "mailfront", needs: [program("mailfront")], start };
