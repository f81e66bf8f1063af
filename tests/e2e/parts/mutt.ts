// Knows mutt with a mailbox behind POP3 opened as a folder: CAPA again after the login, TOP n 0 for each
// message, RETR for what is copied, and RSET or DELE at the end. Keys are pushed, the terminal is Python's.

import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { program } from "./missing.ts";
import type { PopClient } from "./popclient.ts";
import { run } from "./process.ts";

const terminal = `
import os, pty, sys
pid, screen = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
shown = b""
while True:
    try:
        octets = os.read(screen, 65536)
    except OSError:
        break
    if not octets:
        break
    shown = (shown + octets)[-4000:]
sys.stderr.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

function mutt(name: string, take: "copy-message" | "save-message"): PopClient {
  return {
    name,
    needs: [program("mutt"), program("python3")],
    fetch: async (scratch, port, count) => {
      const maildir = join(scratch.directory("mutt"), "kept");
      const keys = `<tag-pattern>~A<enter><tag-prefix><${take}><kill-line>${maildir}<enter><quit>`;
      const settings = [
        ...["pop_user=kituser", "pop_pass=kitpass", "pop_reconnect=no", "pop_delete=no"],
        ...["mbox_type=Maildir", "confirmcreate=no", "confirmappend=no", "wait_key=no", "quit=yes"],
        ...["delete=yes", "mark_old=no", "sleep_time=0", `folder=${scratch.path}`, "record=''"],
        ...["ssl_starttls=no", "ssl_force_tls=no", "net_inc=0", "read_inc=0", "connect_timeout=10"],
      ];
      const rc = scratch.file("muttrc", `${settings.map((s) => `set ${s}\n`).join("")}push "${keys}"\n`);
      const argv = [
        "python3",
        "-I",
        "-c",
        terminal,
        "mutt",
        "-n",
        "-F",
        rc,
        "-f",
        `pop://127.0.0.1:${port}/`,
      ];
      const { code, stderr } = await run(scratch, argv, { env: { TERM: "vt100" } });
      const got = ["cur", "new"].flatMap((folder) => filesIn(join(maildir, folder)));
      rmSync(maildir, { recursive: true, force: true });
      if (code !== 0 || got.length !== count)
        throw new Error(`mutt exits ${code} with ${got.length} of ${count}: ${JSON.stringify(stderr)}`);
      return got.sort();
    },
  };
}

function filesIn(directory: string): string[] {
  try {
    return readdirSync(directory).map((name) => readFileSync(join(directory, name), "latin1"));
  } catch {
    return [];
  }
}

export const muttKeep = mutt("mutt, copying,", "copy-message");
export const muttDelete = mutt("mutt, saving,", "save-message");
