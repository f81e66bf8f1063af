// What the supervisor and a worker say to each other, and what is nothing that anybody of ours says.

import { describe, expect, test } from "bun:test";
import type { Entry } from "../../src/record/entry.ts";
import { EVENTS, type EventName, keysOf } from "../../src/record/events.ts";
import {
  MOST_REPORT,
  type Order,
  type Report,
  readLack,
  readOrder,
  readReport,
  writeLack,
  writeOrder,
  writeReport,
} from "../../src/serve/words.ts";

const line = (written: string) => {
  expect(written).toEndWith("\n");
  expect(written.slice(0, -1)).not.toContain("\n");
  return written.slice(0, -1);
};

describe("orders", () => {
  const orders: readonly Order[] = [
    { word: "configure", text: '{"a":"1 2 3"}' },
    { word: "serve", session: 7, server: 9, text: '{"client":{"address":"192.0.2.1","port":1}}' },
    { word: "ends", session: 4_000_000_000, server: 1 },
    { word: "unavailable", session: 7, server: 0, text: '{"reason":"x y"}' },
    { word: "gone", session: 7, server: 9, text: "143" },
    { word: "gone", session: 7, server: 9, text: "SIGTERM" },
    { word: "gone", session: 7, server: 9, text: "" },
    { word: "admit", session: 7 },
    { word: "refuse", session: 7, text: '"421 4.7.0 x y\\r\\n"' },
    { word: "judged", session: 7, text: "repeat 3" },
    { word: "ping" },
    { word: "finish" },
    { word: "drain" },
  ];
  for (const order of orders)
    test(`${order.word} is read as it was written`, () => {
      expect(readOrder(line(writeOrder(order)))).toEqual(order);
    });

  test("that nobody gives are a fault", () => {
    expect(() => readOrder("jump 1")).toThrow("jump");
  });
});

describe("reports", () => {
  const reports: readonly Report[] = [
    { word: "ready" },
    { word: "pong" },
    { word: "broken", text: "Error: x" },
    { word: "log", session: 7, entry: { level: 3, event: "command", fields: { line: 'NOOP "1 2 3"' } } },
    { word: "log", session: 7, entry: { level: 2, event: "connect", fields: {} } },
    { word: "told", session: 7, told: null },
    {
      ...{ word: "told", session: 4_000_000_000 },
      told: { client: { address: "2001:db8::7", port: 0 }, server: { address: "192.0.2.1", port: 65535 } },
    },
    {
      ...{ word: "told", session: 7 },
      told: { client: { address: null, port: null }, server: { address: null, port: null } },
    },
    { word: "abort", session: 1, server: 2 },
    { word: "ended", session: 1, server: 2 },
    { word: "leave", session: 1, server: 2, patience: 5000 },
    { word: "taken", session: 1 },
    { word: "restart", session: 1 },
    { word: "restart", session: 1, spoken: { version: "TLSv1.3", cipher: "TLS_AES_128_GCM_SHA256" } },
    { word: "restart", session: 1, spoken: { version: "TLSv1.2", cipher: "ECDHE-ECDSA-CHACHA20-POLY1305" } },
    { word: "greeted", session: 1, server: 0 },
    { word: "silent", session: 1, server: 2 },
    { word: "next", session: 1, server: 2, text: "12 certificate is not for mx.test" },
    { word: "login", session: 1, user: "0123456789abcdef", tag: 65_535 },
    { word: "login", session: 1, user: null, tag: null },
    { word: "settled", session: 1, decision: "undecided" },
    { word: "blamed", session: 1, penalty: "silent" },
    {
      ...{ word: "replied", session: 1 },
      seconds: { counts: [0, 1, 0, 0, 0, 0, 0, 0, 0, 2], sum: 70.25 },
    },
    { word: "done", session: 1 },
  ];
  for (const report of reports)
    test(`${report.word} is read as it was written`, () => {
      expect(readReport(line(writeReport(report)))).toEqual(report);
    });

  for (const wrong of [
    "",
    "log",
    "log x",
    "log 6 connect",
    "log 6 connect {",
    "log 6 connect {} {}",
    "log connect {}",
    "told",
    "told null",
    "told 1",
    "told 1 {",
    "told 1 7",
    "told 1 {}",
    'told 1 {"client":{"address":null,"port":null}}',
    'told 1 {"client":{"address":null},"server":{"address":null,"port":null}}',
    'told 1 {"client":{"address":"mx.test","port":1},"server":{"address":null,"port":null}}',
    'told 1 {"client":{"address":"2001:DB8::7","port":1},"server":{"address":null,"port":null}}',
    'told 1 {"client":{"address":["192.0.2.1"],"port":1},"server":{"address":null,"port":null}}',
    'told 1 {"client":{"address":"192.0.2.1","port":65536},"server":{"address":null,"port":null}}',
    'told 1 {"client":{"address":"192.0.2.1","port":-1},"server":{"address":null,"port":null}}',
    'told 1 {"client":{"address":"192.0.2.1","port":1.5},"server":{"address":null,"port":null}}',
    `told 1 ${" ".repeat(256)}null`,
    "login",
    "login 1",
    "login 1 x -",
    "login 1 - -1",
    "login 1 - 65536",
    "login 1 0123456789ABCDEF 1",
    "login x - -",
    "login 1 0123456789abcdef 1 2",
    "settled 1",
    "settled 1 wrong",
    "settled x refused",
    "blamed 1",
    "blamed 1 guess",
    "blamed 1 toString",
    "blamed x silent",
    "restart",
    "restart 1 TLSv1.3",
    "restart 1 TLSv1.3 a b",
    "restart 1 SSLv3 RC4",
    `restart 1 TLSv1.3 ${"A".repeat(65)}`,
    "abort 1",
    "abort -1 2",
    "ended 1",
    "leave 1 2",
    "greeted 1",
    "silent x 1",
    "next 1",
    "replied",
    "replied 1",
    "replied 1 [1]",
    "replied 1 [1,",
    "replied 1 [-1,0,0,0,0,0,0,0,0,0,0]",
    "replied x [1,0,0,0,0,0,0,0,0,0,0]",
    "done",
    "done x",
    "exec 1",
  ])
    test(`${JSON.stringify(wrong)} is none`, () => expect(readReport(wrong)).toBeNull());

  test("ask for no more than a minute", () => {
    expect(readReport("leave 1 2 999999999")).toEqual({
      word: "leave",
      session: 1,
      server: 2,
      patience: 60_000,
    });
  });

  test("of a log tell what is no entry as none", () => {
    for (const text of ["nothing {}", "command {}", 'command {"line":7}', "connect null"])
      expect(readReport(`log 6 ${text}`)).toEqual({ word: "log", session: 6, entry: null });
    expect(writeReport({ word: "log", session: 6, entry: null })).toBe("");
  });

  test("of a log leave out what its formats do not show", () => {
    const long = "ü".repeat(5000);
    const fields = { by: "us", rule: "x", from: long, to: new Array(50).fill(long), line: long } as const;
    const said = line(
      writeReport({ word: "log", session: 1, entry: { level: 1, event: "refused", fields } }),
    );
    const { entry } = readReport(said) as { entry: { fields: Record<string, string | string[]> } };
    expect(entry.fields.line).toBe(long.slice(0, 1024));
    expect(entry.fields.to).toEqual(new Array(20).fill(long.slice(0, 1024)));
  });

  test("are never longer than they may be, whatever an entry says", () => {
    const text = "\x01".repeat(5000);
    const of = (name: string) => (name === "to" ? new Array(50).fill(text) : text);
    for (const event of Object.keys(EVENTS) as EventName[]) {
      const fields = Object.fromEntries(keysOf(event).map(({ name }) => [name, of(name)]));
      const entry = { level: EVENTS[event].level, event, fields } as unknown as Entry;
      expect(writeReport({ word: "log", session: 9_999_999_999, entry }).length).toBeLessThan(MOST_REPORT);
    }
  });

  test("of what is wrong with a server are one line, and not a long one", () => {
    const text = `a\nb ${"x".repeat(5000)}`;
    expect(line(writeReport({ word: "next", session: 1, server: 2, text }))).toBe(
      `next 1 2 a b ${"x".repeat(196)}`,
    );
    expect((readReport(`next 1 2 ${text}`) as { text: string }).text).toHaveLength(200);
  });

  test("of what broke are one line, and not a long one", () => {
    const said = writeReport({ word: "broken", text: `Error: a\nb\r\n${"x".repeat(5000)}` });
    expect(line(said)).toStartWith("broken Error: a b  xxx");
    expect(said).toHaveLength(1008);
    expect((readReport(`broken ${"x".repeat(5000)}`) as { text: string }).text).toHaveLength(1000);
  });
});

test("what is told of a server that cannot be had arrives as it was told", () => {
  const lack = { destination: "/usr/sbin/größer", error: "ENOENT" };
  const order = { word: "unavailable", session: 7, server: 1, text: writeLack(lack) } as const;
  const read = readOrder(line(writeOrder(order)));
  expect(read).toEqual(order);
  expect(readLack(order.text)).toEqual(lack);
});
