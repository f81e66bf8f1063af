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
  /** Its servers over TCP, as the log calls them. */
  readonly destinations: readonly string[];
}

/** Nobody's in particular. */
const COMMON: readonly MetricName[] = ["protowrap_log_lines_lost_total"];

/** Each service's, and what is common to all. */
export function numbersOf(listeners: readonly Listener[], common: Meter): readonly Measured[] {
  const samples = (metric: MetricName) => (COMMON.includes(metric) ? common.samples(metric) : []);
  return [...listeners.flatMap(measuredOf), { labels: [], samples }];
}

function measuredOf(listener: Listener): readonly Measured[] {
  const { name, metrics } = listener.plan;
  if (metrics === null) return [];
  const service = name === null ? [] : [["service", name] as const];
  return [
    {
      labels: [...service, ["protocol", metrics.protocol]],
      samples: (metric) => (COMMON.includes(metric) ? [] : samplesOf(metric, listener, metrics)),
    },
  ];
}

function samplesOf(metric: MetricName, { here, serving }: Listener, counted: Counted): readonly Sample[] {
  const { meter, destinations } = counted;
  switch (metric) {
    case "protowrap_sessions":
      return one(here);
    case "protowrap_workers":
      return one(serving.workers);
    case "protowrap_certificate_expiry_timestamp_seconds": {
      // Of several with one name the first to end counts.
      const ends = new Map<string, number>();
      for (const { name, until } of serving.certificates)
        ends.set(name, Math.min(until / 1000, ends.get(name) ?? Number.POSITIVE_INFINITY));
      return [...ends].map(([name, value]) => ({ labels: [name], value }));
    }
    case "protowrap_server_up": {
      const known = new Map(meter.samples(metric).map(({ labels, value }) => [labels[0], value]));
      return destinations.map((name) => ({ labels: [name], value: known.get(name) ?? 1 }));
    }
    default:
      return meter.samples(metric);
  }
}

function one(value: number): readonly Sample[] {
  return [{ labels: [], value }];
}
