// The dashboard that ships: whatever it asks for is measured, and whatever is measured it shows.

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { METRICS, type MetricName } from "../../src/record/metrics.ts";

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: { readonly uid: string };
  readonly gridPos: Readonly<Record<"x" | "y" | "w" | "h", number>>;
  readonly targets?: readonly {
    readonly expr: string;
    readonly legendFormat: string;
    readonly datasource: { readonly uid: string };
  }[];
}

const dashboard = JSON.parse(
  readFileSync(`${import.meta.dir}/../../scripts/deploy/grafana/protowrap.json`, "utf8"),
) as {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { name: string }[] };
};
const { panels, templating } = dashboard;
const targets = panels.flatMap((panel) => (panel.targets ?? []).map((target) => ({ ...target, panel })));

/** The metric of a series, whatever part of a histogram it is. */
function metricOf(series: string): MetricName {
  const name = Object.hasOwn(METRICS, series) ? series : series.replace(/_(?:bucket|sum|count)$/, "");
  const isPart = name !== series;
  const known = (METRICS as Readonly<Record<string, { readonly type: string }>>)[name];
  if (known === undefined || (known.type === "histogram") !== isPart)
    throw new Error(`${series} is not measured`);
  return name as MetricName;
}

function labelsOf(name: MetricName): readonly string[] {
  const metric = METRICS[name];
  const common = name === "protowrap_log_lines_lost_total" ? [] : ["service", "protocol"];
  return [...common, ...("labels" in metric ? metric.labels : []), ...("buckets" in metric ? ["le"] : [])];
}

describe("The dashboard", () => {
  test("shows every metric", () => {
    const shown = new Set(
      targets.flatMap(({ expr }) => (expr.match(/\bprotowrap_\w+/g) ?? []).map(metricOf)),
    );
    expect([...shown].sort()).toEqual((Object.keys(METRICS) as MetricName[]).sort());
  });

  for (const { expr, legendFormat, panel } of targets)
    test(`asks in "${panel.title}" for labels that there are: ${expr}`, () => {
      const series = expr.match(/\bprotowrap_\w+/g) ?? [];
      expect(series).toHaveLength(1);
      const name = metricOf(series[0]!);
      const within = /\{([^}]*)\}/.exec(expr)?.[1]?.split(",") ?? [];
      const matched = within.map((matcher) => /^(\w+)(?:=|!=|=~|!~)"/.exec(matcher)![1]!);
      const grouped = /\bby \(([^)]*)\)/.exec(expr)?.[1]?.split(", ") ?? [];
      for (const label of [...matched, ...grouped]) expect(labelsOf(name)).toContain(label);
      // A legend has what the series are told apart by, and a counter is asked how fast it grows.
      const legend = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label!);
      for (const label of legend) expect(grouped).toContain(label);
      expect(/\b(?:rate|increase)\(/.test(expr)).toBe(METRICS[name].type !== "gauge");
      // Of the services that are chosen, wherever there are some.
      expect(expr.includes('service=~"$service"')).toBe(labelsOf(name).includes("service"));
    });

  test("asks whom its user chooses", () => {
    expect(templating.list.map(({ name }) => name)).toEqual(["datasource", "service"]);
    for (const { datasource, panel } of targets)
      for (const chosen of [datasource, panel.datasource]) expect(chosen?.uid).toMatch(/^\$\{datasource\}$/);
  });

  test("has a place and a sentence for every panel, and none on another", () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const places = new Set<string>();
    for (const { gridPos, type, description, title } of panels) {
      if (type !== "row")
        expect([title, description]).toEqual([title, expect.stringMatching(/^[A-Z1].*\.$/)]);
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(places.has(`${x} ${y}`)).toBe(false);
          places.add(`${x} ${y}`);
        }
    }
  });
});
