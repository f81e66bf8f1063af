// The list of what is measured, as Prometheus wants names.

import { expect, test } from "bun:test";
import { METRICS } from "../../src/record/metrics.ts";

for (const [name, metric] of Object.entries(METRICS)) {
  test(`${name} is named for what it is`, () => {
    expect(name).toMatch(/^protowrap_[a-z]+(?:_[a-z]+)*$/);
    expect(name.endsWith("_total")).toBe(metric.type === "counter");
    expect(name.endsWith("_seconds")).toBe(metric.type === "histogram" || name.includes("_timestamp_"));
    expect("buckets" in metric).toBe(metric.type === "histogram");
    expect(metric.sentence).toMatch(/^[A-Z0-9].*\.$/);
  });

  test(`${name} is no other's without _total, as OpenMetrics names them`, () => {
    const families = Object.keys(METRICS).map((one) => one.replace(/_total$/, ""));
    expect(families.filter((family) => family === name.replace(/_total$/, ""))).toHaveLength(1);
  });
}
