// Holds the option table, the man pages, --help and what a configuration file may say against each other, so
// that they cannot drift.

import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { FILE_OPTIONS, SERVER_KEY } from "../src/cli/config.ts";
import { helpText } from "../src/cli/help.ts";
import { COMMAND_OPTIONS, OPTIONS, type Option } from "../src/cli/options.ts";

const root = new URL("..", import.meta.url).pathname;
const page = readFileSync(`${root}man/protowrap.8`, "utf8");
const documented = [...page.matchAll(/^\.It Fl -([a-z-]+)/gm)].map((match) => match[1]!);
const everyOption = [...OPTIONS, ...Object.values(COMMAND_OPTIONS).flat()];

describe("the man page", () => {
  test("documents every option, and no other", () => {
    expect(documented.sort()).toEqual([...everyOption.map(({ name }) => name), "help", "version"].sort());
  });

  for (const { name, default: preset } of OPTIONS) {
    if (typeof preset !== "string" || !/^[0-9]+$/.test(preset)) continue;
    test(`tells the default of --${name}`, () => {
      const entry = page
        .slice(page.indexOf(`.It Fl -${name} `))
        .split("\n.It ")[0]!
        .split("\n.El")[0]!;
      expect(entry).toMatch(new RegExp(`\\b${preset}\\b`));
    });
  }

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
    // Our own pages are not installed where they are tested.
    const lines = stdout.toString().split("\n");
    expect(lines.filter((line) => line !== "" && !line.includes("Xr protowrap"))).toEqual([]);
  });
}

describe("the man page of the configuration file", () => {
  const file = readFileSync(`${root}man/protowrap.toml.5`, "utf8");

  test("has every key, with what it takes and whom it is for", () => {
    const rows = [...file.matchAll(/^\.It Cm (\S+) Ta (.+) Ta (.+)$/gm)].map(([, ...cells]) =>
      cells.join("; "),
    );
    const keys = FILE_OPTIONS.map(
      (option) => `${option.name}; ${typeOf(option)}; ${option.for?.join(", ") ?? "all"}`,
    );
    expect(rows.sort()).toEqual([...keys, `${SERVER_KEY}; array of strings; all`].sort());
  });
});

function typeOf({ takes, list }: Option): string {
  if (list) return "array of strings";
  if (takes.kind === "number") return "integer";
  const isNumeric = takes.kind === "choice" && takes.of.every((choice) => /^[0-9]+$/.test(choice));
  return takes.kind === "size" || isNumeric ? "integer or string" : "string";
}

describe("--help", () => {
  test("of a command has its own options, and not those of another", async () => {
    const text = await helpText("smtp", "explain");
    expect(text).toContain("--client ");
    expect(text).toContain("--relay-domain ");
    expect(text).not.toContain("--strict ");
    expect(text).not.toContain("--final-line ");
  });

  test("lists every option", async () => {
    const text = await helpText(null);
    expect(everyOption.filter(({ name }) => !text.includes(`--${name} `)).map(({ name }) => name)).toEqual(
      [],
    );
  });

  test("of a protocol leaves out the options of the others", async () => {
    const text = await helpText("pop3");
    expect(text).toContain("--login-delay");
    expect(text).not.toContain("--relay-domain");
  });
});
