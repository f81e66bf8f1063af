// The manual's list of what is measured against that of the source.

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { MARKS, withMetrics } from "../../scripts/documenting/metrics.ts";

test("the manual has what is measured as it is (scripts/document writes it)", () => {
  const page = readFileSync(`${import.meta.dir}/../../man/protowrap.8`, "utf8");
  expect(withMetrics(page)).toBe(page);
});

test("each metric is told with its type and its labels, and what stands around them is left", () => {
  const page = withMetrics(`a\n${MARKS.begin}\nancient\n${MARKS.end}\nb\n`);
  expect(page).toStartWith(`a\n${MARKS.begin}\n.Bl -tag`);
  expect(page).toEndWith(`\n.El\n${MARKS.end}\nb\n`);
  expect(page).not.toContain("ancient");
  const refusals = page.split(".It Li protowrap_refusals_total\n")[1]!.split(".It ")[0]!;
  expect(refusals).toStartWith(".Pq counter\n");
  expect(refusals).toEndWith(".br\nBy\n.Li rule , by .\n");
});
