// What the program is started with: a client on descriptor 0, a client that systemd passes as descriptor 3,
// or a socket on which clients are accepted. Descriptors decide, not options.

import { describe, expect } from "bun:test";
import { readFileSync } from "node:fs";
import { dial, smtpReply } from "./parts/conversation.ts";
import { until } from "./parts/deadline.ts";
import { inetd, inetdNeeds } from "./parts/inetd.ts";
import { built, type Need, part, program, root } from "./parts/missing.ts";
import { onClient, onListener } from "./parts/onsocket.ts";
import { pipe } from "./parts/pipe.ts";
import { freePort } from "./parts/port.ts";
import { Service } from "./parts/process.ts";
import { Scratch } from "./parts/scratch.ts";
import { recorded } from "./parts/status.ts";
import type { SuperServer } from "./parts/superserver.ts";
import { protowrap } from "./parts/wrapper.ts";
import { xinetdNeeds, xinetdOn } from "./parts/xinetd.ts";

/** Says in the log what it was given: the client, no word of descriptors, and none but 0 to 2 (and `ls`'s own). */
const SCRIPT = `echo "$TCPREMOTEIP,$LISTEN_FDS,$(ls /proc/self/fd | tr '\\n' ' ')" >&2
printf '220 x\\r\\n'; read quit; printf '221 x\\r\\n'`;
const SERVER = ["/bin/sh", "-c", SCRIPT];

function command(scratch: Scratch, ...more: string[]): string[] {
  const log = scratch.file("log", "");
  const user = root.there ? ["--user", "nobody"] : [];
  const options = [...user, "--log", `file:${log}`, "--relay-domain", "kit.test", ...more];
  return [protowrap, "smtp", ...options, "--", ...SERVER];
}

function logged(scratch: Scratch): string {
  return readFileSync(`${scratch.path}/log`, "utf8");
}

describe("A client", () => {
  for (const place of ["inetd", "systemd"] as const) {
    part(`is found where ${place} puts it`, [built], async () => {
      await using scratch = new Scratch();
      await using wrapper = await onClient(command(scratch), place);
      expect(await wrapper.talk.read(smtpReply)).toStartWith("220 ");
      expect(await wrapper.talk.ask("QUIT")).toStartWith("221 ");
      expect(await wrapper.talk.end()).toBe("");
      expect(await wrapper.end()).toBe(0);
      expect(logged(scratch)).toMatch(/client=127\.0\.0\.1:\d+ .*event=connect/);
      expect(logged(scratch)).toContain('said="127.0.0.1,,0 1 2 3 "');
      expect(logged(scratch)).toMatch(/event=end .*server-exit=0/);
    });
  }

  part("as descriptor 3 that is passed to somebody else is not ours", [built], async () => {
    await using scratch = new Scratch();
    await using wrapper = await onClient(command(scratch), "foreign");
    // Standard input is /dev/null: a client that has ended already, and has no address.
    expect(await wrapper.end()).toBe(0);
    expect(wrapper.talk.received).toBe("");
    expect(logged(scratch)).toContain("client=unknown");
  });

  part("of a pipe has no address", [built], async () => {
    await using scratch = new Scratch();
    await using client = pipe(scratch, command(scratch));
    expect(await client.talk.read(smtpReply)).toStartWith("220 ");
    expect(await client.talk.ask("QUIT")).toStartWith("221 ");
    expect(await client.exitCode()).toBe(0);
    expect(logged(scratch)).toContain("client=unknown");
  });
});

describe("A socket to accept on is listened to", () => {
  for (const place of ["inetd", "systemd"] as const) {
    part(`as ${place} passes it, for one client after the other`, [built], async () => {
      await using scratch = new Scratch();
      await using wrapper = onListener(command(scratch, "--idle-exit", "1"), place);
      for (let round = 0; round < 3; round++) {
        await using talk = await dial(wrapper.port);
        expect(await talk.read(smtpReply)).toStartWith("220 ");
        expect(await talk.ask("QUIT")).toStartWith("221 ");
        expect(await talk.end()).toBe("");
      }
      expect(logged(scratch)).toContain('said="127.0.0.1,,0 1 2 3 "');
      // Nobody comes any more: whoever started us has the socket, and starts us again.
      expect(await wrapper.end(4_000)).toBe(0);
    });
  }

  const waiting = [
    ["openbsd-inetd's wait", inetdNeeds, (scratch, argv) => inetd(scratch, argv, "wait")],
    ["xinetd's wait = yes", xinetdNeeds, (scratch, argv) => xinetdOn(scratch, argv, "yes")],
  ] as const satisfies readonly (readonly [string, readonly Need[], SuperServer["start"]])[];
  for (const [name, needs, start] of waiting) {
    part(`by ${name}, again and again`, [built, ...needs], async () => {
      await using scratch = new Scratch();
      const session = recorded(scratch, command(scratch, "--idle-exit", "1"));
      await using listener = await start(scratch, session.argv);
      for (let round = 1; round <= 2; round++) {
        // Two: the one that came first is ours to accept as well.
        await using talk = await dial(listener.port);
        await using other = await dial(listener.port);
        for (const one of [talk, other]) {
          expect(await one.read(smtpReply)).toStartWith("220 ");
          expect(await one.ask("QUIT")).toStartWith("221 ");
          expect(await one.end()).toBe("");
        }
        // The socket goes back to whoever listened on it, and with the next client comes again.
        await until("its leaving", () => (session.codes().length === round ? true : undefined));
      }
      expect(session.codes()).toEqual([0, 0]);
      expect(logged(scratch).match(/event=shutdown reason=idle/g)).toHaveLength(2);
      expect(logged(scratch).match(/client=127\.0\.0\.1:\d+ .*event=connect/g)).toHaveLength(4);
    });
  }

  part("by systemd's Accept=no", [built, program("systemd-socket-activate")], async () => {
    await using scratch = new Scratch();
    const port = await freePort();
    const argv = ["systemd-socket-activate", "-l", `127.0.0.1:${port}`, ...command(scratch)];
    await using activator = new Service(scratch, argv);
    await activator.listens(port);
    for (let round = 0; round < 2; round++) {
      await using talk = await dial(port);
      expect(await talk.read(smtpReply)).toStartWith("220 ");
      expect(await talk.ask("QUIT")).toStartWith("221 ");
      expect(await talk.end()).toBe("");
    }
  });
});

part(
  "A client systemd passes with Accept=yes is served",
  [built, program("systemd-socket-activate")],
  async () => {
    await using scratch = new Scratch();
    const port = await freePort();
    const argv = ["systemd-socket-activate", "--accept", "-l", `127.0.0.1:${port}`, ...command(scratch)];
    await using activator = new Service(scratch, argv);
    await activator.listens(port);
    await using talk = await dial(port);
    expect(await talk.read(smtpReply)).toStartWith("220 ");
    expect(await talk.ask("QUIT")).toStartWith("221 ");
    expect(await talk.end()).toBe("");
  },
);
