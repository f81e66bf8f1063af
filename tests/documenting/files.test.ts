// The manual's set-ups against the files that ship.

import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { withShown } from "../../scripts/documenting/files.ts";

const root = `${import.meta.dir}/../..`;
const page = readFileSync(`${root}/man/protowrap-setups.7`, "utf8");
const read = (path: string) => readFileSync(`${root}/${path}`, "utf8");

test("the manual shows the files of the set-ups as they are (scripts/document writes them)", () => {
  expect(withShown(page, read)).toBe(page);
});

test("it shows or names every one of them", () => {
  const files = readdirSync(`${root}/scripts/deploy/setups`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => `${parentPath}/${name}`.split("scripts/deploy/setups/")[1]!);
  expect(files).toHaveLength(11);
  for (const file of files)
    expect(page).toContain(
      file.endsWith(".service") ? `.Pa ${file}` : `.\\" scripts/deploy/setups/${file}\n.Bd `,
    );
});

test("each set-up is told as a whole", () => {
  const [, ...sections] = page.split(/^\.Sh (?=FIREWALL|FORWARDED|BEHIND A PIPE|MOVED|REDIRECTED|FILES)/m);
  expect(sections).toHaveLength(6);
  for (const section of sections.slice(0, 5))
    expect([...section.matchAll(/^\.Ss (.*)$/gm)].map(([, title]) => title)).toEqual([
      "What it is for",
      "Files",
      "What the server sees",
      "What the log shows",
      "How to check it",
      "How to undo it",
    ]);
});

test("what would mean something to the formatter is text", () => {
  const shown = withShown(
    '.\\" scripts/x\n.Bd -literal -offset indent\nold\n.Ed\nend',
    () => ".a\n'b\nc\\d\n",
  );
  expect(shown).toBe(".\\\" scripts/x\n.Bd -literal -offset indent\n\\&.a\n\\&'b\nc\\ed\n.Ed\nend");
});
