// A place that fails, is slow, or comes back, and what is counted meanwhile.

import { expect, test } from "bun:test";
import type { Attempt } from "../../src/policy/guesses.ts";
import type { Entry } from "../../src/record/entry.ts";
import { MemoryCounter } from "../../src/throttle/counter.ts";
import { FallbackCounter, type RemoteCounter } from "../../src/throttle/fallback.ts";

/** As memory, as long as it is there. */
class Place extends MemoryCounter implements RemoteCounter {
  isThere = true;
  readonly done: string[] = [];
  override async ask(attempt: Attempt) {
    this.#look("ask");
    return super.ask(attempt);
  }
  override async settle(...given: Parameters<MemoryCounter["settle"]>) {
    this.#look("settle");
    return super.settle(...given);
  }
  override async penalize(...given: Parameters<MemoryCounter["penalize"]>) {
    this.#look("penalize");
    return super.penalize(...given);
  }
  async look() {
    this.#look("look");
  }
  #look(what: string) {
    this.done.push(what);
    if (!this.isThere) throw new Error("it is away");
  }
}

const guess = (tag: number): Attempt => ({ network: "n", wider: "w", user: `u${tag}`, tag });

function both() {
  const entries: Entry[] = [];
  const place = new Place();
  return { entries, place, counter: new FallbackCounter(place, (entry) => entries.push(entry)) };
}

test("what is there counts, and what it does not count is counted here, which is told once", async () => {
  const { entries, place, counter } = both();
  for (let at = 0; at < 4; at++) expect((await counter.ask(guess(at))).isAllowed).toBe(true);
  place.isThere = false;
  const said: boolean[] = [];
  for (let at = 0; at < 8; at++) said.push((await counter.ask(guess(at))).isAllowed);
  expect(said).toEqual([...new Array(6).fill(true), false, false]);
  expect(entries).toEqual([
    { level: 1, event: "throttle-store", fields: { state: "lost", error: "it is away" } },
  ]);
  expect(place.done.filter((what) => what === "ask")).toHaveLength(5);
  counter.close();
});

test("a login is settled where it was charged", async () => {
  const { place, counter } = both();
  const there = await counter.ask(guess(1));
  place.isThere = false;
  const here = await counter.ask(guess(2));
  if (!there.isAllowed || !here.isAllowed) throw new Error("expected both");
  await counter.settle(guess(2), here.charged, "refused");
  expect(place.done).toEqual(["ask", "ask"]);
  expect(await counter.ask(guess(2))).toMatchObject({ isRepeat: true });
  counter.close();
});

test("one that is away from the start is told before anybody asks", async () => {
  const { entries, place, counter } = both();
  place.isThere = false;
  counter.begin();
  await Bun.sleep(1);
  expect(entries).toHaveLength(1);
  await counter.penalize("n", "silent");
  expect(place.done).toEqual(["look"]);
  counter.close();
});
