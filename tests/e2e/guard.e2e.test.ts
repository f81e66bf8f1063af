// A server that takes the end of its input for the end of a message, as a careless one does: it is ended before
// that, whoever it runs as, whether the message was refused or we are killed ourselves.

import { describe, expect } from "bun:test";
import { once } from "node:events";
import { chmodSync, chownSync, readdirSync, readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import type { Conversation } from "./parts/conversation.ts";
import { until } from "./parts/deadline.ts";
import { confined } from "./parts/deploy.ts";
import { built, type Need, part, program, root, user } from "./parts/missing.ts";
import { onClient, onClientThat } from "./parts/onsocket.ts";
import { Scratch } from "./parts/scratch.ts";
import { intoData, SPEECHES, type Speaker, type Speech } from "./parts/speech.ts";
import { connected, forKit, protowrap } from "./parts/wrapper.ts";

interface Start {
  readonly name: string;
  readonly needs: readonly Need[];
  /** Who owns the place where mail is stored. */
  readonly uid: number;
  readonly argv: (server: string, scratch: Scratch) => readonly string[];
}

const wrap = (server: string, ...identity: string[]) => [
  ...[protowrap, "smtp", ...identity, "--log", "none", "--relay-domain", "kit.test", "--", server],
];
const daemon = 1;

const starts: readonly Start[] = [
  {
    name: "of root",
    needs: [root],
    uid: 0,
    argv: (server) => wrap(server, "--user", "nobody", "--server-user", "root"),
  },
  {
    name: "of another user",
    needs: [root, user("daemon")],
    uid: daemon,
    argv: (server) => wrap(server, "--user", "nobody", "--server-user", "daemon"),
  },
  {
    name: "of the wrapper's user",
    needs: [root],
    uid: 65534,
    argv: (server) => wrap(server, "--user", "nobody"),
  },
  {
    name: "of a wrapper that is nobody from the start",
    needs: [root, program("setpriv")],
    uid: 65534,
    argv: (server) => ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", ...wrap(server)],
  },
  {
    name: "of root, with the shipped unit's capabilities",
    needs: [root, program("setpriv")],
    uid: 0,
    argv: (server) =>
      confined([protowrap, "smtp", "--log", "none", "--recipient", "u@kit.test", "--", server], "smtp"),
  },
  {
    name: "that root starts and that becomes another user",
    needs: [root, program("setpriv")],
    uid: daemon,
    argv: (server, scratch) => wrap(becoming(scratch, server), "--user", "nobody", "--server-user", "root"),
  },
  {
    name: "that root starts and that becomes another user, with the shipped unit's capabilities",
    needs: [root, program("setpriv")],
    uid: daemon,
    argv: (server, scratch) =>
      confined(
        [protowrap, "smtp", "--log", "none", "--recipient", "u@kit.test", "--", becoming(scratch, server)],
        "smtp",
      ),
  },
  {
    name: "of another user, with the shipped unit's capabilities",
    needs: [root, program("setpriv"), user("daemon")],
    uid: daemon,
    argv: (server) =>
      confined([protowrap, "smtp", "--log", "none", "--recipient", "u@kit.test", "--", server], "smtp").map(
        (word, index, words) => (words[index - 1] === "--server-user" ? "daemon" : word),
      ),
  },
];

/** A server that root starts and that is somebody else for good before it greets, as exim is. */
function becoming(scratch: Scratch, server: string): string {
  const path = scratch.file(
    "becoming",
    `#!/bin/sh\nexec setpriv --reuid ${daemon} --clear-groups ${server}\n`,
  );
  chmodSync(path, 0o755);
  return path;
}

/**
 * Stores what it has when its input ends, and what it is told to; each server of a session by its number.
 * @param more what it does first
 */
function careless(scratch: Scratch, uid: number, more = ""): string {
  const place = scratch.directory("mail");
  chownSync(place, uid, uid);
  const path = scratch.file(
    "server",
    `#!/bin/sh
    ${more}
    printf '220 x\\r\\n'
    while read -r line; do
      case $line in
        DATA*)
          printf '354 x\\r\\n'
          while read -r line && [ "\${line%?}" != . ]; do echo "$line"; done >${place}/got.$$
          mv ${place}/got.$$ ${place}/stored.$$
          printf '250 stored\\r\\n' ;;
        QUIT*) printf '221 x\\r\\n'; exit ;;
        *) printf '250 x\\r\\n' ;;
      esac
    done`,
  );
  chmodSync(path, 0o755);
  return path;
}

function stored(scratch: Scratch): string[] {
  return readdirSync(`${scratch.path}/mail`).filter((name) => name.startsWith("stored"));
}

/** The guards of the scratch's servers: their command line ends with the number of whom they guard. */
function guardsOf(scratch: Scratch): string[] {
  const servers = new Set(scratch.processes().keys());
  return readdirSync("/proc").filter((pid) => {
    const guarded = /\0protowrap-guard\0(\d+)\0$/.exec(commandLine(pid))?.[1];
    return guarded !== undefined && servers.has(Number(guarded));
  });
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return "";
  }
}

/** A message is begun: somebody guards the server from now on. @returns what sees that nobody stays */
async function guarded(scratch: Scratch, talk: Speaker): Promise<() => Promise<void>> {
  await intoData(talk);
  const guards = await until("the guard", () => {
    const found = guardsOf(scratch);
    return found.length > 0 ? found : undefined;
  });
  expect(guards.length).toBe(1);
  return async () => {
    await scratch.quiet();
    await until("the end of the guard", () =>
      guards.every((pid) => !commandLine(pid).includes("protowrap-guard")) ? true : undefined,
    );
  };
}

async function half(scratch: Scratch, talk: Conversation): Promise<void> {
  await talk.send("Subject: half\r\n\r\nof it\r\n");
  await until("half of it at the server", () =>
    readdirSync(`${scratch.path}/mail`).some((name) => name.startsWith("got")) ? true : undefined,
  );
}

/** How we are told to end, and what the client speaks. */
const ends = [["SIGTERM", SPEECHES[0]!], ...SPEECHES.map((speech) => ["SIGKILL", speech] as const)] as const;

/** A command line with what it needs in order to speak so. */
function speaking(speech: Speech, argv: readonly string[], scratch: Scratch): string[] {
  const options = speech.options(`${scratch.path}/tls`);
  // Who is nobody from the start may read it, too.
  for (const file of options.filter((word) => word.startsWith("/"))) chmodSync(file, 0o644);
  return argv.toSpliced(argv.lastIndexOf("--"), 0, ...options);
}

for (const { name, needs, uid, argv } of starts)
  describe(`A careless server ${name}`, () => {
    part("stores a message that is whole", [built, ...needs], async () => {
      await using scratch = new Scratch();
      await using wrapper = await onClient(argv(careless(scratch, uid), scratch), "inetd");
      const { talk } = wrapper;
      const quiet = await guarded(scratch, talk);
      expect(await talk.ask("Subject: whole\r\n.")).toStartWith("250 ");
      expect(await talk.ask("QUIT")).toStartWith("221 ");
      await talk.end();
      expect(await wrapper.end()).toBe(0);
      await quiet();
      expect(stored(scratch).length).toBe(1);
    });

    part("stores nothing of a refused message", [built, ...needs], async () => {
      await using scratch = new Scratch();
      await using wrapper = await onClient(argv(careless(scratch, uid), scratch), "inetd");
      const { talk } = wrapper;
      const quiet = await guarded(scratch, talk);
      await half(scratch, talk);
      const started = performance.now();
      expect(await talk.ask("a bare\nline feed\r\n.")).toStartWith("550 5.5.2 ");
      talk.halfClose();
      await talk.end();
      expect(await wrapper.end()).toBe(0);
      expect(performance.now() - started).toBeLessThan(2_000);
      await quiet();
      expect(stored(scratch)).toEqual([]);
    });

    for (const [signal, speech] of ends)
      part(
        `stores nothing when we get ${signal} in a message${speech.name}`,
        [built, ...needs, ...speech.needs],
        async () => {
          await using scratch = new Scratch();
          const command = speaking(speech, argv(careless(scratch, uid), scratch), scratch);
          await using wrapper = await onClientThat(speech.dial, command, "inetd");
          const quiet = await guarded(scratch, wrapper.talk);
          await half(scratch, wrapper.talk);
          process.kill(wrapper.pid, signal);
          expect(await wrapper.end()).toBe(signal === "SIGKILL" ? signal : 0);
          await quiet();
          expect(stored(scratch)).toEqual([]);
        },
      );

    part("is left to itself when we are killed after a message", [built, ...needs], async () => {
      await using scratch = new Scratch();
      const notes = `trap ': >${scratch.path}/mail/signalled' TERM`;
      await using wrapper = await onClient(argv(careless(scratch, uid, notes), scratch), "inetd");
      const quiet = await guarded(scratch, wrapper.talk);
      expect(await wrapper.talk.ask("Subject: whole\r\n.")).toStartWith("250 ");
      process.kill(wrapper.pid, "SIGKILL");
      await wrapper.end();
      await quiet();
      expect(stored(scratch).length).toBe(1);
      expect(readdirSync(`${scratch.path}/mail`)).not.toContain("signalled");
    });

    part("that hears no SIGTERM stores nothing when we are killed", [built, ...needs], async () => {
      await using scratch = new Scratch();
      await using wrapper = await onClient(argv(careless(scratch, uid, "trap '' TERM"), scratch), "inetd");
      const quiet = await guarded(scratch, wrapper.talk);
      await half(scratch, wrapper.talk);
      process.kill(wrapper.pid, "SIGKILL");
      await wrapper.end();
      await quiet();
      expect(stored(scratch)).toEqual([]);
    });
  });

for (const speech of SPEECHES)
  part(
    `A careless server over TCP stores nothing when we are killed in a message${speech.name}`,
    [built, ...speech.needs],
    async () => {
      await using scratch = new Scratch();
      let got = "";
      let told = "";
      const server = createServer({ allowHalfOpen: true }, (socket) => {
        socket.write("220 x\r\n");
        socket.on("data", (chunk) => {
          got += chunk.toString("latin1");
          if (!got.includes("DATA")) socket.write("250 x\r\n");
          else if (got.endsWith("DATA\r\n")) socket.write("354 x\r\n");
        });
        socket.on("end", () => {
          told ||= "the end";
        });
        socket.on("error", (error: NodeJS.ErrnoException) => {
          told ||= error.code ?? "";
        });
      });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      try {
        const { port } = server.address() as AddressInfo;
        const command = connected("smtp", port, ...forKit, ...speech.options(`${scratch.path}/tls`));
        await using wrapper = await onClientThat(speech.dial, command, "inetd");
        await intoData(wrapper.talk);
        await wrapper.talk.send("Subject: half\r\n\r\nof it\r\n");
        await until("half of it at the server", () => (got.endsWith("of it\r\n") ? true : undefined));
        process.kill(wrapper.pid, "SIGKILL");
        expect(await until("what the server is told", () => told || undefined)).toBe("ECONNRESET");
      } finally {
        server.close();
      }
    },
  );
