// What the program is started with: a client on descriptor 0, a client that systemd passes as descriptor 3,
// or a socket on which clients would have to be accepted. Descriptors decide, not options.

import { describe, expect } from "bun:test";
import { readFileSync } from "node:fs";
import { dial, smtpReply } from "./parts/conversation.ts";
import { inetd, inetdNeeds } from "./parts/inetd.ts";
import { built, part, program, root } from "./parts/missing.ts";
import { onClient, onListener } from "./parts/onsocket.ts";
import { pipe } from "./parts/pipe.ts";
import { freePort } from "./parts/port.ts";
import { Service } from "./parts/process.ts";
import { Scratch } from "./parts/scratch.ts";
import { recorded } from "./parts/status.ts";
import { protowrap } from "./parts/wrapper.ts";

/** Says in the log what it was given: the client, no word of descriptors, and none but 0 to 2 (and `ls`'s own). */
const SCRIPT = `echo "$TCPREMOTEIP,$LISTEN_FDS,$(ls /proc/self/fd | tr '\\n' ' ')" >&2
printf '220 x\\r\\n'; read quit; printf '221 x\\r\\n'`;
const SERVER = ["/bin/sh", "-c", SCRIPT];

function command(scratch: Scratch): string[] {
  const log = scratch.file("log", "");
  const user = root.there ? ["--user", "nobody"] : [];
  return [protowrap, "smtp", ...user, "--log", `file:${log}`, "--relay-domain", "kit.test", "--", ...SERVER];
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

describe("A socket to accept on is refused with a line in the log and exit 64", () => {
  const reason = /event=fault .*descriptor \d: expected a client, got a listening socket/;

  for (const place of ["inetd", "systemd"] as const) {
    part(`as ${place} passes it`, [built], async () => {
      await using scratch = new Scratch();
      await using wrapper = onListener(command(scratch), place);
      expect(await wrapper.end(3_000)).toBe(64);
      expect(logged(scratch)).toMatch(reason);
      expect(logged(scratch)).not.toContain("event=connect");
    });
  }

  part("by openbsd-inetd's wait", [built, ...inetdNeeds], async () => {
    await using scratch = new Scratch();
    const session = recorded(scratch, command(scratch));
    await using listener = await inetd(scratch, session.argv, "wait");
    // Nobody accepts the client, so it is not spoken to; inetd starts the program as long as it waits.
    const talk = await dial(listener.port);
    await Bun.sleep(300);
    expect(talk.received).toBe("");
    await talk[Symbol.asyncDispose]();
    expect(session.codes()[0]).toBe(64);
    expect(logged(scratch)).toMatch(reason);
  });

  part("by systemd's Accept=no", [built, program("systemd-socket-activate")], async () => {
    await using scratch = new Scratch();
    const port = await freePort();
    const argv = ["systemd-socket-activate", "-l", `127.0.0.1:${port}`, ...command(scratch)];
    await using activator = new Service(scratch, argv);
    await activator.listens(port);
    const talk = await dial(port);
    await scratch.quiet();
    expect(talk.received).toBe("");
    await talk[Symbol.asyncDispose]();
    expect(logged(scratch)).toMatch(reason);
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
