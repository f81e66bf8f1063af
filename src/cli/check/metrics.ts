// Where Prometheus asks for numbers: who may read them there, and whether anybody has some. Opens nothing.

import { parseMetrics } from "../../options/metrics.ts";
import { RUN_OPTIONS } from "../../options/run.ts";
import type { Settings } from "../../options/settings.ts";
import { type Finding, warning } from "./finding.ts";

/** @throws UsageError for what is no place */
export function checkMetrics(settings: Settings): Finding[] {
  const { metrics, listen } = settings.read(RUN_OPTIONS);
  const where = settings.where("metrics");
  const place = parseMetrics(metrics, where);
  if (place === null) return [];
  const isOpen = "host" in place && !/^127\.|^::1$/.test(place.host);
  return [
    ...(isOpen
      ? [`${metrics}: whoever reaches it can read the numbers: nobody is asked for a password`]
      : []),
    ...(listen.length === 0 ? ["has no effect without --listen, or a listening socket that is passed"] : []),
  ].map((text) => warning(where, text));
}
