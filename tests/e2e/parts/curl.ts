// Knows curl as a mail client: SMTP with the final dot in a write of its own, POP3 without a STAT.

import type { MailClient } from "./mailclient.ts";
import { program } from "./missing.ts";
import type { PopClient } from "./popclient.ts";
import { type Outcome, run } from "./process.ts";
import type { Scratch } from "./scratch.ts";

const quietly = ["curl", "--silent", "--show-error", "--max-time", "15"];

export const curl: MailClient = {
  name: "curl",
  needs: [program("curl")],
  send: (scratch, port, mail) => {
    const file = scratch.file("curl.eml", mail.octets);
    const envelope = ["--mail-from", mail.sender, ...mail.recipients.flatMap((to) => ["--mail-rcpt", to])];
    const url = ["--url", `smtp://127.0.0.1:${port}/client.test`];
    return run(scratch, [...quietly, ...url, ...envelope, "--upload-file", file]);
  },
};

function get(scratch: Scratch, port: number, path: string): Promise<Outcome> {
  return run(scratch, [...quietly, "--user", "kituser:kitpass", `pop3://127.0.0.1:${port}/${path}`]);
}

/** The listing and then every message, each in a session of its own. */
export const curlPop: PopClient = {
  name: "curl",
  needs: [program("curl")],
  fetch: async (scratch, port, count) => {
    const got: string[] = [];
    for (const path of ["", ...Array.from({ length: count }, (_, i) => `${i + 1}`)]) {
      const { code, stdout, stderr } = await get(scratch, port, path);
      if (code !== 0) throw new Error(`curl exits ${code}: ${stderr}`);
      got.push(stdout.toString("latin1"));
    }
    return got;
  },
};
