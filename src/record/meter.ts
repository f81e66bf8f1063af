// What the log tells of one service, as numbers (pure): each is what the lines of the log come to, whether or not its
// level has them written. Knows entries and metrics; not who reads them.

import type { Entry, EntryOf, EventName } from "./entry.ts";
import { type Distribution, METRICS, type MetricName, type OfType } from "./metrics.ts";
import { Seconds } from "./seconds.ts";

/** The values of a metric's labels, in their order. */
export type Labels = readonly string[];
export interface Sample {
  readonly labels: Labels;
  readonly value: number | Distribution;
}

/** Whoever got hold of a worker could invent values of labels: how many of a metric are kept apart, and how long they are. */
const MOST = { values: 500, length: 64 };
const TLS_VERSIONS = ["TLSv1.2", "TLSv1.3"];

export class Meter {
  readonly #counts = new Map<MetricName, Map<string, { readonly labels: Labels; value: number }>>();
  readonly #sessions = new Seconds("protowrap_session_seconds");
  readonly #replies = new Seconds("protowrap_server_reply_seconds");

  /** What is no session's. */
  count(entry: Entry): void {
    counted(OF_SERVICES, entry, this);
  }

  /** The same for one session: of its refusals the log has a hundred at most, and the end tells how many there were. */
  session(): (entry: Entry) => void {
    let told = 0;
    return (entry) => {
      if (entry.event === "refused") told++;
      if (entry.event === "end")
        this.add("protowrap_refusals_total", entry.fields.refused - told, ["untold", "unknown"]);
      counted(OF_SESSIONS, entry, this);
    };
  }

  /** How long the server of a session that is over took for its replies. */
  replied(seconds: Distribution): void {
    this.#replies.add(seconds);
  }

  /** @param count what is none, or less than one, adds nothing: no counter ever falls */
  add(metric: OfType<"counter">, count = 1, labels: Labels = []): void {
    if (count > 0 && count <= Number.MAX_SAFE_INTEGER) this.#one(metric, labels).value += count;
  }

  lasted(seconds: number): void {
    if (seconds >= 0 && seconds <= Number.MAX_SAFE_INTEGER) this.#sessions.observe(seconds);
  }

  /** Of a metric without labels there is always a number. */
  samples(metric: MetricName): readonly Sample[] {
    if (metric === "protowrap_session_seconds") return [{ labels: [], value: this.#sessions }];
    if (metric === "protowrap_server_reply_seconds") return [{ labels: [], value: this.#replies }];
    const known = [...(this.#counts.get(metric)?.values() ?? [])];
    return known.length > 0 || "labels" in METRICS[metric] ? known : [{ labels: [], value: 0 }];
  }

  #one(metric: MetricName, given: Labels): { value: number } {
    const all = this.#counts.get(metric) ?? new Map();
    this.#counts.set(metric, all);
    const labels = given.map((label) => label.slice(0, MOST.length));
    const key = JSON.stringify(labels);
    const known = all.get(key);
    if (known !== undefined) return known;
    if (all.size >= MOST.values && labels.some((label) => label !== "other"))
      return this.#one(
        metric,
        labels.map(() => "other"),
      );
    const one = { labels, value: 0 };
    all.set(key, one);
    return one;
  }
}

/** Of each event what it counts for. */
type Counts = { readonly [E in EventName]?: (fields: EntryOf<E>["fields"], meter: Meter) => void };

/** What a service tells itself: no worker has a word in it. */
const OF_SERVICES: Counts = {
  "refused-connection": ({ reason, count }, meter) =>
    meter.add("protowrap_refused_connections_total", count, [reason]),
  throttled: ({ count }, meter) => meter.add("protowrap_throttled_total", count),
  worker({ state }, meter) {
    if (state === "ready") meter.add("protowrap_workers_started_total");
  },
  fault: (_, meter) => meter.add("protowrap_faults_total"),
};

const OF_SESSIONS: Counts = {
  connect: (_, meter) => meter.add("protowrap_connections_total"),
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
  tls: ({ tls }, meter) =>
    meter.add("protowrap_tls_handshakes_total", 1, [TLS_VERSIONS.includes(tls) ? tls : "other"]),
  "tls-failed": ({ reason }, meter) => meter.add("protowrap_tls_failures_total", 1, [reason]),
  "server-lost": ({ reason }, meter) => meter.add("protowrap_servers_lost_total", 1, [reason]),
  fault: (_, meter) => meter.add("protowrap_faults_total"),
};

function counted(counts: Counts, { event, fields }: Entry, meter: Meter): void {
  (counts[event] as ((fields: Entry["fields"], meter: Meter) => void) | undefined)?.(fields, meter);
}
