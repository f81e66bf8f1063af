// Knows how to put a server of a few lines of shell behind the built program, on a real socket as inetd gives it,
// and where its log is. The script carries the scratch's name, so that it is found if it stays.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./missing.ts";
import { onClient } from "./onsocket.ts";
import type { Scratch } from "./scratch.ts";
import { commandOf, type Wrapping } from "./transport.ts";

let count = 0;

export function behind(
  scratch: Scratch,
  protocol: "smtp" | "pop3" | "finger" | "line",
  script: string,
  ...more: string[]
): Wrapping {
  const drop = root.there ? ["--user", "nobody"] : [];
  const relay = protocol === "smtp" ? ["--relay-domain", "kit.test"] : [];
  return {
    protocol,
    options: [...drop, ...relay, ...more],
    server: ["--", "/bin/sh", "-c", `# ${scratch.path}\n${script}`],
    log: join(scratch.path, `log-${count++}`),
  };
}

/** Starts it for one client. */
export async function onScript(...given: Parameters<typeof behind>) {
  const wrapping = behind(...given);
  const wrapper = await onClient(commandOf(wrapping), "inetd");
  return {
    ...wrapper,
    /** What the log has so far. */
    log: () => (existsSync(wrapping.log) ? readFileSync(wrapping.log, "utf8") : ""),
  };
}

/** The server's answers, in shell: SMTP that takes any mail, and only the users u…; `eod` is done at a mail's end. */
export function smtpScript(eod: string): string {
  return `say() { printf '%s\\r\\n' "$1"; }
say '220 x'
while read -r line; do case $line in
EHLO*) say '250-x'; say '250 AUTH PLAIN LOGIN';;
RCPT*'<u'*) say '250 2.1.5 ok';;
RCPT*) say '550 5.1.1 unknown';;
AUTH*) say '535 5.7.8 no';;
DATA*) say '354 go'; while read -r text; do [ "\${text%?}" = . ] && break; done; ${eod};;
QUIT*) say '221 bye'; exit;;
*) say '250 2.0.0 ok';;
esac; done`;
}

/** POP3 of one user, who never gets in; `pass` is done when the password comes. */
export function pop3Script(pass: string): string {
  return `say() { printf '%s\\r\\n' "$1"; }
say '+OK x'
while read -r line; do case $line in
PASS*) ${pass};;
QUIT*) say '+OK bye'; exit;;
*) say '+OK';;
esac; done`;
}
