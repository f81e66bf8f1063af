// Lines between two processes of ours.

import { expect, test } from "bun:test";
import { streamPair } from "../../src/os/passing.ts";
import { control } from "../../src/serve/control.ts";

async function pair(mostLine = 1_048_576) {
  const [here, there] = streamPair();
  const lines: string[] = [];
  const costs: number[] = [];
  const ended = Promise.withResolvers<void>();
  const sender = await control(here, () => {}, ended.resolve, mostLine);
  const receiver = await control(
    there,
    (line, cost) => {
      lines.push(line);
      costs.push(cost);
    },
    () => {},
    mostLine,
  );
  return { lines, costs, sender, receiver, ended: ended.promise };
}

async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500 && !holds(); turn++) await Bun.sleep(10);
  expect(holds()).toBe(true);
}

test("lines arrive whole and in order, however many and however long", async () => {
  const { lines, sender, receiver } = await pair();
  const long = "x".repeat(200_000);
  for (let count = 0; count < 2000; count++) sender.send(`line ${count}\n`);
  sender.send(`${long}\n`);
  sender.send("last\n");
  await until(() => lines.length === 2002);
  expect(lines[1999]).toBe("line 1999");
  expect(lines[2000]).toBe(long);
  expect(lines[2001]).toBe("last");
  sender.close();
  receiver.close();
});

test("what is not ASCII arrives as it is, and what the administrator wrote has no limit", async () => {
  const { lines, sender, receiver } = await pair(Number.POSITIVE_INFINITY);
  const long = "Grüße, 世界 ".repeat(200_000);
  sender.send(`${long}\n`);
  await until(() => lines.length === 1);
  expect(lines[0]).toBe(long);
  sender.close();
  receiver.close();
});

test("the end of one side is told to the other", async () => {
  const { receiver, ended } = await pair();
  receiver.close();
  await ended;
});

test("a line without end is given up", async () => {
  const { lines, sender, ended } = await pair();
  for (let count = 0; count < 40; count++) sender.send("x".repeat(65_536));
  await ended;
  expect(lines).toEqual([]);
});

test("a line that is too long is given up, also one that comes whole", async () => {
  const { lines, sender, ended } = await pair(10);
  sender.send("0123456789\n");
  sender.send("0123456789x\n");
  sender.send("never\n");
  await ended;
  expect(lines).toEqual(["0123456789"]);
});

test("a line that comes in parts costs more than its octets", async () => {
  const { lines, costs, sender } = await pair();
  sender.send("whole\n");
  await until(() => lines.length === 1);
  for (const part of ["in", " three", " parts\n"]) {
    sender.send(part);
    await Bun.sleep(20);
  }
  await until(() => lines.length === 2);
  expect(lines).toEqual(["whole", "in three parts"]);
  expect(costs).toEqual([5, 14 + 2 * 256]);
});
