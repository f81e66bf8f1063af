// What Prometheus reads.

import { expect, test } from "bun:test";
import { writeExposition } from "../../src/record/exposition.ts";
import type { Sample } from "../../src/record/meter.ts";
import { METRICS, type MetricName } from "../../src/record/metrics.ts";

const only =
  (name: MetricName, ...samples: Sample[]) =>
  (metric: MetricName) =>
    metric === name ? samples : [];

test("a number stands under the metric's sentence and type, with the labels of all and its own", () => {
  const mx = [
    ["service", "mx"],
    ["protocol", "smtp"],
  ] as const;
  const text = writeExposition([
    {
      labels: mx,
      samples: only(
        "protowrap_refusals_total",
        { labels: ["relay", "us"], value: 3 },
        { labels: ["recipient", "server"], value: 1.5 },
      ),
    },
    { labels: [], samples: only("protowrap_refusals_total", { labels: ["x"], value: 0 }) },
  ]);
  expect(text).toBe(
    [
      `# HELP protowrap_refusals_total ${METRICS.protowrap_refusals_total.sentence}`,
      "# TYPE protowrap_refusals_total counter",
      'protowrap_refusals_total{service="mx",protocol="smtp",rule="relay",by="us"} 3',
      'protowrap_refusals_total{service="mx",protocol="smtp",rule="recipient",by="server"} 1.5',
      'protowrap_refusals_total{rule="x",by=""} 0',
      "",
    ].join("\n"),
  );
});

test("a number without labels has no braces", () => {
  expect(
    writeExposition([{ labels: [], samples: only("protowrap_clients", { labels: [], value: 7 }) }]),
  ).toEndWith("\nprotowrap_clients 7\n");
});

test("a histogram's buckets have those below in them, the last has all, and that is its count", () => {
  const counts = [1, 0, 2, 0, 0, 0, 0, 0, 0, 4];
  const value = { counts, sum: 70.25 };
  const lines = writeExposition([
    { labels: [["protocol", "pop3"]], samples: only("protowrap_session_seconds", { labels: [], value }) },
  ]).split("\n");
  expect(lines[1]).toBe("# TYPE protowrap_session_seconds histogram");
  expect(lines.slice(2, 5)).toEqual([
    'protowrap_session_seconds_bucket{protocol="pop3",le="0.1"} 1',
    'protowrap_session_seconds_bucket{protocol="pop3",le="0.5"} 1',
    'protowrap_session_seconds_bucket{protocol="pop3",le="1"} 3',
  ]);
  expect(lines.slice(10)).toEqual([
    'protowrap_session_seconds_bucket{protocol="pop3",le="1800"} 3',
    'protowrap_session_seconds_bucket{protocol="pop3",le="+Inf"} 7',
    'protowrap_session_seconds_sum{protocol="pop3"} 70.25',
    'protowrap_session_seconds_count{protocol="pop3"} 7',
    "",
  ]);
});

test("no value of a label ends it, or its line", () => {
  const labels = ['a"} 1\n\\evil 2\n', "us"];
  const [, , line, ...rest] = writeExposition([
    { labels: [], samples: only("protowrap_refusals_total", { labels, value: 1 }) },
  ]).split("\n");
  expect(line).toBe(String.raw`protowrap_refusals_total{rule="a\"} 1\n\\evil 2\n",by="us"} 1`);
  expect(rest).toEqual([""]);
});

test("of what nobody has a number of nothing is said", () => {
  expect(writeExposition([{ labels: [], samples: () => [] }])).toBe("");
});
