// Holds the option table, the man page and --help against each other, so that they cannot drift.

import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { helpText } from "../src/cli/help.ts";
import { OPTIONS } from "../src/cli/options.ts";

const root = new URL("..", import.meta.url).pathname;
const page = readFileSync(`${root}man/protowrap.8`, "utf8");
const documented = [...page.matchAll(/^\.It Fl -([a-z-]+)/gm)].map((match) => match[1]!);

describe("the man page", () => {
  test("documents every option, and no other", () => {
    expect(documented.sort()).toEqual([...OPTIONS.map(({ name }) => name), "help", "version"].sort());
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

describe("--help", () => {
  test("lists every option", async () => {
    const text = await helpText(null);
    expect(OPTIONS.filter(({ name }) => !text.includes(`--${name} `)).map(({ name }) => name)).toEqual([]);
  });

  test("of a protocol leaves out the options of the others", async () => {
    const text = await helpText("pop3");
    expect(text).toContain("--login-delay");
    expect(text).not.toContain("--relay-domain");
  });
});
