// What the log tells of one service, as numbers (pure): each is what the lines of the log come to, whether or not its
// level has them written. Knows entries and metrics; not who reads them.

import type { Entry, EntryOf, EventName } from "./entry.ts";
import { type Distribution, METRICS, type MetricName, type OfType } from "./metrics.ts";
import { Seconds } from "./seconds.ts";

/** What is told above it is never measured. */
export const MEASURED_LEVEL = 2;

/** The values of a metric's labels, in their order. */
export type Labels = readonly string[];
export interface Sample {
  readonly labels: Labels;
  readonly value: number | Distribution;
}

/** Different values of a metric's labels that are kept apart: whoever got hold of a worker could invent some. */
const MOST = 500;
const TLS_VERSIONS = ["TLSv1.2", "TLSv1.3"];

export class Meter {
  readonly #counts = new Map<MetricName, Map<string, { readonly labels: Labels; value: number }>>();
  readonly #sessions = new Seconds("protowrap_session_seconds");
  readonly #replies = new Seconds("protowrap_server_reply_seconds");

  /** What is no session's, and what is. */
  count(entry: Entry): void {
    (COUNTS[entry.event] as Count<EventName> | undefined)?.(entry.fields as never, this);
  }

  /** The same for one session: of its refusals the log has a hundred at most, and the end tells how many there were. */
  session(): (entry: Entry) => void {
    let told = 0;
    return (entry) => {
      if (entry.event === "refused") told++;
      const untold = entry.event === "end" ? entry.fields.refused - told : 0;
      if (untold > 0) this.add("protowrap_refusals_total", untold, ["untold", "unknown"]);
      this.count(entry);
    };
  }

  /** How long the server of a session that is over took for its replies. */
  replied(seconds: Distribution): void {
    this.#replies.add(seconds);
  }

  add(metric: OfType<"counter">, count = 1, labels: Labels = []): void {
    const one = this.#one(metric, labels);
    one.value += count;
  }

  set(metric: OfType<"gauge">, value: number, labels: Labels = []): void {
    this.#one(metric, labels).value = value;
  }

  lasted(seconds: number): void {
    this.#sessions.observe(seconds);
  }

  /** Of a metric without labels there is always a number. */
  samples(metric: MetricName): readonly Sample[] {
    if (metric === "protowrap_session_seconds") return [{ labels: [], value: this.#sessions }];
    if (metric === "protowrap_server_reply_seconds") return [{ labels: [], value: this.#replies }];
    const known = [...(this.#counts.get(metric)?.values() ?? [])];
    const { type, ...rest } = METRICS[metric];
    if (known.length > 0 || type !== "counter" || "labels" in rest) return known;
    return [{ labels: [], value: 0 }];
  }

  #one(metric: MetricName, labels: Labels): { value: number } {
    const all = this.#counts.get(metric) ?? new Map();
    this.#counts.set(metric, all);
    const key = JSON.stringify(labels);
    const known = all.get(key);
    if (known !== undefined) return known;
    if (all.size >= MOST)
      return this.#one(
        metric,
        labels.map(() => "other"),
      );
    const one = { labels, value: 0 };
    all.set(key, one);
    return one;
  }
}

type Count<E extends EventName> = (fields: EntryOf<E>["fields"], meter: Meter) => void;

/** Of each event what it counts for. */
const COUNTS: { readonly [E in EventName]?: Count<E> } = {
  connect: (_, meter) => meter.add("protowrap_connections_total"),
  "refused-connection": ({ reason, count }, meter) =>
    meter.add("protowrap_refused_connections_total", count, [reason]),
  end({ reason, seconds, commands }, meter) {
    meter.add("protowrap_sessions_total", 1, [reason]);
    meter.add("protowrap_commands_total", commands);
    meter.lasted(seconds);
  },
  refused: ({ rule, by }, meter) => meter.add("protowrap_refusals_total", 1, [rule, by]),
  message({ octets, recipients }, meter) {
    meter.add("protowrap_messages_total");
    meter.add("protowrap_message_bytes_total", octets);
    meter.add("protowrap_message_recipients_total", recipients);
  },
  login: (_, meter) => meter.add("protowrap_logins_total", 1, ["accepted"]),
  "login-failed"({ repeat }, meter) {
    meter.add("protowrap_logins_total", 1, ["failed"]);
    meter.add(repeat === "yes" ? "protowrap_repeats_total" : "protowrap_guesses_total");
  },
  throttled: ({ count }, meter) => meter.add("protowrap_throttled_total", count),
  tls: ({ tls }, meter) =>
    meter.add("protowrap_tls_handshakes_total", 1, [TLS_VERSIONS.includes(tls) ? tls : "other"]),
  "tls-failed": ({ reason }, meter) => meter.add("protowrap_tls_failures_total", 1, [reason]),
  "server-unreachable"({ destination, state }, meter) {
    if (state !== undefined) meter.set("protowrap_server_up", state === "back" ? 1 : 0, [destination]);
  },
  "server-lost": ({ reason }, meter) => meter.add("protowrap_servers_lost_total", 1, [reason]),
  worker({ state }, meter) {
    if (state === "ready") meter.add("protowrap_workers_started_total");
  },
  fault: (_, meter) => meter.add("protowrap_faults_total"),
};
