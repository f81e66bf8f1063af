// What shells make of the scripts that `protowrap completion` prints: real ones, at a terminal, with real keys.

import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync } from "node:fs";
import { join } from "node:path";
import { type Completed, grammar, MODULE, type Place } from "../../src/cli/completion/grammar.ts";
import { SHELLS, wholeGrammar } from "../../src/cli/completion.ts";
import type { Table } from "../../src/options/table.ts";
import { built, part } from "./parts/missing.ts";
import { run } from "./parts/process.ts";
import { Scratch } from "./parts/scratch.ts";
import { BASH, FISH, type Shell, Terminal, ZSH } from "./parts/terminal.ts";
import { protowrap } from "./parts/wrapper.ts";

const TERMINALS = [BASH, ZSH, FISH];
const whole = await wholeGrammar();

async function printed(scratch: Scratch, shell: Shell): Promise<string> {
  const { code, stdout, stderr } = await run(scratch, [protowrap, "completion", shell.name]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout.toString();
}

test("every shell there is a script for is at a terminal here", () => {
  expect(TERMINALS.map(({ name }) => name)).toEqual(Object.keys(SHELLS));
});

/** What is typed, and what it comes to. */
const TYPED: readonly (readonly [what: string, keys: string, argv: readonly string[]])[] = [
  ["commands, protocols and options", "ch\tsm\t--on-l\t re\t", ["check", "smtp", "--on-long-line", "refuse"]],
  ["a value behind an equals sign", "smtp --on-long-line=cl\t", ["smtp", "--on-long-line=close"]],
  ["the choices of this protocol", "line --on-long-line tr\t", ["line", "--on-long-line", "truncate"]],
  ["no choice of another protocol", "pop3 --on-long-line tr\t", ["pop3", "--on-long-line", "tr"]],
  ["no option of another protocol", "pop3 --relay-d\t", ["pop3", "--relay-d"]],
  ["no option of another command", "check smtp --js\t", ["check", "smtp", "--js"]],
  ["what every run has", "finger --log-f\t js\t", ["finger", "--log-format", "json"]],
  ["a file", "smtp --config some.\t", ["smtp", "--config", "some.toml"]],
  ["a file behind an equals sign", "smtp --config=some.\t", ["smtp", "--config=some.toml"]],
  ["a file whose name has a blank", "smtp --config wi\t", ["smtp", "--config", "with blank.toml"]],
  ["a file in quotes", 'smtp --config "wi\t', ["smtp", "--config", "with blank.toml"]],
  ["a choice in quotes", "smtp --vrfy '25\t", ["smtp", "--vrfy", "252"]],
  ["a file at home", "smtp --config ~/some.\t", ["smtp", "--config", "DIR/some.toml"]],
  ["a directory, and no file", "sink sm\t--maildir so\t", ["sink", "smtp", "--maildir", "somewhere"]],
  ["a directory behind an equals sign", "sink pop3 --maildir=so\t", ["sink", "pop3", "--maildir=somewhere"]],
  ["a file of a subcommand", "sink pop3 --passwd some.\t", ["sink", "pop3", "--passwd", "some.toml"]],
  ["a user", "smtp --user roo\t", ["smtp", "--user", "root"]],
  ["a group", "smtp --group=roo\t", ["smtp", "--group=root"]],
  ["a place of the log", "smtp --log std\t", ["smtp", "--log", "stderr"]],
  ["the beginning of one", "smtp --log syslog+\t192.0.2.1:1", ["smtp", "--log", "syslog+tcp://192.0.2.1:1"]],
  ["a file of the log", "smtp --log file:DIR/some.\t", ["smtp", "--log", "file:DIR/some.toml"]],
  ["the same in one word", "smtp --log=unix:DIR/some.\t", ["smtp", "--log=unix:DIR/some.toml"]],
  [
    "nothing for free text",
    "smtp --hostname so\t --vrf\t 25\t",
    ["smtp", "--hostname", "so", "--vrfy", "252"],
  ],
  [
    "behind addresses with colons",
    "smtp --listen '[::]:25' --listen 127.0.0.1:25 --vrf\t 50\t",
    ["smtp", "--listen", "[::]:25", "--listen", "127.0.0.1:25", "--vrfy", "502"],
  ],
  [
    "an option that is repeated",
    "smtp --listen a:1 --liste\t b:1",
    ["smtp", "--listen", "a:1", "--listen", "b:1"],
  ],
  ["the server's program", "smtp -- DIR/serv\t", ["smtp", "--", "DIR/server"]],
  ["a directory on the way to it", "smtp -- DIR/somew\tserver", ["smtp", "--", "DIR/somewhere/server"]],
  ["no program without its path", "smtp -- ech\t", ["smtp", "--", "ech"]],
  ["a file for the server", "smtp -- DIR/server -C some.\t", ["smtp", "--", "DIR/server", "-C", "some.toml"]],
  [
    "no option behind the dashes",
    "smtp -- DIR/server --relay-d\t",
    ["smtp", "--", "DIR/server", "--relay-d"],
  ],
  ["a module, and what every run has", "./mi\t --idle-e\t 5", ["./mine.ts", "--idle-exit", "5"]],
  ["a module of a command", "check ./mi\t --str\t", ["check", "./mine.ts", "--strict"]],
  ["shells", "comp\tfi\t", ["completion", "fish"]],
  ["an option of a command without protocol", "demo --on\t", ["demo", "--once"]],
  ["what goes with no command", "--vers\t", ["--version"]],
  ["no command behind an option", "--help che\t", ["--help", "che"]],
  ["a transcript", "explain smtp --js\t < some.\t", ["explain", "smtp", "--json"]],
];

for (const shell of TERMINALS)
  describe(shell.name, () => {
    const needs = [built, shell.need];

    part("completes", needs, async () => {
      await using scratch = new Scratch();
      for (const file of ["some.toml", "with blank.toml", "mine.ts", "server.conf", "someone"])
        scratch.file(file, "");
      scratch.directory("somewhere");
      chmodSync(scratch.file("server", "#!/bin/sh\n"), 0o755);
      await using terminal = await Terminal.open(scratch, shell, await printed(scratch, shell));
      const here = (text: string) => text.replace("DIR", scratch.path);
      for (const [what, keys, argv] of TYPED) {
        const words = await terminal.enter(`protowrap ${here(keys)}`);
        // A slash behind a directory stays or goes as the shell likes it.
        expect([what, ...words.map((word) => word.replace(/\/$/, ""))]).toEqual([what, ...argv.map(here)]);
      }
      expect(terminal.calls).toBe(terminal.entered);
    });

    part("offers every word and option where it belongs, and no other", needs, async () => {
      await using scratch = new Scratch();
      await using terminal = await Terminal.open(scratch, shell, await printed(scratch, shell));
      for (const place of whole.places) {
        const line = `protowrap ${place.name.replace(MODULE, "./mine.ts")}`.trim();
        const words = place.words.map(({ word }) => word);
        if (words.length > 0)
          expect([line, await offered(terminal, `${line} `)]).toEqual([line, words.sort()]);
        const options = optionsAt(place).map(({ name }) => `--${name}`);
        expect([line, await offered(terminal, `${line} --`)]).toEqual([line, options.sort()]);
      }
    });

    part("offers every value that is known", needs, async () => {
      await using scratch = new Scratch();
      await using terminal = await Terminal.open(scratch, shell, await printed(scratch, shell));
      const known = whole.places.flatMap((place) =>
        optionsAt(place).flatMap(({ name, value }) => {
          const values = [...(value?.words ?? []), ...(value?.beginnings ?? [])];
          return values.length < 2 ? [] : [[`protowrap ${place.name} --${name} `, values.sort()] as const];
        }),
      );
      expect(known.length).toBeGreaterThan(20);
      for (const [line, values] of known) {
        if (line.includes(MODULE)) continue;
        // What all of them begin with would be written first.
        const begun = `${line}${commonTo(values)}`;
        expect([line, await offered(terminal, begun)]).toEqual([line, values]);
      }
    });

    part("takes no text of a table for anything else", needs, async () => {
      await using scratch = new Scratch();
      const help = `it's "odd": $(touch made) \`touch made\` [a] {b,c} \\ %s :d; ~ * # & |`;
      const odd: Table = {
        "odd-flag": { takes: { kind: "flag" }, group: "Odd", help },
        "odd-list": { takes: { kind: "text" }, list: true, group: "Odd", help },
        "odd-way": { takes: { kind: "choice", of: ["this", "that"] }, group: "Odd", help },
      };
      const command = {
        name: "odd",
        about: help,
        positionals: ["one|other"],
        options: { x: { value: "it", help } },
      };
      const script = SHELLS[shell.name]!(grammar(new Map([["p", odd]]), [command]));
      await using terminal = await Terminal.open(scratch, shell, script);
      const typed = "protowrap p --odd-f\t --odd-l\t x --odd-l\t y --odd-w\t thi\t";
      const due = ["p", "--odd-flag", "--odd-list", "x", "--odd-list", "y", "--odd-way", "this"];
      expect(await terminal.enter(typed)).toEqual(due);
      expect(await offered(terminal, "protowrap p --odd-")).toEqual([
        "--odd-flag",
        "--odd-list",
        "--odd-way",
      ]);
      expect(existsSync(join(scratch.path, "made"))).toBe(false);
    });
  });

for (const shell of [BASH, ZSH])
  part(`${shell.name} does not offer again what can be said once`, [built, shell.need], async () => {
    await using scratch = new Scratch();
    await using terminal = await Terminal.open(scratch, shell, await printed(scratch, shell));
    expect(await terminal.enter("protowrap smtp --vrfy 252 --vr\t")).toEqual([
      "smtp",
      "--vrfy",
      "252",
      "--vr",
    ]);
    expect(await terminal.enter("protowrap smtp --vrfy=252 --vr\t")).toEqual(["smtp", "--vrfy=252", "--vr"]);
  });

part("bash may take colons and equals signs for letters", [built, BASH.need], async () => {
  await using scratch = new Scratch();
  const script = `${await printed(scratch, BASH)}\nCOMP_WORDBREAKS=\${COMP_WORDBREAKS//[:=]/}\n`;
  await using terminal = await Terminal.open(scratch, BASH, script);
  for (const file of ["some.toml", "with blank.toml"]) scratch.file(file, "");
  scratch.directory("somewhere");
  scratch.file("somewhere/inside", "");
  const typed: readonly (readonly [keys: string, argv: readonly string[]])[] = [
    [
      "--listen a:1 --on-long-line=cl\t --log-format js\t",
      ["--listen", "a:1", "--on-long-line=close", "--log-format", "json"],
    ],
    [
      "--log=syslog+\ta:1 --user=roo\t --listen x",
      ["--log=syslog+tcp://a:1", "--user=root", "--listen", "x"],
    ],
    ["--config=some.\t --listen x", ["--config=some.toml", "--listen", "x"]],
    ["--config=somew\tins\t --listen x", ["--config=somewhere/inside", "--listen", "x"]],
    ["--config=wi\t --listen x", ["--config=with blank.toml", "--listen", "x"]],
    ["--log file:some.\t --listen x", ["--log", "file:some.toml", "--listen", "x"]],
  ];
  for (const [keys, argv] of typed)
    expect(await terminal.enter(`protowrap smtp ${keys}`)).toEqual(["smtp", ...argv]);
  expect(await terminal.enter("protowrap sink smtp --maildir=som\t --record x")).toEqual([
    "sink",
    "smtp",
    "--maildir=somewhere/",
    "--record",
    "x",
  ]);
});

part("zsh finds the script by itself where its functions are", [built, ZSH.need], async () => {
  await using scratch = new Scratch();
  const script = await printed(scratch, ZSH);
  const functions = scratch.directory("functions");
  scratch.file("functions/_protowrap", script);
  const finding: Shell = { ...ZSH, setUp: `fpath=(${functions} $fpath); ${ZSH.setUp}` };
  await using terminal = await Terminal.open(scratch, finding, "");
  for (const _ of ["first, when it is loaded", "and again"])
    expect(await terminal.enter("protowrap ch\tsm\t--vr\t 50\t")).toEqual(["check", "smtp", "--vrfy", "502"]);
});

describe("a shell that is none of ours", () => {
  for (const [words, got] of [
    [[], ""],
    [["tcsh"], "tcsh"],
    [["bash", "zsh"], "bash zsh"],
  ] as const)
    part(`is an error: ${got || "none at all"}`, [built], async () => {
      await using scratch = new Scratch();
      const { code, stdout, stderr } = await run(scratch, [protowrap, "completion", ...words]);
      expect({ code, stdout: stdout.toString(), stderr }).toEqual({
        code: 64,
        stdout: "",
        stderr: `protowrap: completion: expected bash|zsh|fish, got ${JSON.stringify(got)}\n`,
      });
    });
});

function optionsAt({ groups }: Place): Completed[] {
  return groups.flatMap((group) => whole.groups.get(group)!);
}

/** What may stand at the end of the line, sorted: where that is one thing the shell does not list but types it. */
async function offered(terminal: Terminal, line: string): Promise<string[]> {
  const listed = await terminal.list(line);
  if (listed.length > 0) return listed.sort();
  const typed = await terminal.enter(`${line}\t`);
  return [typed.at(-1)!];
}

function commonTo([first = "", ...others]: readonly string[]): string {
  let length = first.length;
  while (!others.every((other) => other.startsWith(first.slice(0, length)))) length--;
  return first.slice(0, length);
}
