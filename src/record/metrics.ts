// What is measured, by the names that Prometheus knows it by: one list, of which the numbers, the manual and the tests
// are made. Knows names and sentences; no number.

interface Metric {
  readonly type: "counter" | "gauge" | "histogram";
  readonly sentence: string;
  /** Besides the service and its protocol. None has a value that a client could choose. */
  readonly labels?: readonly string[];
  /** Upper bounds, in seconds, of a histogram. */
  readonly buckets?: readonly number[];
}

export const METRICS = {
  protowrap_connections_total: {
    type: "counter",
    sentence: "Clients that were let in: lines connect of the log.",
  },
  protowrap_refused_connections_total: {
    type: "counter",
    sentence: "Clients that were not: the counts of refused-connection.",
    labels: ["reason"],
  },
  protowrap_clients: { type: "gauge", sentence: "Clients that are here now." },
  protowrap_sessions_total: {
    type: "counter",
    sentence: "Sessions that are over: lines end.",
    labels: ["reason"],
  },
  protowrap_session_seconds: {
    type: "histogram",
    sentence: "How long sessions took.",
    buckets: [0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800],
  },
  protowrap_commands_total: { type: "counter", sentence: "Lines of clients, of sessions that are over." },
  protowrap_refusals_total: {
    type: "counter",
    sentence:
      "Lines and messages that were refused; with the rule untold those that a session had beyond the lines refused of the log.",
    labels: ["rule", "by"],
  },
  protowrap_messages_total: { type: "counter", sentence: "Messages that servers took." },
  protowrap_message_bytes_total: { type: "counter", sentence: "Their octets." },
  protowrap_message_recipients_total: { type: "counter", sentence: "Their recipients." },
  protowrap_logins_total: {
    type: "counter",
    sentence: "Logins that were answered: accepted, or failed.",
    labels: ["result"],
  },
  protowrap_guesses_total: {
    type: "counter",
    sentence: "Failed logins with a password that the network had not tried before.",
  },
  protowrap_repeats_total: { type: "counter", sentence: "Failed logins with one that it had." },
  protowrap_throttled_total: {
    type: "counter",
    sentence: "Logins that were not tried, by --throttle: the counts of throttled.",
  },
  protowrap_tls_handshakes_total: {
    type: "counter",
    sentence: "Clients that came to speak TLS.",
    labels: ["version"],
  },
  protowrap_tls_failures_total: {
    type: "counter",
    sentence: "Clients that were to speak TLS and did not.",
    labels: ["reason"],
  },
  protowrap_certificate_expiry_timestamp_seconds: {
    type: "gauge",
    sentence: "When a certificate that is served ends, in seconds since 1970.",
    labels: ["name"],
  },
  protowrap_server_up: {
    type: "gauge",
    sentence: "0 for a server of --connect that is left alone, else 1.",
    labels: ["destination"],
  },
  protowrap_servers_lost_total: {
    type: "counter",
    sentence: "Servers that were given up in a session.",
    labels: ["reason"],
  },
  protowrap_server_reply_seconds: {
    type: "histogram",
    sentence: "How long servers took for the first line of a greeting or a reply, of sessions that are over.",
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30],
  },
  protowrap_workers: { type: "gauge", sentence: "Workers that take clients now." },
  protowrap_workers_started_total: { type: "counter", sentence: "Workers that came to be ready." },
  protowrap_faults_total: {
    type: "counter",
    sentence: "Lines fault: our own mistakes, and without a service those that are none's.",
  },
  protowrap_log_lines_lost_total: {
    type: "counter",
    sentence: "Lines of the log that nobody took, of all services together.",
  },
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricName = keyof typeof METRICS;
export type OfType<T extends Metric["type"]> = {
  [Name in MetricName]: (typeof METRICS)[Name]["type"] extends T ? Name : never;
}[MetricName];

/** Seconds counted by the bounds of a histogram, the last without one; and their sum. */
export interface Distribution {
  readonly counts: readonly number[];
  readonly sum: number;
}
