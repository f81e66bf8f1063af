// Holds the option tables, the man pages, --help and what a configuration file may say against each other, so
// that they cannot drift.

import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { COMMAND_OPTIONS, HELP_OPTION, VERSION_OPTION } from "../src/cli/command-options.ts";
import { COMMANDS } from "../src/cli/commands.ts";
import { SHELLS } from "../src/cli/completion.ts";
import { helpText } from "../src/cli/help.ts";
import { protocolTables } from "../src/cli/protocol.ts";
import { PROTOCOL_KEY, SERVER_KEY, typesOf } from "../src/options/file.ts";
import { ownersOf } from "../src/options/owners.ts";
import { RUN_OPTIONS } from "../src/options/run.ts";
import { isList, type Option, type Table } from "../src/options/table.ts";
import { PROTOCOLS } from "../src/protocols/registry.ts";

const root = new URL("..", import.meta.url).pathname;
const page = readFileSync(`${root}man/protowrap.8`, "utf8");
const documented = [...page.matchAll(/^\.It Fl -([a-z0-9-]+)/gm)].map((match) => match[1]!);

const tables = await protocolTables();
const run: Table = RUN_OPTIONS;
const ofFiles: Table = Object.assign({}, run, ...tables.values());
const everyOption = { ...ofFiles, ...(Object.assign({}, ...Object.values(COMMAND_OPTIONS)) as Table) };

/** What the man page says of an option, up to the next. */
function entryOf(name: string): string {
  const start = page.search(new RegExp(`^\\.It Fl -${name}(?: |$)`, "m"));
  return page.slice(start).split("\n.It ")[0]!.split("\n.El")[0]!;
}

describe("the man page", () => {
  test("documents every option once, and no other", () => {
    const due = { ...everyOption, ...HELP_OPTION, ...VERSION_OPTION };
    expect(documented.sort()).toEqual(Object.keys(due).sort());
  });

  for (const name of Object.keys(ofFiles)) {
    const presets = [run, ...tables.values()].map((table) => table[name]?.default);
    const numbers = new Set(presets.filter((preset) => preset !== undefined && /^[0-9]+$/.test(preset)));
    if (numbers.size > 0)
      test(`tells the default of --${name}`, () => {
        for (const number of numbers) expect(entryOf(name)).toMatch(new RegExp(`\\b${number}\\b`));
      });
  }

  for (const [name, { takes }] of Object.entries(everyOption)) {
    if (takes.kind !== "choice") continue;
    test(`tells every choice of --${name}, of every protocol`, () => {
      const choices = [...tables.values(), run].flatMap((table) => {
        const kind = table[name]?.takes;
        return kind?.kind === "choice" ? kind.of : [];
      });
      const [, told = ""] = /^\.It Fl -\S+ Cm (.*)$/m.exec(entryOf(name))!;
      expect(told.split(" | ").sort()).toEqual([...new Set(choices)].sort());
    });
  }

  test("has a section for every group of options", () => {
    const sections = [...page.matchAll(/^\.Ss (.+)$/gm)].map(([, title]) => title!.toLowerCase());
    const groups = [...new Set(Object.values(everyOption).map(({ group }) => group.toLowerCase()))];
    const told = (group: string) => sections.some((title) => title.split(/, | and /).includes(group));
    expect(groups.filter((group) => !told(group))).toEqual([]);
  });

  test("has every command in its synopsis", () => {
    const synopsis = page.split(".Sh DESCRIPTION")[0]!;
    for (const command of Object.keys(COMMANDS)) expect(synopsis).toContain(`\n.Nm\n.Cm ${command}\n`);
  });

  for (const command of Object.keys(COMMAND_OPTIONS))
    test(`has ${command} in its synopsis, with what it takes`, () => {
      const synopsis = page.split(".Sh DESCRIPTION")[0]!.split("\n.Nm\n");
      const own = synopsis.find((form) => form.startsWith(`.Cm ${command}\n`));
      const table: Table = COMMAND_OPTIONS[command as keyof typeof COMMAND_OPTIONS];
      for (const name of Object.keys(table)) expect(own).toMatch(new RegExp(`^\\.Op Fl -${name}\\b`, "m"));
    });

  for (const file of readdirSync(`${root}man`)) lints(file);
});

function lints(file: string): void {
  test(`${file} has nothing that mandoc's lint would change`, () => {
    const mandoc = Bun.which("mandoc");
    if (mandoc === null) {
      if (process.env.CI === "true") throw new Error("mandoc is missing");
      return console.warn("skipped: mandoc is missing");
    }
    const { stdout } = Bun.spawnSync([mandoc, "-T", "lint", `${root}man/${file}`]);
    // Our own pages are not installed where they are tested, and which others are is the machine's affair.
    const lines = stdout.toString().split("\n");
    expect(lines.filter((line) => line !== "" && !line.includes("referenced manual not found: Xr "))).toEqual(
      [],
    );
  });
}

describe("the man page of the configuration file", () => {
  const file = readFileSync(`${root}man/protowrap.toml.5`, "utf8");

  test("has every key, with what it takes and whom it is for", () => {
    const rows = [...file.matchAll(/^\.It Cm (\S+) Ta (.+) Ta (.+)$/gm)].map(([, key, type, whom]) =>
      [key, type, whom!.split(", ").sort().join(", ")].join("; "),
    );
    const keys = Object.entries(ofFiles).filter(([name]) => name !== "config");
    const due = keys.map(([name, option]) => `${name}; ${typeOf(option)}; ${whomFor(name)}`);
    const own = [`${SERVER_KEY}; array of strings; all`, `${PROTOCOL_KEY}; string; services`];
    expect(rows.sort()).toEqual([...due, ...own].sort());
  });
});

/** Every run's, or that of all protocols there are; else the protocols' names. */
function whomFor(name: string): string {
  const owners = ownersOf(name, tables);
  return Object.hasOwn(run, name) || owners.length === tables.size ? "all" : owners.sort().join(", ");
}

function typeOf(option: Option): string {
  if (isList(option)) return "array of strings";
  const { mayBeBoolean, mayBeNumber, mayBeText } = typesOf(option);
  return [
    ...(mayBeBoolean ? ["boolean"] : []),
    ...(mayBeNumber ? ["integer"] : []),
    ...(mayBeText ? ["string"] : []),
  ].join(" or ");
}

describe("--help", () => {
  test("of a command has its own options, and not those of another", async () => {
    const text = await helpText("smtp", "explain");
    expect(text).toContain("--client ");
    expect(text).toContain("--relay-domain ");
    expect(text).not.toContain("--strict ");
    expect(text).not.toContain("--final-line ");
  });

  test("has every command in its usage", async () => {
    const text = await helpText(null);
    for (const command of Object.keys(COMMANDS))
      expect(text).toMatch(new RegExp(`^ *protowrap ${command}\\b`, "m"));
  });

  test("has every shell that completes", async () => {
    const shells = Object.keys(SHELLS);
    expect(await helpText(null)).toContain(`protowrap completion ${shells.join("|")}\n`);
    expect(page).toContain(`\n.Cm completion\n.Cm ${shells.join(" | ")}\n`);
  });

  test("lists every option", async () => {
    const text = await helpText(null);
    const missing = Object.keys(everyOption).filter((name) => !text.includes(`--${name} `));
    expect(missing).toEqual([]);
  });

  for (const [name, table] of tables)
    test(`of ${name} has its own options and those of every run, and no other's`, async () => {
      const text = await helpText(name);
      const told = Object.keys(ofFiles).filter((option) => text.includes(`--${option} `));
      expect(told.sort()).toEqual([...Object.keys(run), ...Object.keys(table)].sort());
    });

  test("of a protocol tells its own defaults", async () => {
    expect(await helpText("pop3")).toMatch(/--idle-timeout .*\[default: 600\]/);
    expect(await helpText("smtp")).toMatch(/--idle-timeout .*\[default: 300\]/);
  });

  test("fits the terminal, and 80 columns where there is none", async () => {
    const widest = (text: string) => Math.max(...text.split("\n").map((line) => line.length));
    for (const name of [null, ...Object.keys(PROTOCOLS)]) {
      expect(widest(await helpText(name, undefined, undefined))).toBeLessThanOrEqual(80);
      expect(widest(await helpText(name, undefined, 60))).toBeLessThanOrEqual(60);
    }
    expect(widest(await helpText("smtp", undefined, 120))).toBeGreaterThan(80);
  });
});
