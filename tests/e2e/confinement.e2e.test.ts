// What the wrapper has given up by the time a client is heard, and what its server has not: limits, core
// dumps, privileges that a program could gain. Looked up in /proc, thread by thread.

import { describe, expect } from "bun:test";
import { chmodSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { smtpReply } from "./parts/conversation.ts";
import { until } from "./parts/deadline.ts";
import { built, mounts, part, root } from "./parts/missing.ts";
import { onClient } from "./parts/onsocket.ts";
import { ending, run } from "./parts/process.ts";
import { Scratch } from "./parts/scratch.ts";
import { protowrap } from "./parts/wrapper.ts";

const user = root.there ? ["--user", "nobody"] : [];
const uid = root.there ? 65534 : process.getuid!();

/** Greets and takes whatever comes; the first line of it that is DATA, too. */
const SCRIPT = `printf '220 x\\r\\n'
while read -r line; do
  case $line in DATA*) printf '354 x\\r\\n' ;; QUIT*) printf '221 x\\r\\n'; exit ;; *) printf '250 x\\r\\n' ;; esac
done`;

function command(...server: string[]): string[] {
  return [protowrap, "smtp", ...user, "--log", "none", "--relay-domain", "kit.test", "--", ...server];
}

describe("Once a client is heard", () => {
  part("every thread of the wrapper is confined, and its server is not", [built], async () => {
    await using scratch = new Scratch();
    await using wrapper = await onClient(command("/bin/sh", "-c", `${SCRIPT} # ${scratch.path}`), "inetd");
    await wrapper.talk.read(smtpReply);

    const threads = readdirSync(`/proc/${wrapper.pid}/task`);
    for (const thread of threads) {
      const status = readFileSync(`/proc/${wrapper.pid}/task/${thread}/status`, "utf8");
      expect(field(status, "NoNewPrivs")).toBe("1");
      expect(field(status, "Uid")).toBe(`${uid}\t${uid}\t${uid}\t${uid}`);
    }
    expect(limits(wrapper.pid)).toMatchObject({ core: "0 0", files: "256 256" });
    expect(Number(limits(wrapper.pid).processes!.split(" ")[1])).toBeLessThanOrEqual(16384);
    // Not dumpable: not even its own user may look inside.
    const looks = ["/bin/sh", "-c", `cat /proc/${wrapper.pid}/environ`];
    const as = root.there ? ["/usr/bin/setpriv", "--reuid", "65534", "--clear-groups"] : [];
    expect(Bun.spawnSync([...as, ...looks]).success).toBe(false);

    const [server] = [...scratch.processes().keys()].filter((pid) => pid !== wrapper.pid);
    const status = readFileSync(`/proc/${server}/status`, "utf8");
    expect(field(status, "NoNewPrivs")).toBe("0");
    expect(field(status, "Seccomp")).toBe("0");
    expect(field(status, "Umask")).toBe("0077");
    for (const set of ["SigIgn", "SigBlk"]) expect(field(status, set)).toBe("0".repeat(16));
    expect(field(status, "NSpgid")).toBe(String(server));
    const own = limits(process.pid);
    expect(limits(server!)).toMatchObject({ core: own.core!, processes: own.processes! });
    // What the runtime raises for itself, the server has as it was; see select(2) and daemons that close all.
    expect(limits(server!).files).toBe(`1024 ${own.files!.split(" ")[1]}`);
    expect(readdirSync(`/proc/${server}/fd`).sort()).toEqual(["0", "1", "2"]);
    for (const fd of [0, 1, 2]) expect(readlinkSync(`/proc/${server}/fd/${fd}`)).toStartWith("pipe:");
  });
});

part("It keeps no directory of whoever started it, and its server no descriptor", [built, root], async () => {
  await using scratch = new Scratch();
  scratch.file("relative.toml", 'log = "none"\n');
  scratch.file(
    "relative.mjs",
    `const reply = () => ({ client: "told\\r\\n", next: "close" });
    export default {
      name: "relative",
      dialogue: "stream",
      unavailable: () => "",
      converse: () => ({
        lineLimit: () => 100, clientLine: reply, serverLost: reply, expired: reply, tooManyErrors: reply,
      }),
    };`,
  );
  const server = `{ readlink /proc/$PPID/cwd; pwd; ls /proc/self/fd; } >${scratch.path}/seen`;
  const options = "--config relative.toml --user nobody --server-user root";
  const wrap = `${protowrap} ./relative.mjs ${options} -- /bin/sh -c '${server}'`;
  const open = `exec ${wrap} 3<relative.toml 4>>relative.out 99>relative.out`;
  const outcome = await run(scratch, ["/bin/sh", "-c", open]);
  expect(ending(outcome)).toBe("exit 0");
  expect(readFileSync(`${scratch.path}/seen`, "utf8")).toBe("/\n/\n0\n1\n2\n3\n"); // 3 is its own
});

part("A server has its user's supplementary groups and no capability", [built, root, mounts], async () => {
  await using scratch = new Scratch();
  const groups = scratch.file("group", "root:x:0:\nnogroup:x:65534:\none:x:4:nobody\ntwo:x:8:root,nobody\n");
  const asks = "id -G; grep -E '^Cap(Prm|Eff|Amb)' /proc/self/status";
  const wrap = `${protowrap} line --user daemon --server-user nobody --log none -- /bin/sh -c "${asks}"`;
  // Capabilities that root itself was told to pass on: they are not for a server that is somebody else.
  const ambient = "setpriv --inh-caps=+kill --ambient-caps=+kill";
  const script = `mount --bind ${groups} /etc/group && exec ${ambient} ${wrap}`;
  const outcome = await run(scratch, ["unshare", "-m", "/bin/sh", "-c", script]);
  const none = "0".repeat(16);
  expect(outcome.stdout.toString().replaceAll("\r", "") + ending(outcome)).toBe(
    `65534 4 8\nCapPrm:\t${none}\nCapEff:\t${none}\nCapAmb:\t${none}\nexit 0`,
  );
});

describe("After a refused message", () => {
  const kinds = { "goes on with a fresh server": 0o755, "ends, if that would need privileges": 0o6755 };
  for (const [what, mode] of Object.entries(kinds)) {
    part(`the session ${what}`, [built], async () => {
      await using scratch = new Scratch();
      const server = scratch.file("server", `#!/bin/sh\n${SCRIPT}\n`);
      chmodSync(server, mode);
      await using wrapper = await onClient(command(server), "inetd");
      const { talk } = wrapper;
      await talk.read(smtpReply);
      for (const line of ["EHLO c.test", "MAIL FROM:<a@c.test>", "RCPT TO:<u@kit.test>"])
        expect(await talk.ask(line)).toStartWith("250");
      expect(await talk.ask("DATA")).toStartWith("354 ");
      expect(await talk.ask("a bare\nline feed\r\n.")).toStartWith("550 5.5.2 ");
      expect(await talk.ask("RSET")).toStartWith(mode === 0o755 ? "250 " : "421 4.3.0 ");
      if (mode === 0o755) {
        const pid = await until("the fresh server", () => [...scratch.processes().keys()].at(-1));
        expect(field(readFileSync(`/proc/${pid}/status`, "utf8"), "NoNewPrivs")).toBe("1");
        expect(await talk.ask("QUIT")).toStartWith("221 ");
      }
      await talk.end();
      expect(await wrapper.end()).toBe(0);
    });
  }
});

function field(status: string, name: string): string | undefined {
  return new RegExp(`^${name}:\\s*(.*)$`, "m").exec(status)?.[1];
}

/** Soft and hard. */
function limits(pid: number): Record<string, string> {
  const lines = readFileSync(`/proc/${pid}/limits`, "utf8").split("\n");
  const named = { core: "Max core file size", files: "Max open files", processes: "Max processes" };
  return Object.fromEntries(
    Object.entries(named).map(([name, text]) => {
      const [soft, hard] = lines
        .find((line) => line.startsWith(text))!
        .slice(text.length)
        .trim()
        .split(/ +/);
      return [name, `${soft} ${hard}`];
    }),
  );
}
