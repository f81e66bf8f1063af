// Knows fetchmail: LIST n and RETR n one by one, and mail handed to a program.

import { chmodSync, existsSync, readFileSync, rmSync } from "node:fs";
import { program } from "./missing.ts";
import type { PopClient } from "./popclient.ts";
import { run } from "./process.ts";

function fetchmail(name: string, keep: "keep" | "nokeep"): PopClient {
  return {
    name,
    needs: [program("fetchmail")],
    fetch: async (scratch, port, count) => {
      const file = `${scratch.path}/fetched`;
      const login = `poll 127.0.0.1 service ${port} protocol pop3 user kituser password kitpass sslproto ""`;
      // Without its own Received: header, which has the time in it.
      const mda = scratch.file("mda", `cat >>${file}\nprintf '\\000' >>${file}\n`);
      const conf = `set invisible\n${login} ${keep} fetchall mda "/bin/sh ${mda}"\n`;
      const rc = scratch.file("fetchmailrc", conf);
      chmodSync(rc, 0o600);
      const paths = ["--pidfile", `${scratch.path}/fetchmail.pid`, "--idfile", `${scratch.path}/fetchids`];
      const argv = ["fetchmail", "-f", rc, ...paths, "--nosyslog", "--silent", "--timeout", "15"];
      const { code, stderr } = await run(scratch, argv, { env: { FETCHMAILHOME: scratch.path } });
      if (code !== 0) throw new Error(`fetchmail exits ${code}: ${stderr}`);
      const got = existsSync(file) ? readFileSync(file, "latin1").split("\0").slice(0, -1) : [];
      rmSync(file, { force: true });
      if (got.length !== count) throw new Error(`fetchmail fetched ${got.length} of ${count}: ${stderr}`);
      return got;
    },
  };
}

export const fetchmailKeep = fetchmail("fetchmail, keeping,", "keep");
export const fetchmailDelete = fetchmail("fetchmail, deleting,", "nokeep");
