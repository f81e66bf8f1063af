// The embedded server as a process: real pipes, a real disk.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

test("a large message passes both ways octet for octet, in bounded memory", async () => {
  const line = `.${"x".repeat(75)}\r\n`; // stuffed: two dots on the wire
  const lines = (64 << 20) / line.length;
  const child = start("smtp", "--maildir", directory);
  child.stdin.write(DATA);
  const block = `.${line}`.repeat(4096);
  for (let sent = 0; sent < lines; sent += 4096) {
    child.stdin.write(block);
    await child.stdin.flush();
  }
  child.stdin.write(".\r\nQUIT\r\n");
  child.stdin.end();
  expect(await child.stdout.text()).toContain("250 2.0.0 Stored");
  await child.exited;
  const [name] = files("new");
  const stored = Bun.file(join(directory, "new", name!));
  const expected = line.repeat(4096);
  const hash = (text: string | Uint8Array, times: number) => {
    const hasher = new Bun.CryptoHasher("sha256");
    for (let count = 0; count < times; count++) hasher.update(text);
    return hasher.digest("hex");
  };
  const blocks = Math.ceil(lines / 4096);
  expect(stored.size).toBe(expected.length * blocks);
  expect(hash(new Uint8Array(await stored.arrayBuffer()), 1)).toBe(hash(expected, blocks));

  const pop3 = start("pop3", "--maildir", directory, "--any-user");
  pop3.stdin.write("USER a\r\nPASS b\r\nRETR 1\r\nQUIT\r\n");
  pop3.stdin.end();
  await Bun.sleep(500); // nobody reads: nothing may pile up
  const answer = await pop3.stdout.text();
  expect(answer.length).toBe(
    "+OK POP3 ready\r\n+OK\r\n+OK\r\n+OK message follows\r\n.\r\n+OK\r\n".length + block.length * blocks,
  );
  await pop3.exited;
  for (const process of [child, pop3]) expect(process.resourceUsage()!.maxRSS / 1e6).toBeLessThan(150);
}, 60_000);

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
