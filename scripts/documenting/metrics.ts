// The list of what is measured as the manual has it (mdoc). Knows how it is written down; what is in it is in src/record.

import { METRICS } from "../../src/record/metrics.ts";
import { list, literals } from "./lists.ts";
import { marksOf, put } from "./place.ts";
import { prose } from "./prose.ts";

/** What stands around it in the page. */
export const MARKS = marksOf("src/record/metrics.ts");

/** The page with the list as it is now. @throws where it has no place for it */
export function withMetrics(page: string): string {
  return put(page, MARKS, `${list(Object.entries(METRICS).map(itemOf)).join("\n")}\n`);
}

type Metric = (typeof METRICS)[keyof typeof METRICS];

function itemOf([name, metric]: [string, Metric]): string[] {
  return [
    `.It Li ${name}`,
    `.Pq ${metric.type}`,
    ...prose(metric.sentence),
    ...("labels" in metric ? [".br", "By", ...ended(literals(metric.labels))] : []),
  ];
}

/** A full stop of the sentence is no part of the last name. */
function ended(lines: readonly string[]): string[] {
  return [...lines.slice(0, -1), `${lines.at(-1)} .`];
}
