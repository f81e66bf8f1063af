// What the log's entries come to as numbers.

import { describe, expect, test } from "bun:test";
import { BESIDE_LEVEL } from "../../src/record/beside.ts";
import type { Entry } from "../../src/record/entry.ts";
import { EVENTS, type EventName } from "../../src/record/events.ts";
import { listedEntry } from "../../src/record/listed.ts";
import { Meter } from "../../src/record/meter.ts";
import { type Distribution, METRICS, type MetricName } from "../../src/record/metrics.ts";

const NAMES = Object.keys(METRICS) as MetricName[];

/** An entry as the log has it. */
function entry(event: EventName, fields: Readonly<Record<string, unknown>> = {}): Entry {
  const listed = listedEntry(event, fields);
  if (listed === null) throw new Error(`${event} is none`);
  return listed;
}

/** All that is not zero, by name and labels. */
function numbers(meter: Meter): Record<string, number> {
  const all = NAMES.flatMap((name) =>
    meter
      .samples(name)
      .map(({ labels, value }): [string, number] => [
        [name.replace("protowrap_", ""), ...labels].join(" "),
        typeof value === "number" ? value : value.counts.reduce((sum, count) => sum + count, 0),
      ]),
  );
  return Object.fromEntries(all.filter(([, value]) => value !== 0));
}

const END = { reason: "quit", seconds: 2, commands: 7, refused: 0, messages: 1 };
const MESSAGE = { octets: 300, recipients: 2, reply: "250 x", from: "a@x", to: ["b@x"] };
const FAILED = { method: "PASS", attempt: 1, reason: "refused", delay: 3 };

describe("a session", () => {
  const CASES: readonly (readonly [EventName, object, Record<string, number>])[] = [
    ["connect", {}, { connections_total: 1 }],
    ["end", END, { "sessions_total quit": 1, commands_total: 7, session_seconds: 1 }],
    ["refused", { rule: "relay", by: "us", line: "x" }, { "refusals_total relay us": 1 }],
    ["message", MESSAGE, { messages_total: 1, message_bytes_total: 300, message_recipients_total: 2 }],
    ["login", { method: "PASS", attempt: 1 }, { "logins_total accepted": 1 }],
    ["login-failed", FAILED, { "logins_total failed": 1, guesses_total: 1 }],
    ["login-failed", { ...FAILED, repeat: "yes" }, { "logins_total failed": 1, repeats_total: 1 }],
    ["tls", { tls: "TLSv1.3", cipher: "x", cert: "y" }, { "tls_handshakes_total TLSv1.3": 1 }],
    ["tls", { tls: "TLSv9", cipher: "x", cert: "y" }, { "tls_handshakes_total other": 1 }],
    ["tls-failed", { reason: "eof" }, { "tls_failures_total eof": 1 }],
    ["server-lost", { reason: "timeout", mode: "x" }, { "servers_lost_total timeout": 1 }],
    ["fault", { error: "x" }, { faults_total: 1 }],
    // What only a service tells, a worker's session does not.
    ["worker", { state: "ready", "worker-pid": 1 }, {}],
    ["refused-connection", { reason: "rate", key: "x", count: 9 }, {}],
    ["throttled", { key: "x", count: 9, until: "y" }, {}],
  ];
  for (const [event, fields, counted] of CASES)
    test(`that tells ${event} ${JSON.stringify(fields)} counts so`, () => {
      const meter = new Meter();
      meter.session()(entry(event, fields as Record<string, unknown>));
      expect(numbers(meter)).toEqual(counted);
    });

  test("that was refused more often than the log tells counts all of it, and each session for itself", () => {
    const meter = new Meter();
    const [one, other] = [meter.session(), meter.session()];
    for (let time = 0; time < 100; time++) one(entry("refused", { rule: "syntax", by: "us", line: "x" }));
    other(entry("refused", { rule: "recipient", by: "server", line: "x" }));
    one(entry("end", { ...END, refused: 250 }));
    other(entry("end", { ...END, refused: 1 }));
    expect(numbers(meter)).toMatchObject({
      "refusals_total syntax us": 100,
      "refusals_total recipient server": 1,
      "refusals_total untold unknown": 150,
    });
  });
});

describe("a service", () => {
  const CASES: readonly (readonly [EventName, object, Record<string, number>])[] = [
    ["refused-connection", { reason: "rate", key: "x", count: 9 }, { "refused_connections_total rate": 9 }],
    ["throttled", { key: "x", count: 4, until: "y" }, { throttled_total: 4 }],
    ["worker", { state: "ready", "worker-pid": 1 }, { workers_started_total: 1 }],
    ["worker", { state: "left", "worker-pid": 1 }, {}],
    ["fault", { error: "x" }, { faults_total: 1 }],
    ["listening", { address: "x" }, {}],
  ];
  for (const [event, fields, counted] of CASES)
    test(`that tells ${event} ${JSON.stringify(fields)} counts so`, () => {
      const meter = new Meter();
      meter.count(entry(event, fields as Record<string, unknown>));
      expect(numbers(meter)).toEqual(counted);
    });
});

test("nothing is counted that only a higher level than the measured one tells", () => {
  const counted = Object.keys(EVENTS).filter((event) => {
    const said = {
      ...END,
      ...MESSAGE,
      ...FAILED,
      reason: undefined,
      count: 1,
      rule: "x",
      by: "us",
      tls: "x",
    };
    const { reasons } = EVENTS[event as EventName] as { reasons?: object };
    const fields = {
      ...said,
      ...(reasons === undefined ? {} : { reason: Object.keys(reasons)[0] }),
      state: "ready",
    };
    const meter = new Meter();
    const made = { level: 0, event, fields } as unknown as Entry;
    meter.count(made);
    meter.session()(made);
    return Object.keys(numbers(meter)).length > 0;
  });
  expect(counted.length).toBeGreaterThan(10);
  for (const event of counted) expect(EVENTS[event as EventName].level).toBeLessThanOrEqual(BESIDE_LEVEL);
});

test("how long servers took is added up", () => {
  const meter = new Meter();
  const seconds = { counts: [1, 0, 0, 0, 0, 0, 0, 0, 0, 2], sum: 70 };
  meter.replied(seconds);
  meter.replied(seconds);
  const value = meter.samples("protowrap_server_reply_seconds")[0]!.value as Distribution;
  expect([value.counts.at(0), value.counts.at(-1), value.sum]).toEqual([2, 4, 140]);
});

test("of what has no labels there is a number from the start, and of what has some there is none", () => {
  const meter = new Meter();
  expect(meter.samples("protowrap_messages_total")).toEqual([{ labels: [], value: 0 }]);
  expect(meter.samples("protowrap_refusals_total")).toEqual([]);
});

describe("whoever got hold of a worker", () => {
  test("makes no number fall, nor one of what is none", () => {
    const meter = new Meter();
    const tell = meter.session();
    tell(entry("message", { ...MESSAGE, octets: -5, recipients: 1e300 }));
    tell(entry("end", { ...END, seconds: -1, commands: -7, refused: -3 }));
    tell(entry("end", { ...END, seconds: 1e300, refused: 1e300 }));
    expect(numbers(meter)).toEqual({ messages_total: 1, "sessions_total quit": 2, commands_total: 7 });
  });

  test("who invents values of labels without an end has no more memory for them than for some", () => {
    const meter = new Meter();
    const tell = meter.session();
    const many = 20_000;
    for (let number = 0; number < many; number++) {
      const rule = `${number} ${"x".repeat(1000)}`;
      tell(entry("refused", { rule, by: number % 2 ? "us" : rule, line: "x" }));
    }
    const samples = meter.samples("protowrap_refusals_total");
    expect(samples.length).toBe(501);
    expect(Math.max(...samples.flatMap(({ labels }) => labels.map(({ length }) => length)))).toBe(64);
    expect(samples.at(-1)).toEqual({ labels: ["other", "other"], value: many - 500 });
    // Those that were there keep their own.
    tell(entry("refused", { rule: samples[0]!.labels[0], by: samples[0]!.labels[1], line: "x" }));
    expect(meter.samples("protowrap_refusals_total")[0]!.value).toBe(2);
  });
});
