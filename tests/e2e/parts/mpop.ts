// Knows mpop: pipelines RETR, and DELE when it is not told to keep the mail.

import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { program } from "./missing.ts";
import type { PopClient } from "./popclient.ts";
import { run } from "./process.ts";

function mpop(name: string, keep: "on" | "off"): PopClient {
  return {
    name,
    needs: [program("mpop")],
    fetch: async (scratch, port) => {
      const maildir = scratch.directory("mpop");
      for (const folder of ["new", "cur", "tmp"]) scratch.directory(`mpop/${folder}`);
      const server = ["--host=127.0.0.1", `--port=${port}`, "--tls=off", "--timeout=15"];
      const login = ["--user=kituser", "--passwordeval=echo kitpass", "--auth=user"];
      // Without its own Received: header, which has the time in it.
      const delivery = [`--delivery=maildir,${maildir}`, "--received-header=off", `--keep=${keep}`];
      const argv = [
        "mpop",
        "--quiet",
        ...server,
        ...login,
        ...delivery,
        `--uidls-file=${scratch.path}/uidls`,
      ];
      const { code, stderr } = await run(scratch, argv);
      if (code !== 0) throw new Error(`mpop exits ${code}: ${stderr}`);
      const files = readdirSync(join(maildir, "new")).map((file) => join(maildir, "new", file));
      const got = files.map((file) => readFileSync(file, "latin1")).sort();
      rmSync(maildir, { recursive: true });
      rmSync(`${scratch.path}/uidls`, { force: true });
      return got;
    },
  };
}

export const mpopKeep = mpop("mpop, keeping,", "on");
export const mpopDelete = mpop("mpop, deleting,", "off");
