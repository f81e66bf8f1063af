// Numbers as Prometheus reads them: its text format, version 0.0.4 (pure). Knows the format and the list of metrics.

import type { Labels, Sample } from "./meter.ts";
import { type Distribution, METRICS, type MetricName, type OfType } from "./metrics.ts";

/** Numbers of one service, or of all together. */
export interface Measured {
  /** Name and value of the labels that all have. */
  readonly labels: readonly (readonly [name: string, value: string])[];
  readonly samples: (metric: MetricName) => readonly Sample[];
}

export function writeExposition(all: readonly Measured[]): string {
  const names = Object.keys(METRICS) as MetricName[];
  return names
    .map((name) => {
      const lines = all.flatMap((measured) =>
        measured.samples(name).map((sample) => written(name, measured.labels, sample)),
      );
      const { type, sentence } = METRICS[name];
      const help = sentence.replaceAll("\\", "\\\\");
      return lines.length === 0 ? "" : `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
    })
    .join("");
}

function written(name: MetricName, common: Measured["labels"], { labels, value }: Sample): string {
  const all = [...common, ...own(name, labels)];
  if (typeof value === "number") return line(name, all, value);
  return histogram(name as OfType<"histogram">, all, value); // nothing else is distributed
}

function own(name: MetricName, labels: Labels): Measured["labels"] {
  const metric = METRICS[name];
  const names: readonly string[] = "labels" in metric ? metric.labels : [];
  return names.map((label, at) => [label, labels[at] ?? ""] as const);
}

/** Each bucket has those of the buckets below it in it. */
function histogram(
  name: OfType<"histogram">,
  labels: Measured["labels"],
  { counts, sum }: Distribution,
): string {
  const bounds = [...METRICS[name].buckets.map(String), "+Inf"];
  let below = 0;
  const buckets = bounds.map((bound, at) => {
    below += counts[at]!;
    return line(`${name}_bucket`, [...labels, ["le", bound]], below);
  });
  return `${buckets.join("")}${line(`${name}_sum`, labels, sum)}${line(`${name}_count`, labels, below)}`;
}

function line(name: string, labels: Measured["labels"], value: number): string {
  const text = labels.map(([label, said]) => `${label}="${escaped(said)}"`).join(",");
  return `${name}${text === "" ? "" : `{${text}}`} ${value}\n`;
}

function escaped(value: string): string {
  return value.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n");
}
