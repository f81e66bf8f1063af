// Knows how to ask for a listener's numbers as Prometheus does, and what the lines of its log come to when somebody counts
// them who knows nothing of how it counts itself.

import { expect } from "bun:test";
import { METRICS } from "../../../src/record/metrics.ts";

/** A number by its name, without the prefix, and its labels as they are written. */
export type Numbers = Readonly<Record<string, number>>;

/** @param place a port of the loopback, or the path of a socket */
export function ask(place: number | string, path = "/metrics", how: RequestInit = {}): Promise<Response> {
  const by = typeof place === "string" ? { unix: place } : {};
  const host = typeof place === "string" ? "localhost" : `127.0.0.1:${place}`;
  return fetch(`http://${host}${path}`, {
    ...{ ...how, ...by, keepalive: false, signal: AbortSignal.timeout(10_000) },
  });
}

export async function textAt(place: number | string): Promise<string> {
  const response = await ask(place);
  expect(response.status).toBe(200);
  return response.text();
}

export async function numbersAt(place: number | string): Promise<Numbers> {
  return numbersIn(await textAt(place));
}

export function numbersIn(text: string): Numbers {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return Object.fromEntries(
    lines.map((line): [string, number] => {
      const [, name, value] = /^protowrap_(.*) (\S+)$/.exec(line)!;
      return [name!, Number(value)];
    }),
  );
}

/** What is counted, and not what is now or how long something took. */
export function countersIn(numbers: Numbers): Numbers {
  const isCounter = (name: string) => {
    const metric = `protowrap_${name.replace(/\{.*/, "")}`;
    const ofHistogram = /^protowrap_session_seconds_(?:count|sum)/.test(metric);
    return ofHistogram || (METRICS as Readonly<Record<string, { type: string }>>)[metric]?.type === "counter";
  };
  const counters = Object.entries(numbers).filter(([name, value]) => isCounter(name) && value !== 0);
  return Object.fromEntries(counters.map(([name, value]) => [name, Math.round(value * 1000) / 1000]).sort());
}

/** What a log of level 2 comes to, of all services. */
export function countersOf(log: string): Numbers {
  const counts = new Map<string, number>();
  /** Lines of refusals, by session. */
  const refused = new Map<string, number>();
  for (const line of log.split("\n")) {
    const event = valueIn(line, "event");
    if (event === "") continue;
    const service = valueIn(line, "service");
    const protocol = valueIn(line, "protocol");
    const common = [
      ...(service === "" ? [] : [`service="${service}"`]),
      ...(protocol === "" ? [] : [`protocol="${protocol}"`]),
    ];
    const add = (name: string, count: number, ...labels: string[]) => {
      const all = [...common, ...labels].join(",");
      const key = `${name}${all === "" ? "" : `{${all}}`}`;
      if (count !== 0) counts.set(key, Math.round(((counts.get(key) ?? 0) + count) * 1000) / 1000);
    };
    const number = (key: string) => Number(valueIn(line, key));
    const label = (key: string, as = key) => `${as}="${valueIn(line, key)}"`;
    const session = valueIn(line, "session");
    switch (event) {
      case "connect":
        add("connections_total", 1);
        break;
      case "refused-connection":
        add("refused_connections_total", number("count"), label("reason"));
        break;
      case "end":
        add("sessions_total", 1, label("reason"));
        add("commands_total", number("commands"));
        add("session_seconds_count", 1);
        add("session_seconds_sum", number("seconds"));
        add(
          "refusals_total",
          number("refused") - (refused.get(session) ?? 0),
          ...['rule="untold"', 'by="unknown"'],
        );
        break;
      case "refused":
        refused.set(session, (refused.get(session) ?? 0) + 1);
        add("refusals_total", 1, label("rule"), label("by"));
        break;
      case "message":
        add("messages_total", 1);
        add("message_bytes_total", number("octets"));
        add("message_recipients_total", number("recipients"));
        break;
      case "login":
        add("logins_total", 1, 'result="accepted"');
        break;
      case "login-failed":
        add("logins_total", 1, 'result="failed"');
        add(valueIn(line, "repeat") === "yes" ? "repeats_total" : "guesses_total", 1);
        break;
      case "throttled":
        add("throttled_total", number("count"));
        break;
      case "tls":
        add("tls_handshakes_total", 1, label("tls", "version"));
        break;
      case "tls-failed":
        add("tls_failures_total", 1, label("reason"));
        break;
      case "server-lost":
        add("servers_lost_total", 1, label("reason"));
        break;
      case "worker":
        if (valueIn(line, "state") === "ready") add("workers_started_total", 1);
        break;
      case "fault":
        add("faults_total", 1);
    }
  }
  return Object.fromEntries([...counts].sort());
}

/** Values of ours have no blanks in them, and stand before those of clients. */
function valueIn(line: string, key: string): string {
  return new RegExp(` ${key}=(\\S*)`).exec(line)?.[1] ?? "";
}
