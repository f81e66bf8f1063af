// What the supervisor and a worker say to each other, and what is nothing that anybody of ours says.

import { describe, expect, test } from "bun:test";
import {
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
    { word: "unreachable", session: 7, text: "12 34" },
    { word: "unavailable", session: 7, server: 0, text: '{"reason":"x y"}' },
    { word: "gone", session: 7, server: 9, text: "143" },
    { word: "gone", session: 7, server: 9, text: "SIGTERM" },
    { word: "gone", session: 7, server: 9, text: "" },
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
    { word: "log", level: 3, text: "session=a 1 2 3" },
    { word: "abort", session: 1, server: 2 },
    { word: "leave", session: 1, server: 2, patience: 5000 },
    { word: "restart", session: 1 },
    { word: "done", session: 1 },
  ];
  for (const report of reports)
    test(`${report.word} is read as it was written`, () => {
      expect(readReport(line(writeReport(report)))).toEqual(report);
    });

  for (const wrong of [
    "",
    "log",
    "log 6 x",
    "log x",
    "abort 1",
    "abort -1 2",
    "leave 1 2",
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

  test("put no control into the log, and no line that never ends", () => {
    expect(readReport("log 1 a\x1b[2Jb\rc\x00\x9b\u202eü")).toEqual({
      ...{ word: "log", level: 1, text: "a?[2Jb?c???ü" },
    });
    expect((readReport(`log 1 ${"x".repeat(100_000)}`) as { text: string }).text).toHaveLength(65_536);
  });
});

test("what is told of a server that cannot be had arrives as it was told", () => {
  const lack = { destination: "/usr/sbin/größer", error: "ENOENT" };
  const order = { word: "unavailable", session: 7, server: 1, text: writeLack(lack) } as const;
  const read = readOrder(line(writeOrder(order)));
  expect(read).toEqual(order);
  expect(readLack(order.text)).toEqual(lack);
});
