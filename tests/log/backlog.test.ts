// A place for log lines that is slow, dead or away: nobody waits for it, and it is told what it missed.

import { describe, expect, test } from "bun:test";
import { Backlog } from "../../src/log/backlog.ts";
import type { Delivery, Message, Sender } from "../../src/log/sink.ts";

const message = (line: string): Message => ({ level: 1, line, at: new Date(0) });
const lostLine = (lines: number) => message(`lost ${lines}`);

/** A place that does with each line what it is told to. */
class Place implements Sender {
  readonly pause: number;
  readonly got: string[] = [];
  does: (line: string) => Delivery | Promise<Delivery> = () => "taken";

  constructor(pause = 5) {
    this.pause = pause;
  }

  send({ line }: Message): Delivery | Promise<Delivery> {
    const done = this.does(line);
    if (done === "taken") this.got.push(line);
    return done;
  }
}

describe("a place that takes lines at once", () => {
  test("has them when write returns, in order", () => {
    const place = new Place();
    const backlog = new Backlog(place, lostLine);
    backlog.write(message("a"));
    backlog.write(message("b"));
    expect(place.got).toEqual(["a", "b"]);
  });

  test("is flushed at once", async () => {
    const backlog = new Backlog(new Place(), lostLine);
    backlog.write(message("a"));
    const start = performance.now();
    await backlog.flush();
    expect(performance.now() - start).toBeLessThan(100);
  });
});

test("a place that is behind is tried again, and gets every line once", async () => {
  const place = new Place();
  let refusals = 3;
  place.does = () => (refusals-- > 0 ? "later" : "taken");
  const backlog = new Backlog(place, lostLine);
  for (const line of ["a", "b", "c"]) backlog.write(message(line));
  expect(place.got).toEqual([]);
  await backlog.flush();
  expect(place.got).toEqual(["a", "b", "c"]);
});

test("a line that fails with an exception is tried again", async () => {
  const place = new Place();
  let failed = false;
  place.does = async (line): Promise<Delivery> => {
    if (!failed) {
      failed = true;
      throw new Error("away");
    }
    place.got.push(line);
    return "taken";
  };
  const backlog = new Backlog(place, lostLine);
  backlog.write(message("a"));
  backlog.write(message("b"));
  await Bun.sleep(30);
  await backlog.flush();
  expect(place.got).toEqual(["a", "b"]);
});

test("of a place that never answers nobody waits longer than a second", async () => {
  const place = new Place();
  place.does = () => new Promise(() => {});
  const backlog = new Backlog(place, lostLine);
  backlog.write(message("a"));
  const start = performance.now();
  await backlog.flush();
  expect(performance.now() - start).toBeWithin(900, 1500);
});

test("a place that could only be tried after the deadline is given up before it", async () => {
  const place = new Place(5000);
  place.does = () => "later";
  const backlog = new Backlog(place, lostLine);
  backlog.write(message("a"));
  const start = performance.now();
  await backlog.flush();
  expect(performance.now() - start).toBeLessThan(200);
});

test("what is kept is bounded, the oldest first, and the rest is counted", async () => {
  const place = new Place();
  place.does = () => "later";
  const backlog = new Backlog(place, lostLine);
  const line = "x".repeat(1000);
  for (let i = 0; i < 2000; i++) backlog.write(message(line));
  place.does = () => "taken";
  await backlog.flush();
  expect(place.got.length).toBeWithin(500, 600);
  expect(place.got.at(-1)).toBe(`lost ${2000 - (place.got.length - 1)}`);
});

test("a line that is lost is counted when the next one is taken", () => {
  const place = new Place();
  place.does = () => "lost";
  const backlog = new Backlog(place, lostLine);
  backlog.write(message("a"));
  backlog.write(message("b"));
  place.does = () => "taken";
  backlog.write(message("c"));
  expect(place.got).toEqual(["c", "lost 2"]);
});
