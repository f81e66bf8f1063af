import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { visit } from "../../../src/cli/check/mailbox.ts";
import { UsageError } from "../../../src/options/usage.ts";

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "mailbox-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Name and text of each mail; of one that was lost, why. */
function mailsOf(path: string): [name: string, text: string][] {
  const mails: [string, string][] = [];
  let ended = true;
  visit(path, "--mail", {
    begin(name) {
      expect(ended).toBeTrue();
      ended = false;
      mails.push([name, ""]);
    },
    octets(view) {
      expect(view.length).toBeLessThanOrEqual(131072);
      mails.at(-1)![1] += Buffer.from(view).toString("latin1");
    },
    end() {
      ended = true;
    },
    onLost: (name, why) => mails.push([name, why]),
  });
  expect(ended).toBeTrue();
  return mails;
}

let files = 0;
function mbox(text: string): [string, string][] {
  const path = join(directory, `mbox${files++}`);
  writeFileSync(path, text, "latin1");
  return mailsOf(path);
}

describe("an mbox", () => {
  test("is mails that begin behind an empty line, which is theirs", () => {
    expect(mbox("From a\nS: 1\n\none\nFrom here on\n\nFrom b\nS: 2\n\n\n\n")).toEqual([
      ["mail 1", "S: 1\n\none\nFrom here on\n"],
      ["mail 2", "S: 2\n\n\n"],
    ]);
  });

  test("has quoted lines, which are read as they were", () => {
    expect(mbox("From a\n>From x\n>>From y\n>Fromage\n > From\n")).toEqual([
      ["mail 1", "From x\n>From y\n>Fromage\n > From\n"],
    ]);
  });

  test("may have the line ends of mail, and no last one", () => {
    expect(mbox("From a\r\nS: 1\r\n\r\nFrom b\r\nS: 2")).toEqual([
      ["mail 1", "S: 1\r\n"],
      ["mail 2", "S: 2"],
    ]);
  });

  test("may have lines longer than is held, and lines that end where a piece does", () => {
    for (const length of [65530, 131060, 131066, 131072, 300_000]) {
      const text = `${"x".repeat(length)}\nFrom no\n\nFrom b\n${"y".repeat(length)}\n`;
      const [one, two, ...more] = mbox(`From a\n${text}`);
      expect([one![1], two![1], more]).toEqual([
        `${"x".repeat(length)}\nFrom no\n`,
        `${"y".repeat(length)}\n`,
        [],
      ]);
    }
  });

  test("of many mails is read to its end", () => {
    const mails = mbox("From a\nMessage-ID: <a@b>\n\ntext\n\n".repeat(20_000));
    expect([mails.length, new Set(mails.map(([, text]) => text)).size]).toEqual([20_000, 1]);
  });
});

describe("a Maildir", () => {
  test("is files in cur and new, and what is no file is told", () => {
    const path = join(directory, "maildir");
    for (const folder of ["cur", "new", "tmp", "cur/directory"])
      mkdirSync(join(path, folder), { recursive: true });
    writeFileSync(join(path, "cur/1:2,S"), "one\n");
    writeFileSync(join(path, "new/2"), "");
    writeFileSync(join(path, "tmp/3"), "three\n");
    writeFileSync(join(path, "cur/.hidden"), "four\n");
    symlinkSync("/nowhere", join(path, "new/dangling"));
    Bun.spawnSync(["mkfifo", join(path, "cur/pipe")]);
    expect(mailsOf(path).sort()).toEqual([
      ["cur/1:2,S", "one\n"],
      ["cur/directory", "it is a directory"],
      ["cur/pipe", "it is a named pipe"],
      ["new/2", ""],
      ["new/dangling", "ENOENT"],
    ]);
  });

  test("may have no new", () => {
    const path = join(directory, "old");
    mkdirSync(join(path, "cur"), { recursive: true });
    writeFileSync(join(path, "cur/1"), "one\n");
    expect(mailsOf(path)).toEqual([["cur/1", "one\n"]]);
  });
});

describe("what is no mailbox is said", () => {
  const refused = (path: string, words: string) => {
    expect(() => mailsOf(path)).toThrow(UsageError);
    expect(() => mailsOf(path)).toThrow(words);
  };

  test("of what is not there, a pipe, a device, a directory", () => {
    const pipe = join(directory, "pipe");
    Bun.spawnSync(["mkfifo", pipe]);
    refused(pipe, `--mail: expected an mbox or a Maildir, ${pipe} is a named pipe`);
    refused("/dev/null", "/dev/null is a device");
    refused(join(directory, "none"), "none cannot be read: ENOENT");
    mkdirSync(join(directory, "plain/new"), { recursive: true });
    refused(join(directory, "plain"), "plain is a directory without cur");
  });

  test("of what is empty, and what begins otherwise", () => {
    const path = join(directory, "file");
    writeFileSync(path, "");
    refused(path, `--mail: ${path} is empty: there is no mail in it`);
    writeFileSync(path, "Subject: x\n");
    refused(path, `--mail: expected an mbox, which begins with "From ", got "${path}"`);
    mkdirSync(join(directory, "empty/cur"), { recursive: true });
    refused(join(directory, "empty"), "is empty: there is no mail in it");
  });
});
