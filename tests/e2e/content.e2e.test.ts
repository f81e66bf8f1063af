// Whoever reads mail judges --block-body: Python's email and Dovecot are asked which of the mails in fixtures/variants show
// a phrase that no octets of theirs show. What one of them shows is refused.

import { expect } from "bun:test";
import { copyFileSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { ContentInspector } from "../../src/policy/content/inspector.ts";
import { Rules } from "../../src/policy/content/rules.ts";
import { Dovecot, dovecotNeeds } from "./parts/dovecot.ts";
import type { Mail } from "./parts/mail.ts";
import { built, type Need, program, waiting } from "./parts/missing.ts";
import { run } from "./parts/process.ts";
import { Scratch } from "./parts/scratch.ts";
import { protowrap } from "./parts/wrapper.ts";

const PHRASE = "ILOVEYOU";
const fixtures = new URL("../fixtures/", import.meta.url).pathname;
const directory = `${fixtures}variants/`;
const names = readdirSync(directory).sort();
const rules = new Rules([PHRASE]);

function isRefused(name: string): boolean {
  const inspector = new ContentInspector(rules, () => 0);
  const rule = inspector.octets(readFileSync(directory + name)) ?? inspector.end();
  return rule !== null;
}

/** A reader, and how many of the mails it shows at least: one that shows nothing judges nothing. */
interface Judge {
  readonly name: string;
  readonly needs: readonly Need[];
  readonly least: number;
  shown(scratch: Scratch): Promise<readonly string[]>;
}

async function output(scratch: Scratch, argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(scratch, argv);
  if (code !== 0) throw new Error(`${argv[0]} exits ${code}: ${stderr}`);
  return stdout.toString("latin1");
}

const SEARCH = `
import imaplib, sys
server = imaplib.IMAP4("127.0.0.1", int(sys.argv[1]), timeout=15)
server.login("kituser", "kitpass")
server.select("INBOX", readonly=True)
print(server.search(None, "TEXT", sys.argv[2])[1][0].decode())
server.logout()
`;

const python: Judge = {
  name: "Python's email",
  needs: [program("python3")],
  least: 200,
  shown: async (scratch) => {
    const said = await output(scratch, ["python3", "-I", `${fixtures}judge.py`, directory, PHRASE]);
    return said.trim().split("\n");
  },
};

const dovecot: Judge = {
  name: "Dovecot",
  needs: [program("python3"), ...dovecotNeeds],
  least: 120,
  shown: async (scratch) => {
    const mails = names.map(
      (name): Mail => ({ sender: "", recipients: [], octets: readFileSync(directory + name) }),
    );
    await using server = await Dovecot.with(scratch, mails);
    const said = await output(scratch, ["python3", "-I", "-c", SEARCH, `${server.imapPort}`, PHRASE]);
    return said
      .trim()
      .split(" ")
      .map((number) => names[Number(number) - 1]!);
  },
};

for (const judge of [python, dovecot])
  waiting(`what ${judge.name} shows is refused`, judge.needs, async () => {
    await using scratch = new Scratch();
    const shown = await judge.shown(scratch);
    expect(shown.length).toBeGreaterThan(judge.least);
    expect(shown.filter((name) => !isRefused(name))).toEqual([]);
  });

waiting("check --mail tells what of a mailbox would be refused", [built], async () => {
  await using scratch = new Scratch();
  const maildir = `${scratch.path}/Maildir`;
  mkdirSync(`${maildir}/cur`, { recursive: true });
  for (const name of names) copyFileSync(directory + name, `${maildir}/cur/${name}`);
  const rule = ["--relay-domain", "kit.test", "--block-body", PHRASE];
  const check = (path: string) =>
    run(scratch, [protowrap, "check", "smtp", ...rule, "--mail", path, "--", "/bin/true"]);
  const { code, stdout } = await check(maildir);
  const told = [...stdout.toString().matchAll(/^rule=\S+ message-id=.* mail="?cur\/([^"\n]+)"?$/gm)];
  expect(told.map(([, name]) => name!).sort()).toEqual(names.filter(isRefused));
  expect(stdout.toString()).toMatch(
    /^warning: --mail: \d+ of \d+ mails would be refused: \d+ by block-body#1/m,
  );
  expect(code).toBe(0);
  const none = await check(`${scratch.path}/none`);
  expect([none.code, none.stdout.toString()]).toEqual([
    64,
    expect.stringMatching(/^error: --mail: .*ENOENT$/m),
  ]);
});
