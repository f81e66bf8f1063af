// The embedded server as a process: real pipes, a real disk.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MAIN = join(import.meta.dir, "../../src/main.ts");
const DATA = "EHLO c\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "protowrap-sink-"));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

function start(...args: string[]) {
  return Bun.spawn([process.execPath, MAIN, "sink", ...args], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });
}

async function run(input: string | Uint8Array, ...args: string[]) {
  const child = start(...args);
  child.stdin.write(input);
  child.stdin.end();
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { stdout, stderr, code };
}

function files(folder: string): string[] {
  return readdirSync(join(directory, folder));
}

/** The child's output up to where it matches. */
async function read(child: ReturnType<typeof start>, pattern: RegExp): Promise<void> {
  let seen = "";
  const reader = child.stdout.getReader();
  while (!pattern.test(seen)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`ended after ${JSON.stringify(seen)}`);
    seen += Buffer.from(value).toString("latin1");
  }
  reader.releaseLock();
}

test("what smtp takes, pop3 gives; the record has every octet", async () => {
  const record = join(directory, "record");
  const session = `${DATA}Subject: x\r\n\r\n..\r\n.\r\nQUIT\r\n`;
  const smtp = await run(session, "smtp", "--maildir", directory, "--record", record);
  expect(smtp).toMatchObject({ code: 0, stderr: "" });
  expect(smtp.stdout).toMatch(/\r\n250 2\.0\.0 [^\r]+\r\n221 [^\r]+\r\n$/);
  expect(readFileSync(record, "latin1")).toBe(session);
  const commands = "USER a\r\nPASS b\r\nRETR 1\r\nDELE 1\r\nQUIT\r\n";
  const pop3 = await run(commands, "pop3", "--maildir", directory, "--any-user");
  expect(pop3).toMatchObject({ code: 0, stderr: "" });
  expect(pop3.stdout).toEndWith("\r\nSubject: x\r\n\r\n..\r\n.\r\n+OK\r\n+OK\r\n");
  expect(files("new")).toEqual([]);
});

test("an end within a message leaves no file", async () => {
  const { code } = await run(`${DATA}half`, "smtp", "--maildir", directory);
  expect(code).toBe(0);
  expect([...files("tmp"), ...files("new")]).toEqual([]);
});

test("SIGTERM within a message leaves no file", async () => {
  const child = start("smtp", "--maildir", directory);
  child.stdin.write(`${DATA}half`);
  child.stdin.flush();
  await read(child, /354/);
  expect(files("tmp")).toHaveLength(1);
  child.kill("SIGTERM");
  expect(await child.exited).toBe(0);
  expect([...files("tmp"), ...files("new")]).toEqual([]);
});

/** Octets and digest of what a stream gives. */
async function digest(stream: AsyncIterable<Uint8Array>): Promise<{ octets: number; hash: string }> {
  const hasher = new Bun.CryptoHasher("sha256");
  let octets = 0;
  for await (const chunk of stream) {
    hasher.update(chunk);
    octets += chunk.length;
  }
  return { octets, hash: hasher.digest("hex") };
}

async function* repeated(text: string, times: number, start = "", end = ""): AsyncGenerator<Uint8Array> {
  yield Buffer.from(start);
  const block = Buffer.from(text);
  for (let count = 0; count < times; count++) yield block;
  yield Buffer.from(end);
}

test("256 MiB pass both ways octet for octet, and never stand in memory", async () => {
  const line = `.${"x".repeat(61)}\r\n`;
  const [block, stuffed] = [line.repeat(4096), `.${line}`.repeat(4096)];
  const blocks = 1024;
  const smtp = start("smtp", "--maildir", directory);
  const smtpPeak = watch(smtp);
  for await (const chunk of repeated(stuffed, blocks, DATA, ".\r\nQUIT\r\n")) {
    smtp.stdin.write(chunk);
    await smtp.stdin.flush();
  }
  smtp.stdin.end();
  expect(await smtp.stdout.text()).toContain("250 2.0.0 Stored");
  const stored = Bun.file(join(directory, "new", files("new")[0]!));
  expect(await digest(stored.stream())).toEqual(await digest(repeated(block, blocks)));

  const pop3 = start("pop3", "--maildir", directory, "--any-user");
  const pop3Peak = watch(pop3);
  pop3.stdin.write("USER a\r\nPASS b\r\nRETR 1\r\nQUIT\r\n");
  pop3.stdin.end();
  const head = "+OK POP3 ready\r\n+OK\r\n+OK\r\n+OK message follows\r\n";
  const whole = await digest(repeated(stuffed, blocks, head, ".\r\n+OK\r\n"));
  expect(await digest(pop3.stdout)).toEqual(whole);

  expect(smtpPeak()).toBeLessThan(200e6);
  expect(pop3Peak()).toBeLessThan(200e6);
}, 60_000);

/**
 * Watches the most memory a process ever had, in octets. Not its resource usage at the end: that counts what
 * the process was before it became another program, which is us.
 */
function watch({ pid }: { pid: number }): () => number {
  let peak = 0;
  const look = () => {
    try {
      const status = readFileSync(`/proc/${pid}/status`, "latin1");
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024);
    } catch {
      // It has ended.
    }
  };
  const timer = setInterval(look, 10);
  return () => {
    clearInterval(timer);
    expect(peak).toBeGreaterThan(0);
    return peak;
  };
}

test("a message the client does not take is not read from the disk either", async () => {
  mkdirSync(join(directory, "new"));
  writeFileSync(join(directory, "new", "1.x"), "line\r\n".repeat(8 << 20));
  const pipe = join(directory, "pipe");
  expect(Bun.spawnSync(["mkfifo", pipe]).exitCode).toBe(0);
  const child = Bun.spawn([process.execPath, MAIN, "sink", "pop3", "--maildir", directory, "--any-user"], {
    stdin: Buffer.from("USER a\r\nPASS b\r\nRETR 1\r\n"),
    stdout: openSync(pipe, "r+"), // nobody reads it
  });
  await Bun.sleep(700);
  const read = Number(/rchar: (\d+)/.exec(readFileSync(`/proc/${child.pid}/io`, "latin1"))![1]);
  child.kill("SIGKILL");
  expect(read).toBeGreaterThan(60_000);
  expect(read).toBeLessThan(8 << 20);
});

test("a client that goes away while it is sent a message is no failure", async () => {
  mkdirSync(join(directory, "new"));
  writeFileSync(join(directory, "new", "1.x"), "line\r\n".repeat(1_000_000));
  const child = start("pop3", "--maildir", directory, "--any-user");
  child.stdin.write("USER a\r\nPASS b\r\nRETR 1\r\n");
  child.stdin.flush();
  await child.stdout.cancel();
  expect(await child.exited).toBe(0);
  expect(await child.stderr.text()).toBe("");
});

test("passwd makes a line that --passwd takes", async () => {
  const { stdout, code } = await run("a secret\r\n", "passwd", "ann");
  expect(code).toBe(0);
  const passwd = join(directory, "passwd");
  writeFileSync(passwd, stdout);
  const good = await run(
    "USER ann\r\nPASS a secret\r\nQUIT\r\n",
    "pop3",
    "--maildir",
    directory,
    "--passwd",
    passwd,
  );
  expect(good.stdout).toBe("+OK POP3 ready\r\n+OK\r\n+OK\r\n+OK\r\n");
  const bad = await run(
    "USER ann\r\nPASS wrong\r\nQUIT\r\n",
    "pop3",
    "--maildir",
    directory,
    "--passwd",
    passwd,
  );
  expect(bad.stdout).toContain("-ERR [AUTH]");
});

for (const [args, message] of [
  [[], 'sink: expected smtp, pop3 or passwd, got ""'],
  [["imap"], 'sink: expected smtp, pop3 or passwd, got "imap"'],
  [["smtp"], "--maildir: expected a directory, got none"],
  [["smtp", "--maildir"], '--maildir: expected a directory, got ""'],
  [["smtp", "--maildir", "a", "--maildir", "b"], '--maildir: expected once, got ["a","b"]'],
  [["smtp", "--maildri", "a"], "--maildri: unknown option; expected one of --maildir --record --help"],
  [["smtp", "--no-maildir"], "--no-maildir: unknown option; expected one of --maildir --record --help"],
  [["smtp", "--maildir", "a", "b"], 'sink smtp: expected options only, got "b"'],
  [["pop3", "--maildir", "a"], '--passwd, --any-user: expected one of them, got "none"'],
  [["passwd"], 'sink passwd: expected NAME, got ""'],
] as const) {
  test(`protowrap sink ${args.join(" ")}: says what is wrong, exit 64`, async () => {
    expect(await run("", ...args)).toEqual({ code: 64, stdout: "", stderr: `protowrap: ${message}\n` });
  });
}
