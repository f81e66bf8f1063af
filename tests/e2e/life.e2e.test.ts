// How long a session may take to end when one of its peers does not want it to, and that a client which says
// no more is still answered. The steps at which things break are in faults.e2e.test.ts.

import { describe, expect } from "bun:test";
import { smtpReply } from "./parts/conversation.ts";
import { until } from "./parts/deadline.ts";
import { built, root, waiting } from "./parts/missing.ts";
import { onClient } from "./parts/onsocket.ts";
import { Scratch } from "./parts/scratch.ts";
import { protowrap } from "./parts/wrapper.ts";

const user = root.there ? ["--user", "nobody"] : [];

/** @param script what the server does; it carries the scratch's name, so that it is found if it stays */
function command(scratch: Scratch, kind: "smtp" | "pop3", script: string, ...more: string[]): string[] {
  const relay = kind === "smtp" ? ["--relay-domain", "kit.test"] : [];
  const server = ["/bin/sh", "-c", `# ${scratch.path}\n${script}`];
  return [protowrap, kind, ...user, "--log", "none", ...relay, ...more, "--", ...server];
}

const ANSWER = `while read -r line; do printf '250 2.0.0 %s\\r\\n' "\${line%?}"; done`;

describe("A client that says no more", () => {
  waiting("gets every answer, one for one", [built], async () => {
    await using scratch = new Scratch();
    const server = `printf '220 x\\r\\n'; ${ANSWER}`;
    await using wrapper = await onClient(command(scratch, "smtp", server), "inetd");
    const lines = [
      "HELO c.test",
      "NOOP",
      "MAIL FROM:<a@c.test>",
      "RCPT TO:<u@kit.test>",
      "RCPT TO:<v@kit.test>",
    ];
    await wrapper.talk.send(lines.map((line) => `${line}\r\n`).join(""));
    wrapper.talk.halfClose();
    await wrapper.talk.end();
    const codes = [...wrapper.talk.received.matchAll(/^(\d{3})[ -].*\r\n/gm)].map(([, code]) => code);
    expect(codes).toEqual(["220", "250", "250", "250", "250", "250"]);
    expect(await wrapper.end()).toBe(0);
    await scratch.quiet();
  });

  waiting("is told that its password is wrong, and not sooner than others", [built], async () => {
    await using scratch = new Scratch();
    const server =
      "printf '+OK x\\r\\n'; read l; printf '+OK\\r\\n'; read l; printf -- '-ERR no\\r\\n'; read l";
    const argv = command(scratch, "pop3", server, "--login-delay", "1");
    await using wrapper = await onClient(argv, "inetd");
    const started = performance.now();
    await wrapper.talk.send("USER u\r\nPASS p\r\n");
    await Bun.sleep(500); // the answer is held back by now
    wrapper.talk.halfClose();
    await wrapper.talk.end();
    expect(wrapper.talk.received).toEndWith("-ERR authentication failed\r\n");
    expect(performance.now() - started).toBeGreaterThan(1000);
    expect(await wrapper.end()).toBe(0);
  });
});

waiting("A client that is gone is noticed while its next command waits unread", [built], async () => {
  await using scratch = new Scratch();
  const server = "printf '220 x\\r\\n'; while read -r line; do :; done";
  await using wrapper = await onClient(command(scratch, "smtp", server), "inetd");
  await wrapper.talk.read(smtpReply);
  await wrapper.talk.send("HELO c.test\r\nNOOP\r\n");
  await Bun.sleep(300);
  wrapper.talk.cut();
  // The answer to HELO is waited for, five seconds, and nothing is asked after it.
  expect(await wrapper.end(9_000)).toBe(0);
  await scratch.quiet();
});

describe("A server whose client has left", () => {
  for (const [what, script] of [
    ["spins", "printf '220 x\\r\\n'; read -r line; while :; do :; done"],
    ["never greets", "while :; do sleep 1; done"],
    ["spins instead of greeting", "while :; do :; done"],
  ] as const)
    for (const how of ["resets", "closes"] as const)
      waiting(`and ${what} is ended after five seconds (the client ${how})`, [built], async () => {
        await using scratch = new Scratch();
        await using wrapper = await onClient(command(scratch, "smtp", script), "inetd");
        if (what === "spins") await wrapper.talk.read(smtpReply);
        else await Bun.sleep(300);
        const since = performance.now();
        if (how === "resets") wrapper.talk.cut();
        else wrapper.talk.halfClose();
        expect(await wrapper.end(9_000)).toBe(what === "spins" || how === "resets" ? 0 : 69);
        expect(performance.now() - since).toBeGreaterThan(4_000);
        await scratch.quiet();
      });
});

describe("A peer that does not let go", () => {
  waiting("as a server that hears no signal is killed when its client has gone", [built], async () => {
    await using scratch = new Scratch();
    const server = "trap '' TERM; printf '220 x\\r\\n'; while :; do sleep 1; done";
    await using wrapper = await onClient(command(scratch, "smtp", server), "inetd");
    await wrapper.talk.read(smtpReply);
    wrapper.talk.cut();
    // Five seconds of its own accord, two after SIGTERM.
    expect(await wrapper.end(9_000)).toBe(0);
    await scratch.quiet();
  });

  waiting(
    "as a client that does not read is left behind when the administrator says so",
    [built],
    async () => {
      await using scratch = new Scratch();
      const flood = "yes aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
      const server = `printf '+OK x\\r\\n'; read l; printf '+OK\\r\\n'; read l; printf '+OK\\r\\n'
      read l; printf '+OK\\r\\n'; ${flood}`;
      await using wrapper = await onClient(command(scratch, "pop3", server), "inetd", { reads: false });
      await wrapper.talk.send("USER u\r\nPASS p\r\nUIDL\r\n");
      await Bun.sleep(1_000);
      process.kill(wrapper.pid, "SIGTERM");
      expect(await wrapper.end(10_000)).toBe(0);
      await scratch.quiet();
    },
  );

  waiting("as a server that outranks us is closed, at once", [built, root], async () => {
    await using scratch = new Scratch();
    const server = `printf '220 x\\r\\n'
      while read -r line; do case $line in DATA*) printf '354 x\\r\\n';; *) printf '250 x\\r\\n';; esac; done`;
    const argv = command(scratch, "smtp", server, "--server-user", "root");
    await using wrapper = await onClient(argv, "inetd");
    const { talk } = wrapper;
    await talk.read(smtpReply);
    for (const line of ["EHLO c.test", "MAIL FROM:<a@c.test>", "RCPT TO:<u@kit.test>", "DATA"])
      await talk.ask(line);
    const started = performance.now();
    expect(await talk.ask("a bare\nline feed\r\n.")).toStartWith("550 5.5.2 ");
    await until("the server's end", () => (scratch.processes().size === 1 ? true : undefined), 2_000);
    expect(await talk.ask("RSET")).toStartWith("421 4.3.0 ");
    await talk.end();
    expect(await wrapper.end()).toBe(0);
    expect(performance.now() - started).toBeLessThan(2_000);
    await scratch.quiet();
  });
});
