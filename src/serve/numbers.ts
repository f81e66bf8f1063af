// What is measured of services: what was counted, and what just now is. Knows who has which number; not how it is
// written.

import type { Measured } from "../record/exposition.ts";
import type { Meter, Sample } from "../record/meter.ts";
import type { MetricName } from "../record/metrics.ts";
import type { Listener } from "./listener.ts";
import type { Scrape } from "./scraping.ts";

/** What is counted of a service, and where that is asked for. */
export interface Counted {
  readonly scrape: Scrape;
  readonly meter: Meter;
  readonly protocol: string;
}

/** Whose numbers are asked for: the service as it is now, and before it those of its name that still have clients. */
export interface Counting extends Pick<Listener, "here" | "serving"> {
  readonly plan: Pick<Listener["plan"], "name" | "metrics">;
}

/** What is told of all services together: of the first alone, and of the second also what is no service's. */
const COMMON: readonly MetricName[] = ["protowrap_log_lines_lost_total", "protowrap_faults_total"];
const ONLY_COMMON = COMMON[0];

/** Each service's, and what is common to all. */
export function numbersOf(listeners: readonly Counting[], common: Meter): readonly Measured[] {
  const services = Map.groupBy(listeners, ({ plan }) => plan.metrics?.meter);
  return [
    ...[...services.values()].flatMap(measuredOf),
    { labels: [], samples: (metric) => (COMMON.includes(metric) ? common.samples(metric) : []) },
  ];
}

/** @param listeners of one service, the one that lets clients in first: a number that is told twice makes all unreadable */
function measuredOf(listeners: readonly Counting[]): readonly Measured[] {
  const { name, metrics } = listeners[0]!.plan;
  if (metrics === null) return [];
  const service = name === null ? [] : [["service", name] as const];
  return [
    {
      labels: [...service, ["protocol", metrics.protocol]],
      samples: (metric) => (metric === ONLY_COMMON ? [] : samplesOf(metric, listeners, metrics.meter)),
    },
  ];
}

function samplesOf(metric: MetricName, listeners: readonly Counting[], meter: Meter): readonly Sample[] {
  const { serving } = listeners[0]!;
  switch (metric) {
    case "protowrap_clients":
      return one(sum(listeners.map(({ here }) => here)));
    case "protowrap_workers":
      return one(serving.workers);
    case "protowrap_certificate_expiry_timestamp_seconds":
      // Of several with one name the first to end counts.
      return least(serving.certificates.map(({ name, until }) => [name, until / 1000]));
    case "protowrap_server_up":
      // As the log calls them two may be one: they differ in how TLS is spoken.
      return least(serving.servers.map(({ destination, isUp }) => [destination, isUp ? 1 : 0]));
    default:
      return meter.samples(metric);
  }
}

function one(value: number): readonly Sample[] {
  return [{ labels: [], value }];
}

function sum(values: readonly number[]): number {
  return values.reduce((before, value) => before + value, 0);
}

/** One for each label. */
function least(values: readonly (readonly [label: string, value: number])[]): readonly Sample[] {
  return [...Map.groupBy(values, ([label]) => label)].map(([label, alike]) => ({
    labels: [label],
    value: Math.min(...alike.map(([, value]) => value)),
  }));
}
