// Guesses, counted in a file: by processes that have one session each, and by a listener; and what becomes of them when
// the disk is full.

import { describe, expect } from "bun:test";
import { rmSync, statSync } from "node:fs";
import type { Conversation } from "./parts/conversation.ts";
import { until } from "./parts/deadline.ts";
import { popServer } from "./parts/loginserver.ts";
import { built, mounts, option, part, program, root, waiting } from "./parts/missing.ts";
import { Scratch } from "./parts/scratch.ts";
import { Stage } from "./parts/stage.ts";
import { tcpserver } from "./parts/tcpserver.ts";
import { greetedFrom, type Said, tried, triedFrom } from "./parts/trying.ts";
import { connected, nobody } from "./parts/wrapper.ts";

const needs = [built, option("pop3", "throttle")];
const LOGINS = ["--login-delay", "0", "--max-login-attempts", "0", "--max-connections-per-ip", "0"] as const;

const count = (said: readonly Said[], word: string) => said.filter((one) => one === word).length;

/** A file in a directory where whoever we become may make one. */
function placeIn(scratch: Scratch): string {
  const directory = scratch.directory("guesses");
  Bun.spawnSync(["chmod", "777", directory]);
  return `${directory}/file`;
}

describe("Processes of a super-server", () => {
  part("count together: of fifty at once six have an answer", [...needs, program("tcpserver")], async () => {
    await using scratch = new Scratch();
    await using server = await popServer();
    const file = placeIn(scratch);
    const argv = connected(
      "pop3",
      server.port,
      "--log",
      `file:${scratch.path}/log`,
      ...LOGINS,
      "--throttle",
      `file:${file}`,
    );
    Bun.spawnSync(["chmod", "777", scratch.path]);
    await using front = await tcpserver(scratch, argv, 60);
    const trying = { protocol: "pop3", port: front.port } as const;
    await using talks = new AsyncDisposableStack();
    const greeted: Conversation[] = [];
    // As many at a time as wait in tcpserver's queue: who finds it full comes again after seconds.
    for (let at = 0; at < 50; at += 10)
      for (const talk of await Promise.all(Array.from({ length: 10 }, () => greetedFrom(trying))))
        greeted.push(talks.use(talk));
    const said = await Promise.all(
      greeted.map((talk, at) => tried(talk, "pop3", `u${at % 7}`, `wrong-${at}`)),
    );
    await talks.disposeAsync();
    expect([count(said, "wrong"), count(said, "later")]).toEqual([6, 44]);
    expect(server.told).toHaveLength(6);
    const { mode, uid } = statSync(file);
    expect([mode & 0o777, uid]).toEqual([0o600, root.there ? nobody : process.getuid!()]);
    await until("its last line", () =>
      Bun.spawnSync(["grep", "-c", "event=end", `${scratch.path}/log`]).stdout.toString() === "50\n"
        ? true
        : undefined,
    );
    const log = await Bun.file(`${scratch.path}/log`).text();
    expect(log.match(/event=throttled key=127\.0\.0\.1 count=1 /g)).toHaveLength(44);
    expect(log).not.toContain("event=throttle-store");
  });

  waiting(
    "greet while the file cannot be had, and count by themselves",
    [...needs, program("tcpserver")],
    async () => {
      await using scratch = new Scratch();
      await using server = await popServer();
      const argv = connected(
        "pop3",
        server.port,
        "--log",
        `file:${scratch.path}/log`,
        ...LOGINS,
        "--throttle",
        "file:/proc/nowhere/file",
      );
      Bun.spawnSync(["chmod", "777", scratch.path]);
      await using front = await tcpserver(scratch, argv);
      await using talk = await greetedFrom({ protocol: "pop3", port: front.port });
      const said: Said[] = [];
      for (let at = 0; at < 8; at++) said.push(await tried(talk, "pop3", `u${at}`, `wrong-${at}`));
      expect([count(said, "wrong"), count(said, "later")]).toEqual([6, 2]);
      const log = await Bun.file(`${scratch.path}/log`).text();
      expect(log.match(/event=throttle-store state=lost error=/g)).toHaveLength(1);
    },
  );
});

describe("A listener", () => {
  part(
    "counts in a file by a process that is nobody in particular, and goes on where it was",
    needs,
    async () => {
      await using scratch = new Scratch();
      const throttle = `file:${placeIn(scratch)}`;
      for (const [said, name] of [
        [new Array(4).fill("wrong"), "u"],
        [["wrong", "wrong", "later", "later"], "v"],
      ] as const) {
        await using stage = await Stage.open({ throttle });
        const all: Said[] = [];
        for (let at = 0; at < 4; at++)
          all.push(await triedFrom(stage.from("192.0.2.1"), `${name}${at}`, `wrong-${at}`));
        expect(all).toEqual([...said]);
      }
    },
  );

  waiting(
    "counts by itself while the disk is full, and in the file when there is room",
    [...needs, root, mounts],
    async () => {
      await using scratch = new Scratch();
      const directory = scratch.directory("small");
      const filled = `mount -t tmpfs -o size=128k,mode=777 none ${directory}; dd if=/dev/zero of=${directory}/filler bs=4k 2>/dev/null; exec "$@"`;
      const by = ["unshare", "--mount", "/bin/sh", "-c", filled, "sh"];
      await using stage = await Stage.open({ throttle: `file:${directory}/file` }, { by });
      const all: Said[] = [];
      for (let at = 0; at < 7; at++)
        all.push(await triedFrom(stage.from("192.0.2.1"), `u${at}`, `wrong-${at}`));
      expect([count(all, "wrong"), count(all, "later")]).toEqual([6, 1]);
      const states = () =>
        stage.serving.log
          .match(/event=throttle-store state=\w+/g)
          ?.map((text) => text.replace(/.*=/, ""))
          .join();
      await until("that it is lost", () => states() === "lost" || undefined);
      rmSync(`/proc/${stage.serving.pid}/root${directory}/filler`);
      await until("that it is back", () => states() === "lost,back" || undefined, 12_000);
      expect(await triedFrom(stage.from("192.0.2.1"), "v", "wrong")).toBe("wrong");
    },
  );
});
