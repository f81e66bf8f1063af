// Knows swaks: waits for every reply, or with --pipeline for none it need not; can also start the server
// itself and talk to it through pipes.

import { type Mail, stuffed } from "./mail.ts";
import type { MailClient } from "./mailclient.ts";
import { program } from "./missing.ts";
import { type Outcome, run } from "./process.ts";
import type { Scratch } from "./scratch.ts";
import { shellCommand } from "./shell.ts";

function send(scratch: Scratch, mail: Mail, ...options: string[]): Promise<Outcome> {
  // Without its own "fixup", which adds a blank line and fills in %TOKENS%: then the text has to be complete.
  // It still ends what it is given with a CRLF.
  const data = scratch.file("swaks.data", stuffed(mail.octets).subarray(0, -2));
  const to = ["--from", mail.sender, "--to", mail.recipients.join(",")];
  const text = ["--data", `@${data}`, "--no-data-fixup"];
  return run(scratch, ["swaks", "--ehlo", "client.test", "--timeout", "15", ...to, ...text, ...options]);
}

function over(name: string, ...options: string[]): MailClient {
  return {
    name,
    needs: [program("swaks")],
    send: (scratch, port, mail) => send(scratch, mail, "--server", `127.0.0.1:${port}`, ...options),
  };
}

export const swaks = over("swaks");
export const swaksPipelining = over("swaks --pipeline", "--pipeline");

export function swaksThroughPipes(scratch: Scratch, argv: readonly string[], mail: Mail): Promise<Outcome> {
  return send(scratch, mail, "--pipe", shellCommand(argv));
}
