// The edges of a session, each over a real socket: a peer that leaves at the worst moment, the kernel's buffers,
// the clock, the length of the log. The pure tests have the rules; here it is seen that they hold where they meet
// the system.

import { describe, expect } from "bun:test";
import { chmodSync } from "node:fs";
import { smtpReply } from "./parts/conversation.ts";
import { until } from "./parts/deadline.ts";
import { built, part, waiting } from "./parts/missing.ts";
import { Scratch } from "./parts/scratch.ts";
import { onScript, pop3Script, smtpScript } from "./parts/scripted.ts";

const seconds = (since: number) => (performance.now() - since) / 1000;

const MAIL = ["EHLO c.test", "MAIL FROM:<a@c.test>", "RCPT TO:<u@kit.test>", "DATA"];

describe("What the server was told counts, whether or not the client stays", () => {
  waiting("a client that resets behind its password is told of, and keeps its place", [built], async () => {
    await using scratch = new Scratch();
    const script = pop3Script("sleep 0.3; say '-ERR no'");
    await using wrapper = await onScript(scratch, "pop3", script, "--login-delay", "2");
    await wrapper.talk.ask("USER u", /^\+OK.*\r\n/);
    await wrapper.talk.read(/^\+OK.*\r\n/);
    const since = performance.now();
    await wrapper.talk.send("PASS wrong\r\n");
    await Bun.sleep(50);
    wrapper.talk.cut();
    expect(await wrapper.end()).toBe(0);
    expect(seconds(since)).toBeGreaterThan(1.9);
    expect(wrapper.log()).toMatch(/event=login-failed method=PASS attempt=1 reason=refused delay=2 user=u\n/);
  });

  waiting("so is one that resets behind AUTH", [built], async () => {
    await using scratch = new Scratch();
    const more = ["--auth", "pass", "--login-delay", "2"];
    await using wrapper = await onScript(scratch, "smtp", smtpScript("say 250"), ...more);
    await wrapper.talk.read(smtpReply);
    await wrapper.talk.ask("EHLO c.test");
    const since = performance.now();
    await wrapper.talk.send("AUTH PLAIN AHUAcA==\r\n");
    await Bun.sleep(20);
    wrapper.talk.cut();
    expect(await wrapper.end()).toBe(0);
    expect(seconds(since)).toBeGreaterThan(1.9);
    expect(wrapper.log()).toMatch(/event=login-failed method=PLAIN .*user=u\n/);
  });

  waiting(
    "of every mail whose client resets behind the dot the log tells that it was taken",
    [built],
    async () => {
      await using scratch = new Scratch();
      const one = async () => {
        await using wrapper = await onScript(scratch, "smtp", smtpScript("sleep 0.2; say '250 2.0.0 taken'"));
        for (const line of ["", ...MAIL]) {
          if (line !== "") await wrapper.talk.send(`${line}\r\n`);
          await wrapper.talk.read(smtpReply);
        }
        await wrapper.talk.send("text\r\n.\r\n");
        await Bun.sleep(50);
        wrapper.talk.cut();
        expect(await wrapper.end()).toBe(0);
        return /event=message .*recipients=1 .*reply="250 2.0.0 taken"/.test(wrapper.log());
      };
      for (let round = 0; round < 3; round++)
        expect(await Promise.all([one(), one(), one(), one()])).toEqual([true, true, true, true]);
    },
  );

  waiting(
    "a mail that is being taken when the session's time is over is told as taken",
    [built],
    async () => {
      await using scratch = new Scratch();
      const script = smtpScript("sleep 2; say '250 2.0.0 taken'");
      await using wrapper = await onScript(scratch, "smtp", script, "--session-timeout", "1");
      for (const line of ["", ...MAIL]) {
        if (line !== "") await wrapper.talk.send(`${line}\r\n`);
        await wrapper.talk.read(smtpReply);
      }
      await wrapper.talk.send("text\r\n.\r\n");
      expect(await wrapper.talk.read(smtpReply)).toBe("250 2.0.0 taken\r\n");
      expect(await wrapper.talk.end()).toMatch(/^421 4\.4\.2 .*\r\n$/);
      expect(await wrapper.end()).toBe(0);
      expect(wrapper.log()).toContain("event=message ");
    },
  );
});

describe("A client that leaves before it is greeted", () => {
  waiting("behind a command and half of another takes nobody's time", [built], async () => {
    await using scratch = new Scratch();
    const script = `sleep 0.3; ${pop3Script("say +OK")}`;
    await using wrapper = await onScript(scratch, "pop3", script);
    await wrapper.talk.send("USER u\r\n");
    await Bun.sleep(100);
    await wrapper.talk.send("PASS");
    wrapper.talk.cut();
    const since = performance.now();
    expect(await wrapper.end(5000)).toBe(0);
    expect(seconds(since)).toBeLessThan(3);
    expect(wrapper.log()).toMatch(/event=end reason=client-lost /);
  });
});

describe("Logins", () => {
  waiting("of SMTP are as slow as those of POP3, and as few", [built], async () => {
    await using scratch = new Scratch();
    const more = ["--auth", "pass", "--login-delay", "1"];
    await using wrapper = await onScript(scratch, "smtp", smtpScript("say 250"), ...more);
    await wrapper.talk.read(smtpReply);
    await wrapper.talk.ask("EHLO c.test");
    const since = performance.now();
    // All at once: whoever does not wait for answers gains nothing.
    await wrapper.talk.send("AUTH PLAIN AHUAcA==\r\n".repeat(1000));
    const said = await wrapper.talk.end();
    expect(said).toBe(
      `${"535 5.7.8 Authentication credentials invalid\r\n".repeat(2)}421 4.7.0 Too many failed logins\r\n`,
    );
    expect(seconds(since)).toBeGreaterThan(6.9); // 1, 2 and 4
    expect(wrapper.log().match(/event=login-failed/g)).toHaveLength(3);
  });

  part("take the same time whether the server says no, is slow about it, or hangs up", [built], async () => {
    await using scratch = new Scratch();
    for (const pass of ["say '-ERR no'", "sleep 0.8; say '-ERR no'", "exit 0", "exit 1", "exec sleep 0.5"]) {
      await using wrapper = await onScript(scratch, "pop3", pop3Script(pass), "--login-delay", "1");
      await wrapper.talk.read(/^\+OK.*\r\n/);
      await wrapper.talk.ask("USER u", /^\+OK.*\r\n/);
      const since = performance.now();
      expect(await wrapper.talk.ask("PASS p", /^.*\r\n/)).toBe("-ERR authentication failed\r\n");
      expect([pass, Math.round(seconds(since) * 10) / 10]).toEqual([pass, 1]);
    }
  });

  waiting(
    "are not refused by a server that is killed: that is told at once, and not counted",
    [built],
    async () => {
      await using scratch = new Scratch();
      await using wrapper = await onScript(scratch, "pop3", pop3Script("kill -9 $$"), "--login-delay", "5");
      await wrapper.talk.read(/^\+OK.*\r\n/);
      await wrapper.talk.ask("USER u", /^\+OK.*\r\n/);
      const since = performance.now();
      expect(await wrapper.talk.ask("PASS p", /^.*\r\n/)).toStartWith("-ERR [SYS/TEMP]");
      expect(seconds(since)).toBeLessThan(2);
      await wrapper.end();
      expect(wrapper.log()).not.toContain("login-failed");
    },
  );
});

describe("Budgets", () => {
  waiting(
    "a list host with 25 stale recipients and 5 good ones delivers to the 5",
    [built],
    async () => {
      await using scratch = new Scratch();
      await using wrapper = await onScript(scratch, "smtp", smtpScript("say '250 2.0.0 taken'"));
      await wrapper.talk.read(smtpReply);
      await wrapper.talk.ask("EHLO c.test");
      await wrapper.talk.ask("MAIL FROM:<list@c.test>");
      const names = Array.from({ length: 30 }, (_, at) => (at % 6 === 3 ? `u${at}` : `n${at}`));
      const answers: string[] = [];
      for (const name of names)
        answers.push((await wrapper.talk.ask(`RCPT TO:<${name}@kit.test>`)).slice(0, 3));
      expect(answers).toEqual(names.map((name) => (name.startsWith("u") ? "250" : "550")));
      expect(await wrapper.talk.ask("DATA")).toStartWith("354");
      expect(await wrapper.talk.ask("text\r\n.")).toBe("250 2.0.0 taken\r\n");
      expect(await wrapper.talk.ask("QUIT")).toStartWith("221");
      expect(await wrapper.end()).toBe(0);
      expect(wrapper.log()).toMatch(/event=message octets=\d+ recipients=5 .*from=list@c\.test /);
    },
    30_000,
  );

  waiting("whoever asks for names without end is answered nineteen times", [built], async () => {
    await using scratch = new Scratch();
    await using wrapper = await onScript(scratch, "smtp", smtpScript("say '250 2.0.0 taken'"));
    const names = Array.from({ length: 300 }, (_, at) => `RCPT TO:<n${at}@kit.test>\r\n`).join("");
    await wrapper.talk.send(`EHLO c.test\r\nMAIL FROM:<a@c.test>\r\n${names}`);
    const said = await wrapper.talk.end();
    expect(said.match(/^550 /gm)).toHaveLength(19);
    expect(said).toEndWith("421 4.7.0 Too many errors\r\n");
  });
});

waiting(
  "A client that talks just before it is greeted has talked too early, however close it was",
  [built],
  async () => {
    await using scratch = new Scratch();
    for (let time = 0; time < 12; time++) {
      const go = `${scratch.path}/go-${time}`;
      const script = `while [ ! -e ${go} ]; do :; done; printf '220 x\\r\\n'; read -r line; printf '250 x\\r\\n'; read -r line`;
      await using wrapper = await onScript(scratch, "smtp", script, "--early-talker", "refuse");
      // Once it has started, and looks at the client for nothing else than this.
      await until("its start", () => (wrapper.log().includes("event=connect") ? true : undefined));
      await Bun.sleep(50);
      process.kill(wrapper.pid, "SIGSTOP");
      scratch.file(`go-${time}`, "");
      await Bun.sleep(60);
      await wrapper.talk.send("EHLO c.test\r\n");
      await Bun.sleep(20); // now the kernel has both, the greeting first
      process.kill(wrapper.pid, "SIGCONT");
      expect(await wrapper.talk.read(smtpReply)).toStartWith("554 5.5.0");
    }
  },
);

describe("The log of one session", () => {
  waiting("has an end, whatever the server says on its standard error", [built], async () => {
    await using scratch = new Scratch();
    const script = `yes 'all work and no play' | head -c 20000000 >&2; ${smtpScript("say 250")}`;
    await using wrapper = await onScript(scratch, "smtp", script);
    await wrapper.talk.read(smtpReply);
    await wrapper.talk.ask("QUIT");
    expect(await wrapper.end()).toBe(0);
    const lines = wrapper.log().trimEnd().split("\n");
    expect(lines.filter((line) => line.includes("event=server-stderr"))).toHaveLength(1000);
    expect(lines.filter((line) => line.includes("event=log-capped lines=1000"))).toHaveLength(1);
    expect(lines.at(-1)).toContain("event=end");
  });

  waiting("has a hundred refusals, and their number at its end", [built], async () => {
    await using scratch = new Scratch();
    const more = ["--max-errors", "0", "--log-level", "4"];
    await using wrapper = await onScript(scratch, "smtp", smtpScript("say 250"), ...more);
    await wrapper.talk.send(`${"WHAT\r\n".repeat(5000)}QUIT\r\n`);
    await wrapper.talk.end();
    expect(await wrapper.end()).toBe(0);
    const lines = wrapper.log().trimEnd().split("\n");
    expect(lines.filter((line) => line.includes("event=refused"))).toHaveLength(100);
    expect(lines.length).toBeLessThan(1200);
    expect(lines.at(-1)).toContain(" refused=5000 ");
  });
});

waiting("finger shows no control of any encoding, and every text", [built], async () => {
  await using scratch = new Scratch();
  const script = "read -r line; printf 'caf\\303\\251 \\2331m \\302\\2331m \\304\\233 \\351'";
  await using wrapper = await onScript(scratch, "finger", script);
  await wrapper.talk.send("u\r\n");
  expect(await wrapper.talk.end()).toBe("caf\xc3\xa9 ?1m ?1m \xc4\x9b \xe9");
});

describe("A message is refused", () => {
  waiting("and the old server's end is not taken for that of the fresh one", [built], async () => {
    await using scratch = new Scratch();
    const open = scratch.directory("open");
    chmodSync(open, 0o777);
    const first = `${open}/first`;
    // The first of them says 354, and nothing more, but lives on for a while.
    const deaf = `[ -e ${first} ] || { : >${first}; say '354 go'; exec >&-; sleep 2; exit; }`;
    const script = smtpScript("say '250 2.0.0 taken'").replace("DATA*)", `DATA*) ${deaf};`);
    await using wrapper = await onScript(scratch, "smtp", script, "--block-body", "EVIL");
    for (const line of ["", ...MAIL]) {
      if (line !== "") await wrapper.talk.send(`${line}\r\n`);
      await wrapper.talk.read(smtpReply);
    }
    expect(await wrapper.talk.ask("EVIL\r\n.")).toStartWith("550 5.7.1");
    await Bun.sleep(800); // the loss of the old one is known by now
    for (const line of MAIL.slice(1)) await wrapper.talk.ask(line);
    expect(await wrapper.talk.ask("text\r\n.")).toBe("250 2.0.0 taken\r\n");
    expect(await wrapper.talk.ask("QUIT")).toStartWith("221");
    expect(await wrapper.end()).toBe(0);
    expect(wrapper.log()).not.toContain("server-lost");
  });
});
