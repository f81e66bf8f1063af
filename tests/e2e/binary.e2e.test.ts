// The built program as a program: where it reads, what it says when it cannot start and to whom, and the
// embedded server.

import { describe, expect } from "bun:test";
import { chownSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { type Conversation, dial, pop3Status, smtpReply } from "./parts/conversation.ts";
import { curl, curlPop } from "./parts/curl.ts";
import { hostileDirectory } from "./parts/hostile.ts";
import { inetd, inetdNeeds } from "./parts/inetd.ts";
import { latin1, readable, trickyLetter, unixLines } from "./parts/mail.ts";
import { mailfront } from "./parts/mailfront.ts";
import { built, part, program, root } from "./parts/missing.ts";
import { pipe } from "./parts/pipe.ts";
import { ending, run } from "./parts/process.ts";
import { Scratch } from "./parts/scratch.ts";
import { recorded } from "./parts/status.ts";
import { trace } from "./parts/strace.ts";
import { tcpserver } from "./parts/tcpserver.ts";
import { witness, witnessNeeds } from "./parts/witness.ts";
import { type Command, forKit, nobody, protowrap, wrapped } from "./parts/wrapper.ts";

describe("The directory it is started in", () => {
  part("changes nothing, whatever an attacker wrote into it", [built, ...mailfront.needs], async () => {
    await using scratch = new Scratch();
    const server = mailfront.start(scratch);
    const hostile = hostileDirectory(scratch);
    const clean = scratch.directory("clean");
    const replies: string[] = [];
    for (const cwd of [clean, hostile.path]) {
      await using client = pipe(scratch, wrapped("smtp", server.behind, ...forKit), cwd);
      await converse(client.talk);
      expect(await client.exitCode()).toBe(0);
      expect(client.stderr()).toBe("");
      replies.push(client.talk.received);
    }
    expect(replies[1]).toBe(replies[0]!);
    expect(server.stored().map((mail) => mail.octets.toString())).toEqual(["text\n", "text\n"]);
    expect(existsSync(hostile.mark)).toBe(false);
  });

  part("does not reach the server's environment", [built, ...witnessNeeds], async () => {
    await using scratch = new Scratch();
    const environments: string[][] = [];
    for (const cwd of [scratch.directory("clean"), hostileDirectory(scratch).path]) {
      const { server, testimony } = witness(scratch, "testimony", nobody);
      await run(scratch, wrapped("smtp", server, ...forKit), { cwd, input: latin1("QUIT\r\n") });
      environments.push(testimony().environment);
    }
    expect(environments[1]).toEqual(environments[0]!);
  });

  const runs = {
    "a whole session": [...forKit],
    "a session that cannot start": ["--max-errors", "seven"],
    "a session with an option nobody knows": ["--no-such-option"],
  };
  for (const [name, options] of Object.entries(runs)) {
    part(`is not read in ${name}`, [built, program("strace"), ...mailfront.needs], async () => {
      await using scratch = new Scratch();
      const server = mailfront.start(scratch);
      const { path } = hostileDirectory(scratch);
      const input = latin1("EHLO client.test\r\nQUIT\r\n");
      const seen = await trace(scratch, wrapped("smtp", server.behind, ...options), { cwd: path, input });
      expect(seen.local).toEqual([]);
      expect(seen.calls).toBeGreaterThan(10);
      expect(seen.code).toBe(name === "a whole session" ? 0 : 64);
    });
  }
});

describe("Privileges", () => {
  part(
    "are all gone from the wrapper before the client is heard",
    [built, root, ...mailfront.needs],
    async () => {
      await using scratch = new Scratch();
      const server = mailfront.start(scratch);
      await using client = pipe(scratch, wrapped("smtp", server.behind, ...forKit));
      expect(await client.talk.read(smtpReply)).toStartWith("220 ");
      const threads = readdirSync(`/proc/${client.pid}/task`);
      expect(threads.length).toBeGreaterThan(0);
      for (const thread of threads) {
        const status = readFileSync(`/proc/${client.pid}/task/${thread}/status`, "utf8");
        for (const ids of ["Uid", "Gid"]) expect(status).toContain(`\n${ids}:${`\t${nobody}`.repeat(4)}\n`);
        expect(status).toMatch(/\nGroups:\s*\n/);
        for (const set of ["CapPrm", "CapEff", "CapInh", "CapAmb"])
          expect(status).toMatch(new RegExp(`\n${set}:\t0+\n`));
      }
    },
  );

  for (const [user, uid, ids, supplementary] of [
    ["nobody", nobody, [nobody, nobody, nobody], [nobody]],
    ["root", 0, [0, 0, 0], [0]],
  ] as const) {
    part(`of the server are ${user}'s, and it inherits nothing`, [built, root, ...witnessNeeds], async () => {
      await using scratch = new Scratch();
      const { server, testimony } = witness(scratch, "testimony", uid, user);
      const env = {
        TZ: "Europe/Vienna",
        LD_PRELOAD_X: "1",
        LISTEN_FDS: "1",
        TCPREMOTEINFO: "evil",
        LC_ALL: "C",
      };
      // Descriptors the caller forgot to close, as 7 and 8.
      const careless = ["/bin/sh", "-c", 'exec "$@" 7</dev/null 8>/dev/null', "sh"];
      const argv = [...careless, ...wrapped("smtp", server, ...forKit)];
      expect(ending(await run(scratch, argv, { env, input: latin1("QUIT\r\n") }))).toBe("exit 0");
      const found = testimony();
      expect(found).toEqual({
        environment: ["LANG=C", expect.stringMatching(/^PATH=(\/[a-z/]+:?)+$/), "TZ=Europe/Vienna"],
        directory: "/",
        descriptors: [0, 1, 2],
        umask: 0o077,
        users: [...ids],
        groups: [...ids],
        supplementary: found.supplementary,
        leadsItsGroup: true,
      });
      expect(found.supplementary.filter((group) => !supplementary.includes(group as never))).toEqual([]);
    });
  }

  part(
    "of the server come with the connection's address",
    [built, program("tcpserver"), ...witnessNeeds],
    async () => {
      await using scratch = new Scratch();
      const { server, testimony } = witness(scratch, "testimony", nobody);
      // The environment lies; the socket does not.
      const lie = ["/usr/bin/env", "TCPREMOTEIP=192.0.2.1", "REMOTE_ADDR=192.0.2.1", "REMOTE_HOST=192.0.2.1"];
      await using listener = await tcpserver(scratch, [...lie, ...wrapped("smtp", server, ...forKit)]);
      await using talk = await dial(listener.port);
      expect(await talk.read(smtpReply)).toStartWith("220 ");
      expect(await talk.ask("QUIT")).toStartWith("221 ");
      await talk.end();
      await listener.sessionsEnd();
      const { environment } = testimony();
      for (const name of ["TCPREMOTEIP", "REMOTE_ADDR", "REMOTE_HOST", "TCPLOCALIP"])
        expect(environment).toContain(`${name}=127.0.0.1`);
      expect(environment).toContain(`TCPLOCALPORT=${listener.port}`);
      expect(environment).toContain("PROTO=TCP");
      const ports = environment.filter((line) => /^(TCPREMOTEPORT|REMOTE_PORT)=[1-9]\d*$/.test(line));
      expect(ports.length).toBe(2);
    },
  );
});

describe("Started wrongly, it", () => {
  const needless = ["--", "/bin/cat"];
  const asUser = root.there ? ["--user", "nobody"] : [];
  const mistakes = [
    {
      what: "as root without --user",
      protocol: "smtp",
      options: ["--log", "none"],
      code: 77,
      says: ["--user"],
      needs: [root],
    },
    {
      what: "as root without --user",
      protocol: "pop3",
      options: ["--log", "none"],
      code: 77,
      says: ["--user"],
      needs: [root],
    },
    {
      what: "with a misspelt option",
      protocol: "smtp",
      options: [...asUser, "--max-line-lenght", "5"],
      code: 64,
      says: ["--max-line-lenght"],
      needs: [],
    },
    {
      what: "with a word for a number",
      protocol: "smtp",
      options: [...asUser, "--max-errors", "seven"],
      code: 64,
      says: ["--max-errors", "number", "seven"],
      needs: [],
    },
    {
      what: "with a list option that has no value",
      protocol: "smtp",
      options: [...asUser, "--relay-domain"],
      code: 64,
      says: ["--relay-domain", "expected"],
      needs: [],
    },
    {
      what: "with a word outside the choice",
      protocol: "smtp",
      options: [...asUser, "--bare-newline", "perhaps"],
      code: 64,
      says: ["--bare-newline", "reject", "normalize", "perhaps"],
      needs: [],
    },
    {
      what: "with a user nobody is",
      protocol: "pop3",
      options: ["--user", "no-such-user"],
      code: 64,
      says: ["--user", "no-such-user"],
      needs: [root],
    },
  ];
  for (const { what, protocol, options, code, says, needs } of mistakes) {
    const argv = [protowrap, protocol, ...options, ...needless];
    const answer = protocol === "smtp" ? /^421 4\.3\.0 [^\r\n]*\r\n$/ : /^-ERR \[SYS\/TEMP\] [^\r\n]*\r\n$/;

    part(`says why on stderr, ${what}, to ${protocol}`, [built, ...needs], async () => {
      await using scratch = new Scratch();
      const outcome = await run(scratch, argv, { input: latin1("QUIT\r\n"), ms: 3_000 });
      expect(outcome.code).toBe(code);
      for (const word of says) expect(outcome.stderr).toContain(word);
      expect(outcome.stdout.toString("latin1")).toMatch(answer);
      // The client need not know what the administrator did wrong.
      for (const word of says) expect(outcome.stdout.toString("latin1")).not.toContain(word);
    });

    part(
      `tells a client on fd 2 nothing but so, ${what}, to ${protocol}`,
      [built, ...inetdNeeds, ...needs],
      async () => {
        await using scratch = new Scratch();
        const session = recorded(scratch, argv);
        await using listener = await inetd(scratch, session.argv);
        await using talk = await dial(listener.port);
        expect(await talk.end(3_000)).toMatch(answer);
        await listener.sessionsEnd();
        expect(session.codes()).toEqual([code]);
      },
    );
  }

  part("says that the server cannot be had, and exits 69", [built], async () => {
    await using scratch = new Scratch();
    const server: Command = { argv: [`${scratch.path}/no-such-server`], user: "nobody" };
    const outcome = await run(scratch, wrapped("smtp", server, ...forKit), { input: latin1("QUIT\r\n") });
    expect(outcome.stdout.toString("latin1")).toMatch(/^421 4\.3\.0 [^\r\n]*\r\n$/);
    expect(outcome.code).toBe(69);
    expect(outcome.stderr).toBe(""); // --log none
  });
});

describe("A session that ends early", () => {
  part("by a signal ends with 421, exit 0 and no process left", [built, ...mailfront.needs], async () => {
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
      await using scratch = new Scratch();
      const server = mailfront.start(scratch);
      await using client = pipe(scratch, wrapped("smtp", server.behind, ...forKit));
      expect(await client.talk.read(smtpReply)).toStartWith("220 ");
      expect(await client.talk.ask("EHLO client.test")).toStartWith("250-");
      process.kill(client.pid, signal);
      expect(await client.talk.read(smtpReply)).toMatch(/^421 4\.3\.2 /);
      expect(await client.talk.end()).toBe("");
      expect(await client.exitCode()).toBe(0);
      await scratch.quiet();
    }
  });

  const script = `printf '220 x\\r\\n'; read hello; printf '250 x\\r\\n'; read next; exit 3`;
  part("by the server's death is told to the client, and is no failure of ours", [built], async () => {
    await using scratch = new Scratch();
    const server: Command = { argv: ["/bin/sh", "-c", script], user: "nobody" };
    await using client = pipe(scratch, wrapped("smtp", server, ...forKit));
    expect(await client.talk.read(smtpReply)).toStartWith("220 ");
    expect(await client.talk.ask("EHLO client.test")).toMatch(/^250[ -]/);
    expect(await client.talk.ask("MAIL FROM:<alice@client.test>")).toStartWith("421 4.3.0 ");
    expect(await client.talk.end()).toBe("");
    expect(await client.exitCode()).toBe(0);
  });
});

describe("The embedded server", () => {
  const needs = [built, program("tcpserver"), ...curl.needs];
  const sink = (kind: "smtp" | "pop3", directory: string, ...more: string[]): Command => {
    return { argv: [protowrap, "sink", kind, "--maildir", directory, ...more], user: "nobody" };
  };

  part("behind the wrapper stores a mail octet for octet and gives it back so", needs, async () => {
    await using scratch = new Scratch();
    const directory = maildir(scratch);
    const mail = trickyLetter();
    {
      await using listener = await tcpserver(scratch, wrapped("smtp", sink("smtp", directory), ...forKit));
      expect(ending(await curl.send(scratch, listener.port, mail))).toBe("exit 0");
      await listener.sessionsEnd();
    }
    expect(readdirSync(`${directory}/tmp`)).toEqual([]);
    const files = readdirSync(`${directory}/new`);
    expect(files.length).toBe(1);
    const stored = withoutTrace(readFileSync(`${directory}/new/${files[0]}`, "latin1"));
    const forms = [mail.octets, unixLines(mail.octets)].map((form) => form.toString("latin1"));
    // Compared with the form it has the line ends of, so that a failure shows the difference.
    expect(stored.split("\n")).toEqual(forms[stored.includes("\r\n") ? 0 : 1]!.split("\n"));

    const pop = wrapped("pop3", sink("pop3", directory, "--any-user"), "--log", "none");
    await using listener = await tcpserver(scratch, pop);
    const [list, text] = await curlPop.fetch(scratch, listener.port, 1);
    expect(list).toMatch(/^1 \d+\r\n$/);
    expect(readable({ ...mail, octets: latin1(withoutTrace(text!)) })).toEqual(readable(mail));
    await listener.sessionsEnd();
    expect([...readdirSync(`${directory}/new`), ...readdirSync(`${directory}/cur`)].length).toBe(1);
  });

  part("deletes at QUIT and only there", needs, async () => {
    await using scratch = new Scratch();
    const directory = maildir(scratch);
    const left = () => [...readdirSync(`${directory}/new`), ...readdirSync(`${directory}/cur`)].length;
    scratch.file("maildir/new/1.kit", "Subject: one\n\none\n");
    scratch.file("maildir/new/2.kit", "Subject: two\n\ntwo\n");
    if (root.there)
      for (const name of ["1.kit", "2.kit"]) chownSync(`${directory}/new/${name}`, nobody, nobody);
    const pop = wrapped("pop3", sink("pop3", directory, "--any-user"), "--log", "none");
    await using listener = await tcpserver(scratch, pop);
    for (const [ending, remaining] of [
      ["cut", 2],
      ["QUIT", 1],
    ] as const) {
      await using talk = await dial(listener.port);
      expect(await talk.read(pop3Status)).toStartWith("+OK");
      expect(await talk.ask("USER anybody", pop3Status)).toStartWith("+OK");
      expect(await talk.ask("PASS any", pop3Status)).toStartWith("+OK");
      expect(await talk.ask("STAT", pop3Status)).toStartWith("+OK 2 ");
      expect(await talk.ask("DELE 1", pop3Status)).toStartWith("+OK");
      if (ending === "cut") talk.cut();
      else {
        expect(await talk.ask("QUIT", pop3Status)).toStartWith("+OK");
        expect(await talk.end()).toBe("");
      }
      await listener.sessionsEnd();
      expect(left()).toBe(remaining);
    }
  });
});

async function converse(talk: Conversation): Promise<void> {
  expect(await talk.read(smtpReply)).toStartWith("220 ");
  expect(await talk.ask("EHLO client.test")).toStartWith("250");
  expect(await talk.ask("MAIL FROM:<alice@client.test>")).toStartWith("250 ");
  expect(await talk.ask("RCPT TO:<victim@evil.test>")).toStartWith("550 5.7.1 ");
  expect(await talk.ask("RCPT TO:<kituser@kit.test>")).toStartWith("250 ");
  expect(await talk.ask("DATA")).toStartWith("354 ");
  expect(await talk.ask("text\r\n.")).toStartWith("250 ");
  expect(await talk.ask("QUIT")).toStartWith("221 ");
  expect(await talk.end()).toBe("");
}

/** An empty Maildir that the server's user may write. */
function maildir(scratch: Scratch): string {
  const path = scratch.directory("maildir");
  const all = [path, ...["new", "cur", "tmp"].map((name) => scratch.directory(`maildir/${name}`))];
  if (root.there) for (const directory of all) chownSync(directory, nobody, nobody);
  return path;
}

/** A server that takes a mail over may put its trace in front, and nothing else. */
function withoutTrace(text: string): string {
  return text.replace(/^(?:(?:Return-Path|Delivered-To|Received): (?:.|\n[ \t])*\n)+/i, "");
}
