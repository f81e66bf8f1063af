// Entries in files, through the built program: what is wrong with a file keeps a client out, and never lets one in; a
// listener goes by what is in its files now; and nobody is sent away for a list that is not all there.

import { describe, expect } from "bun:test";
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  openSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type Conversation, smtpReply } from "./parts/conversation.ts";
import { built, part, root, waiting } from "./parts/missing.ts";
import { freePort } from "./parts/port.ts";
import { run } from "./parts/process.ts";
import { Scratch } from "./parts/scratch.ts";
import { mailStub, Standing } from "./parts/standing.ts";
import { protowrap } from "./parts/wrapper.ts";

const needs = [built];
const CLIENT = "192.0.2.7";
/** Milliseconds in which a changed file is served by, and those after which it vouches for all of it. */
const TAKEN = 5000;
const SETTLED = 2100;

function put(scratch: Scratch, name: string, content: string, mode = 0o644): string {
  const path = join(scratch.path, name);
  writeFileSync(`${path}.new`, content);
  chmodSync(`${path}.new`, mode);
  renameSync(`${path}.new`, path);
  return `file:${path}`;
}

/** One client of its own process, as a super-server tells of it. @returns what it was told, and what the log was */
async function asked(scratch: Scratch, options: readonly string[], ...lines: readonly string[]) {
  const user = root.there ? ["--user", "nobody", "--server-user", "daemon"] : [];
  const log = join(scratch.path, "log");
  writeFileSync(log, "");
  chmodSync(log, 0o666);
  const words = ["smtp", ...user, "--log", `file:${log}`, "--log-level", "1", "--relay-domain", "kit.test"];
  Bun.spawnSync(["chmod", "a+rwx", scratch.path]); // of who serves the mail
  const { stdout, code } = await run(scratch, [protowrap, ...words, ...options, "--", ...mailStub(scratch)], {
    env: { TCPREMOTEIP: CLIENT },
    input: Buffer.from(lines.map((line) => `${line}\r\n`).join("")),
  });
  return { said: stdout.toString("latin1"), code, log: await Bun.file(log).text() };
}

const greeted = async (scratch: Scratch, ...options: string[]) => {
  const { said, ...rest } = await asked(scratch, options, "QUIT");
  return { ...rest, said: said.slice(0, 3) };
};

/** What is answered to each of these recipients. */
async function recipients(scratch: Scratch, options: readonly string[], ...paths: readonly string[]) {
  const envelope = ["EHLO c.test", "MAIL FROM:<a@c.test>"];
  const { said, log } = await asked(
    scratch,
    options,
    ...envelope,
    ...paths.map((path) => `RCPT TO:<${path}>`),
    "QUIT",
  );
  const codes = said.match(/^\d{3}(?= )/gm) ?? [];
  return { codes: codes.slice(3, -1), log };
}

describe("A list in a file, for a client of its own process", () => {
  part("keeps out whom it names, also among a hundred thousand", needs, async () => {
    await using scratch = new Scratch();
    const many = Array.from(
      { length: 100_000 },
      (_, at) => `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}\n`,
    ).join("");
    expect(await greeted(scratch, "--block-ip", put(scratch, "b", many))).toMatchObject({
      said: "220",
      code: 0,
    });
    for (const [name, line] of [
      ["first", `192.0.2.0/24\n${many}`],
      ["last", `${many}192.0.2.7`],
      ["among them", `${many}192.0.2.99/24 # all of it\r\n${many}`],
    ] as const)
      expect(await greeted(scratch, "--block-ip", put(scratch, name.replace(" ", ""), line))).toMatchObject({
        said: "554",
      });
  });

  const wrong: Readonly<Record<string, (scratch: Scratch) => string>> = {
    "a line that is no network": (scratch) => put(scratch, "x", "10.0.0.1\n10.0.0.256\n"),
    "a line of a megabyte": (scratch) => put(scratch, "x", `10.0.0.1\n${"1".repeat(1 << 20)}\n`),
    "NUL in a line": (scratch) => put(scratch, "x", "10.0.0.1\n10.0\0.0.2\n"),
    "nothing there": () => "file:/nowhere/list",
    "a directory": (scratch) => `file:${scratch.path}`,
    "a named pipe": (scratch) => {
      Bun.spawnSync(["mkfifo", "-m", "600", join(scratch.path, "fifo")]);
      return `file:${join(scratch.path, "fifo")}`;
    },
    "a file that others may write": (scratch) => put(scratch, "x", "10.0.0.1\n", 0o666),
    "a link to one": (scratch) => {
      put(scratch, "x", "10.0.0.1\n", 0o666);
      symlinkSync("x", join(scratch.path, "link"));
      return `file:${join(scratch.path, "link")}`;
    },
    "a gigabyte": (scratch) => {
      const fd = openSync(join(scratch.path, "large"), "w", 0o644);
      ftruncateSync(fd, 1 << 30);
      closeSync(fd);
      return `file:${join(scratch.path, "large")}`;
    },
  };
  for (const [name, make] of Object.entries(wrong))
    part(`that has ${name} keeps everybody out, and the log says why`, needs, async () => {
      await using scratch = new Scratch();
      const file = make(scratch);
      const { said, code, log } = await greeted(scratch, "--block-ip", file);
      expect({ said, code }).toEqual({ said: "421", code: 64 });
      expect(log).toContain("event=fault");
      expect(log).toContain(file.replace("file:", ""));
      const check = await run(scratch, [protowrap, "check", "smtp", "--block-ip", file, "--", "/bin/true"]);
      expect([check.code, check.stdout.toString()]).toEqual([64, expect.stringContaining("error: ")]);
    });
});

describe("A recipient, of a client with its own process", () => {
  part("exists, does not, or nobody can tell", needs, async () => {
    await using scratch = new Scratch();
    const all = ["ann@kit.test", "bob@kit.test", "postmaster@kit.test", "ann@evil.test"];
    const file = put(scratch, "rc", "ann@kit.test\n");
    const young = await recipients(scratch, ["--recipient", file], ...all);
    expect(young.codes).toEqual(["250", "451", "250", "550"]); // it has just been written
    expect(young.log).toContain("event=list state=doubted");
    const missing = await recipients(scratch, ["--recipient", "file:/nowhere/list"], ...all);
    expect(missing.codes).toEqual(["451", "451", "250", "550"]);
    for (const content of ["", "# none\n", "ann@kit.test\nbo"]) {
      const { codes, log } = await recipients(
        scratch,
        ["--recipient", put(scratch, "half", content)],
        ...all,
      );
      expect(codes.slice(1)).toEqual(["451", "250", "550"]);
      expect(log).toContain("event=list state=doubted");
    }
    await Bun.sleep(SETTLED);
    expect((await recipients(scratch, ["--recipient", file], ...all)).codes).toEqual([
      "250",
      "550",
      "250",
      "550",
    ]);
    const trusted = await recipients(scratch, ["--recipient", file, "--relay-ip", CLIENT], ...all);
    expect(trusted.codes).toEqual(["250", "550", "250", "250"]);
  });

  part("of this host is a user or an alias", needs, async () => {
    await using scratch = new Scratch();
    const { codes } = await recipients(
      scratch,
      ["--recipient", "system"],
      ...["root@kit.test", "ROOT+cron@kit.test", "no-such-user-here@kit.test", "no-such-user-here", "root"],
    );
    expect([codes[0], codes[1], codes[4]]).toEqual(["250", "250", "250"]);
    expect(["550", "451"]).toContain(codes[2]!); // 451 where this host has no file of aliases
    expect(codes[3]).toBe(codes[2]!);
  });
});

/** Its greeting, and what is answered to these recipients. */
async function visit(standing: Standing, ...paths: readonly string[]): Promise<string[]> {
  await using talk = await standing.dial();
  const heard = [(await talk.read(smtpReply)).slice(0, 3)];
  if (heard[0] !== "220") return heard;
  for (const line of ["EHLO c.test", "MAIL FROM:<a@c.test>"]) await talk.ask(line);
  for (const path of paths) heard.push((await talk.ask(`RCPT TO:<${path}>`)).slice(0, 3));
  return heard;
}

async function begun(standing: Standing): Promise<Conversation> {
  const talk = await standing.dial();
  await talk.read(smtpReply);
  for (const line of ["EHLO c.test", "MAIL FROM:<a@c.test>"]) await talk.ask(line);
  return talk;
}

const PATHS = ["ann@kit.test", "bob@kit.test"] as const;

/** Comes again and again until this is heard. */
async function becomes(standing: Standing, codes: string): Promise<void> {
  const began = performance.now();
  for (;;) {
    const heard = (await visit(standing, ...PATHS)).join(" ");
    if (heard === codes) return;
    if (performance.now() - began > TAKEN) throw new Error(`${codes}: not within ${TAKEN} ms, but ${heard}`);
    await Bun.sleep(100);
  }
}

async function code(talk: Conversation, path: string): Promise<string> {
  return (await talk.ask(`RCPT TO:<${path}>`)).slice(0, 3);
}

describe("A listener", () => {
  waiting(
    "serves by what is in its files now, and who was there before by what was in them then",
    needs,
    async () => {
      await using scratch = new Scratch();
      await using files = new Scratch();
      const options = [
        ...["--recipient", put(files, "rc", "ann@kit.test\n"), "--block-ip", put(files, "block", "10\n")],
        ...["--relay-domain", put(files, "domains", "other.test\n"), "--workers", "2"],
      ];
      await using standing = await Standing.start(scratch, { options });
      await becomes(standing, "220 250 550");
      await using early = await begun(standing);
      put(files, "rc", "bob@kit.test\n");
      put(files, "domains", "another.test\n");
      await becomes(standing, "220 550 250");
      expect([await code(early, "ann@kit.test"), await code(early, "bob@kit.test")]).toEqual(["250", "550"]);
      await using late = await begun(standing);
      expect(await code(late, "bob@kit.test")).toBe("250");
      const domains = ["other.test", "another.test"].map((domain) => `RCPT TO:<x@${domain}>`);
      expect(await early.ask(domains[0]!)).toStartWith("550 5.1.1 "); // there, but nobody
      expect(await early.ask(domains[1]!)).toStartWith("550 5.7.1 ");
      expect(await late.ask(domains[0]!)).toStartWith("550 5.7.1 ");
      put(files, "block", "127.0.0.0/8\n");
      await becomes(standing, "554");
      expect(await code(early, "ann@kit.test")).toBe("250");
    },
  );

  waiting(
    "whose list of recipients goes, is emptied, and comes back sends nobody away meanwhile",
    needs,
    async () => {
      await using scratch = new Scratch();
      await using files = new Scratch();
      const options = ["--recipient", put(files, "rc", "ann@kit.test\n")];
      await using standing = await Standing.start(scratch, { options });
      await becomes(standing, "220 250 550");
      unlinkSync(join(files.path, "rc"));
      await becomes(standing, "220 250 451");
      put(files, "rc", "ann@kit.test\n");
      await becomes(standing, "220 250 550");
      put(files, "rc", "");
      await becomes(standing, "220 250 451");
      put(files, "rc", "bob@kit.test\n");
      await becomes(standing, "220 550 250");
      expect(standing.log).toMatch(/state=kept-old list=\S+ error="it is not there.*state=loaded/s);
    },
  );

  part("does not begin with a list that is wrong", needs, async () => {
    await using scratch = new Scratch();
    const user = root.there ? ["--user", "nobody"] : [];
    const listen = ["--listen", `127.0.0.1:${await freePort()}`, "--log", "stderr", ...user];
    const argv = [
      protowrap,
      "smtp",
      ...listen,
      "--block-ip",
      put(scratch, "b", "10\nx\n"),
      "--",
      "/bin/true",
    ];
    const { code, stderr } = await run(scratch, argv);
    expect([code, stderr]).toEqual([64, expect.stringContaining("b, line 2: expected an address")]);
  });
});
