// The manual's lists of the log against those of the source.

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { BEGIN, withLists } from "../../scripts/documenting/log.ts";
import { END } from "../../scripts/documenting/mdoc.ts";

test("the manual has the log's keys, events, reasons and rules as they are (scripts/document writes them)", () => {
  const page = readFileSync(`${import.meta.dir}/../../man/protowrap.8`, "utf8");
  expect(withLists(page)).toBe(page);
});

test("what stands around them is left as it is, and what was between them goes", () => {
  const page = withLists(`a\n${BEGIN}\nancient text\n${END}\nb\n`);
  expect(page).toStartWith(`a\n${BEGIN}\n`);
  expect(page).toEndWith(`${END}\nb\n`);
  expect(page).not.toContain("ancient");
  expect(page).toContain(".It Li server-exit\n");
});

test("a page without a place for them is an error", () => {
  expect(() => withLists("nothing")).toThrow("has no line");
});
