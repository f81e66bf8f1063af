// The example protocol, registered as one of ours and loaded from outside: whatever is asked, both are the same.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { outside } from "../../src/cli/outside.ts";
import { atEverySplit } from "../splits.ts";
import { readTranscripts } from "../transcripts.ts";
import { registered } from "./registered.ts";

const EXAMPLE = join(import.meta.dir, "nntp");
const MODULE = join(EXAMPLE, "nntp.ts");
const BINARY = process.env.PROTOWRAP ?? join(import.meta.dir, "../../dist/protowrap");

/** As the command line has them by default. */
const OPTIONS = {
  ...{ maxLineLength: 512, onLongLine: "refuse", hideGroup: [] },
  ...{ auth: "off", loginWithoutTls: null, maxLoginAttempts: 3, loginDelay: 3 },
};

describe("every transcript is the same at every split", async () => {
  const both = { registered: await registered.load(), "from outside": await outside(MODULE) };
  for (const [how, protocol] of Object.entries(both))
    describe(how, () => {
      for (const file of readdirSync(join(EXAMPLE, "transcripts")))
        for (const transcript of readTranscripts(join(EXAMPLE, "transcripts", file)))
          test(transcript.title, () => atEverySplit(transcript, { protocol, options: OPTIONS }));
    });
});

describe("every command says the same", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "protowrap-example-"));
    chmodSync(folder, 0o755);
    writeFileSync(join(folder, "server"), SERVER, { mode: 0o755 });
    for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, `${name}.toml`), text);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const user = process.getuid!() === 0 ? ["--user", "nobody"] : [];
  const server = () => ["--", join(folder, "server")];
  const cases: Record<string, () => readonly string[]> = {
    "--help": () => ["nntp", "--help"],
    "check --help": () => ["check", "nntp", "--help"],
    check: () => ["check", "nntp", ...user, ...server()],
    "check, of the default server": () => ["check", "nntp", ...user],
    "check, of what is doubted": () => [
      ...["check", "nntp", ...user, "--strict", "--auth", "pass", "--max-login-attempts", "0"],
      ...["--hide-group", ".*", "--", "/usr/lib/news/innd"],
    ],
    "an expression that is none": () => ["check", "nntp", ...user, "--hide-group", "(", ...server()],
    "a value that is none": () => ["check", "nntp", "--max-line-length", "x", ...server()],
    "an option that is near": () => ["check", "nntp", "--hide-groups", "x", ...server()],
    "an option of somebody else": () => ["check", "nntp", "--relay-domain", "x", ...server()],
    config: () => ["config", "nntp", ...user, "--hide-group", "x", ...server()],
    explain: () => ["explain", "nntp", "--hide-group", "^secret"],
    "explain --json": () => ["explain", "nntp", "--json"],
    "a session": () => ["nntp", ...user, "--log", "none", ...server()],
    "a session that cannot begin": () => ["nntp", ...user, "--log", "none", "--login-delay", "long"],
  };
  for (const name of Object.keys(FILES))
    for (const command of ["check", "config"])
      cases[`${command}, of a file with ${name}`] = () => [
        ...[command, "nntp", "--config", join(folder, `${name}.toml`)],
        ...user,
      ];

  for (const [what, argv] of Object.entries(cases))
    test(what, async () => {
      const ours = await run([process.execPath, join(import.meta.dir, "registered.ts"), ...argv()]);
      const theirs = await run([BINARY, ...argv().map((word) => (word === "nntp" ? MODULE : word))]);
      // The one thing that only a registered protocol is: listed.
      const listed = { ...ours, out: ours.out.replace("smtp, nntp,", "smtp,") };
      expect(theirs).toEqual(what.includes("elp") ? listed : ours);
      expect(theirs.out + theirs.err).not.toBe("");
      expect(theirs.code).not.toBe(70);
    });

  test("the session is one, and the file's mistakes are told by file and line", async () => {
    const session = await run([BINARY, MODULE, ...user, "--log", "none", ...server()]);
    expect(session).toEqual({ out: "200 ready\r\n502 Command unavailable\r\n205 bye\r\n", err: "", code: 0 });
    const file = join(folder, "a wrong value.toml");
    const { err } = await run([BINARY, "check", MODULE, "--config", file]);
    expect(err).toContain(`${file}:3: `);
  });
});

/** Files of a configuration, right and wrong. */
const FILES: Readonly<Record<string, string>> = {
  "all that may be": '[nntp]\nhideGroup = ["^local"]\nauth = "pass"\nserver = ["/bin/true"]\nlog = "none"\n',
  "an unknown key": '[nntp]\nserver = ["/bin/true"]\nhideGroups = ["x"]\n',
  "a wrong value": '[nntp]\nserver = ["/bin/true"]\nonLongLine = "truncate"\n',
  "a wrong type": '[nntp]\nserver = ["/bin/true"]\nmaxLoginAttempts = true\n',
  "a wrong expression": '[nntp]\nserver = ["/bin/true"]\nhideGroup = ["("]\n',
  "a key twice": '[nntp]\nserver = ["/bin/true"]\nauth = "off"\nauth = "off"\n',
  "a key of another protocol": '[nntp]\nserver = ["/bin/true"]\nrelayDomain = ["x"]\n',
};

const SERVER = `#!/bin/sh
printf '200 ready\\r\\n'
while read -r line; do
  case $line in
    QUIT*) printf '205 bye\\r\\n'; exit ;;
    *) printf '500 %s\\r\\n' "$line" ;;
  esac
done
`;

async function run(argv: readonly string[]): Promise<{ out: string; err: string; code: number }> {
  const child = Bun.spawn([...argv], {
    stdin: new TextEncoder().encode("POST\r\nQUIT\r\n"),
    stdout: "pipe",
    stderr: "pipe",
    env: { PATH: process.env.PATH ?? "" },
  });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { out, err, code: await child.exited };
}
