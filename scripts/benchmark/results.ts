// Knows what samples amount to: medians and quartiles, ratios to the yardstick, and whether targets are met.
import type { Row, Target } from "./measures.ts";

export interface Figure {
  readonly median: number;
  readonly quartiles: readonly [number, number];
  readonly samples: readonly number[];
}

/** What came of one row for one subject; `failure` when a sample could not be taken. */
export interface Outcome {
  readonly figure?: Figure;
  readonly ratio?: number;
  readonly failure?: string;
  readonly verdict: "" | "yes" | "aim missed" | "FLOOR MISSED" | "FAILED";
}

export interface Result {
  readonly row: Row;
  readonly rounds: number;
  /** By the subject's name, the yardstick first. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
}

function quantile(sorted: readonly number[], part: number): number {
  const at = (sorted.length - 1) * part;
  const low = sorted[Math.floor(at)]!;
  return low + (sorted[Math.ceil(at)]! - low) * (at - Math.floor(at));
}

export function summarise(samples: readonly number[]): Figure {
  const sorted = samples.toSorted((one, other) => one - other);
  return {
    median: quantile(sorted, 0.5),
    quartiles: [quantile(sorted, 0.25), quantile(sorted, 0.75)],
    samples,
  };
}

function meets(target: Target, median: number, ratio: number | undefined): boolean {
  const figure = target.of === "ratio" ? ratio : median;
  if (figure === undefined) return false;
  return target.at === "most" ? figure <= target.limit : figure >= target.limit;
}

export function judge(row: Row, figure: Figure, yardstick: Figure | undefined): Outcome {
  const ratio = yardstick && figure.median / yardstick.median;
  const met = (target: Target | undefined) => !target || meets(target, figure.median, ratio);
  const verdict = !met(row.floor)
    ? "FLOOR MISSED"
    : !met(row.aim)
      ? "aim missed"
      : row.floor || row.aim
        ? "yes"
        : "";
  return { figure, ...(ratio !== undefined && { ratio }), verdict };
}
