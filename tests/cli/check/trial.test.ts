import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tried } from "../../../src/cli/check/trial.ts";
import { smtpWords } from "../../../src/protocols/smtp/description.ts";
import type { SmtpOptions } from "../../../src/protocols/smtp/options.ts";
import { reading, valuesFrom } from "../../reading.ts";
import { PROTOCOLS } from "../../subjects.ts";

let path = "";
beforeAll(() => {
  path = join(mkdtempSync(join(tmpdir(), "trial-")), "mbox");
});
afterAll(() => rmSync(join(path, ".."), { recursive: true }));

/** As a session would judge them. */
function trial(mails: readonly string[], options: Partial<SmtpOptions> = {}) {
  writeFileSync(path, mails.map((mail) => `From a\n${mail}\n`).join(""), "latin1");
  const own = { ...PROTOCOLS.smtp!.options, ...options };
  return tried(path, "--mail", () => smtpWords.message!(reading(own)));
}

const rules = valuesFrom(PROTOCOLS.smtp!.protocol.options, { blockBody: ["viagra", "^secret$"] });

test("each mail is judged as a session would, and told with its Message-ID", () => {
  const { rows, refused, findings } = trial(
    [
      "Subject: a\nMessage-ID: <1@a>\n\nhello\n.\n..\n",
      `Message-Id:\n <2@a>\n\n${"x".repeat(1200)}\n`,
      "MESSAGE-ID: <3@a>\nSubject: =?utf-8?B?dmlhZ3Jh?=\n\nx\n",
      "Message-ID: <4@a>\n\nan end\r alone\n",
      "Message-ID: <5@a>\n\n.\nsecret\n",
      "Subject: none\n\nNUL \0\nMessage-ID: <no@a>\n",
      `Message-ID: <7@a>\n\n${`${"y".repeat(70)}\n`.repeat(30)}\n`,
    ],
    { ...rules, maxMessageSize: 2000 },
  );
  expect(refused).toEqual([
    'rule=text-line message-id=<2@a> mail="mail 2"',
    'rule="block-body#1" message-id=<3@a> mail="mail 3"',
    'rule=bare-newline message-id=<4@a> mail="mail 4"',
    'rule="block-body#2" message-id=<5@a> mail="mail 5"',
    'rule=nul message-id="" mail="mail 6"',
    'rule=message-size message-id=<7@a> mail="mail 7"',
  ]);
  const by =
    "1 by text-line, 1 by block-body#1, 1 by bare-newline, 1 by block-body#2, 1 by nul, 1 by message-size";
  expect(rows).toEqual([
    ["tried", `7 mails of ${path}`],
    ["refused", `6 of them would be: ${by}`],
  ]);
  expect(findings).toEqual([
    { severity: "warning", about: "--mail", text: `6 of 7 mails would be refused: ${by}` },
  ]);
});

test("what would pass is no news, and depends on the options", () => {
  const long = `Message-ID: <1@a>\n\n${"x".repeat(1200)}\n`;
  expect(trial([long], { longText: "pass" })).toMatchObject({ refused: [], findings: [] });
  expect(trial([long]).refused).toHaveLength(1);
});

test("what a mail says of itself cannot write on a terminal", () => {
  const id = '<\x1b[31m\x9b"\\\xe9@a>\n\t\x07 and more';
  const [line] = trial([`Message-ID: ${id}\nX: \0\n\n`]).refused;
  expect(line).toBe('rule=nul message-id="<\\x1b[31m\\x9b\\"\\\\\\xe9@a> \\x07 and more" mail="mail 1"');
});

test("the rule that refuses most is told first", () => {
  const nul = "Subject: x\n\n\0\n";
  const { rows } = trial(["Subject: x\n\nviagra\n", nul, nul], rules as Partial<SmtpOptions>);
  expect(rows[1]).toEqual(["refused", "3 of them would be: 2 by nul, 1 by block-body#1"]);
});
