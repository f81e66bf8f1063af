// The way of one client to a server: who is tried, when another is tried beside it, and what is learned by it.

import { describe, expect, test } from "bun:test";
import { isBroken, pipe } from "../../src/os/libc.ts";
import { Balance, type Visit } from "../../src/serve/balance.ts";
import type { Connected } from "../../src/serve/connect.ts";
import { Quest, type QuestPlan } from "../../src/serve/quest.ts";

/** Servers that the test connects or refuses. */
class Stage {
  readonly balance: Balance;
  readonly changes: string[] = [];
  readonly tried: number[] = [];
  moves = 0;
  readonly #answers = new Map<number, (connected: Connected) => void>();
  readonly #pipes = new Map<number, { readEnd: number; writeEnd: number }>();
  readonly quests = new Map<Visit, Quest>();
  readonly #plan: QuestPlan;
  readonly #servers: readonly number[];

  constructor(count: number, isToSpeak = true) {
    this.#servers = Array.from({ length: count }, (_, number) => number);
    // The first is the heaviest: who is next can be told.
    this.balance = new Balance(
      this.#servers.map((number) => 1000 ** (count - number)),
      30_000,
    );
    this.#plan = {
      ...{ balance: this.balance, isToSpeak, quests: this.quests },
      connect: (destination) => {
        this.tried.push(destination);
        return new Promise((resolve) => this.#answers.set(destination, resolve));
      },
      onChange: (destination, change, error) =>
        change !== null && this.changes.push(`${destination} ${change} ${error}`.trim()),
    };
  }

  quest(except: readonly number[] = [], isHeard = true): Quest {
    return new Quest(this.#plan, except, isHeard, () => this.moves++);
  }

  async accepts(destination: number): Promise<void> {
    const ends = pipe();
    this.#pipes.set(destination, ends);
    this.#answers.get(destination)!({ socket: ends.readEnd });
    await Bun.sleep(1);
  }

  async refuses(destination: number, error = "ECONNREFUSED", isOurs = false): Promise<void> {
    this.#answers.get(destination)!({ error, isOurs });
    await Bun.sleep(1);
  }

  isOpen(destination: number): boolean {
    return !isBroken(this.#pipes.get(destination)!.writeEnd);
  }

  /** Clients, as each server is thought to have them. */
  get load(): number[] {
    return this.#servers.map((number) => this.balance.load(number));
  }
}

describe("a quest", () => {
  test("finds the next when one is refused, who is left alone from then on", async () => {
    const stage = new Stage(3);
    const finding = stage.quest().find(true);
    await stage.refuses(0);
    await stage.accepts(1);
    expect((await finding)?.destination).toBe(1);
    expect([stage.tried, stage.changes, stage.load]).toEqual([
      [0, 1],
      ["0 left-alone ECONNREFUSED"],
      [0, 1, 0],
    ]);
  });

  test("tries another beside one that does not accept within two seconds, and closes that when it does", async () => {
    const stage = new Stage(3);
    const finding = stage.quest().find(true);
    await Bun.sleep(1500);
    expect(stage.tried).toEqual([0]);
    await Bun.sleep(800);
    expect(stage.tried).toEqual([0, 1]);
    await stage.accepts(1);
    const found = await finding;
    expect([found?.destination, stage.isOpen(1), stage.load]).toEqual([1, true, [1, 1, 0]]);
    await stage.accepts(0);
    expect([stage.isOpen(0), stage.load, stage.changes]).toEqual([false, [0, 1, 0], []]);
  });

  test("takes one of two that accept in the same moment, and closes the other", async () => {
    const stage = new Stage(2);
    const finding = stage.quest().find(true);
    await Bun.sleep(2300);
    const both = [stage.accepts(1), stage.accepts(0)];
    const taken = (await finding)!.destination;
    await Promise.all(both);
    expect([stage.isOpen(taken), stage.isOpen(1 - taken)]).toEqual([true, false]);
    expect([stage.balance.load(taken), stage.balance.load(1 - taken)]).toEqual([1, 0]);
  });

  test("learns of one that accepts too late that it does not, though nobody waits for it any more", async () => {
    const stage = new Stage(2);
    const quest = stage.quest();
    const finding = quest.find(true);
    quest.end();
    expect(await finding).toBeNull();
    await stage.refuses(0, "no answer in time");
    expect([stage.changes, stage.load]).toEqual([["0 left-alone no answer in time"], [0, 0]]);
  });

  test("tries one of those that are left alone where there is no other, and no more of them", async () => {
    const stage = new Stage(2);
    for (const destination of [1, 0])
      stage.balance.fell(destination, "unreachable", destination === 1 ? 0 : 1);
    const quest = stage.quest();
    const finding = quest.find(true);
    await stage.refuses(1);
    expect([await finding, stage.tried]).toEqual([null, [1]]);
    expect(await stage.quest().find(false)).toBeNull();
    expect(stage.tried).toEqual([1]);
  });

  test("goes nowhere it may not go", async () => {
    const stage = new Stage(2);
    expect(await stage.quest([0, 1]).find(true)).toBeNull();
    const finding = stage.quest([0]).find(true);
    await stage.accepts(1);
    expect((await finding)?.destination).toBe(1);
  });

  test("does not blame a server for what we have too little of", async () => {
    const stage = new Stage(1);
    const quest = stage.quest();
    const finding = quest.find(true);
    await stage.refuses(0, "EMFILE", true);
    expect([await finding, quest.lack, stage.changes]).toEqual([null, "EMFILE", []]);
  });

  test("that is over gives nothing away, whenever a server accepts", async () => {
    const stage = new Stage(2);
    const quest = stage.quest();
    const finding = quest.find(true);
    await Bun.sleep(1);
    const accepting = stage.accepts(0);
    quest.end();
    expect(await finding).toBeNull();
    await accepting;
    expect([stage.isOpen(0), stage.load, stage.quests.size]).toEqual([false, [0, 0], 0]);
  });

  test("that is over in the moment in which a server accepts gives nothing away", async () => {
    const stage = new Stage(2);
    const quest = stage.quest();
    const finding = quest.find(true);
    const accepting = stage.accepts(0);
    for (let turn = 0; turn < 2; turn++) await Promise.resolve();
    quest.end();
    const found = await finding;
    await accepting;
    expect([found, stage.isOpen(0), stage.load, stage.quests.size]).toEqual([null, false, [0, 0], 0]);
  });

  test("moves on when the server it waits for is given up by others", async () => {
    const stage = new Stage(2);
    const finding = stage.quest().find(true);
    const [visit] = stage.balance.waitingFor(0);
    stage.balance.fell(0, "unreachable", 0);
    stage.quests.get(visit!)!.moveOn(visit!);
    await Bun.sleep(1);
    expect(stage.tried).toEqual([0, 1]);
    await stage.accepts(1);
    expect((await finding)?.destination).toBe(1);
  });
});

describe("a server that was found", () => {
  async function found(isToSpeak = true, isHeard = true): Promise<[Stage, Quest]> {
    const stage = new Stage(3, isToSpeak);
    const quest = stage.quest([], isHeard);
    const finding = quest.find(true);
    await stage.accepts(0);
    await finding;
    return [stage, quest];
  }

  test("has spoken when its worker says so, or at once where nobody would say", async () => {
    const [stage, quest] = await found();
    expect([stage.balance.waitingFor(0).length, quest.isAnswered]).toEqual([1, false]);
    quest.answered(0);
    expect([stage.balance.waitingFor(0).length, quest.isAnswered]).toEqual([0, true]);
    expect((await found(false))[0].balance.waitingFor(0)).toEqual([]);
  });

  test("and is silent is left alone; another may be found, and whoever speaks first stays", async () => {
    const [stage, quest] = await found();
    expect(quest.silent(0)).toBe(true);
    expect(stage.changes).toEqual(["0 left-alone no greeting in time"]);
    const finding = quest.find(false);
    await stage.accepts(1);
    await finding;
    expect(stage.load).toEqual([1, 1, 0]);
    expect(quest.silent(0)).toBe(false); // it is not the one that counts any more
    quest.answered(0);
    expect([stage.load, stage.changes.at(-1)]).toEqual([[1, 0, 0], "0 back"]);
    expect(quest.refused(0, "x")).toBe(false);
  });

  test("and will not do is left alone, and has no client any more", async () => {
    const [stage, quest] = await found();
    expect(quest.refused(0, "no TLS")).toBe(true);
    expect([stage.load, stage.changes]).toEqual([[0, 0, 0], ["0 left-alone no TLS"]]);
    expect(quest.refused(0, "no TLS")).toBe(false);
    expect(quest.refused(2, "a lie")).toBe(false);
    expect(stage.changes).toHaveLength(1);
  });

  test("and will not do when another is on its way is not asked for again", async () => {
    const [stage, quest] = await found();
    quest.silent(0);
    const finding = quest.find(false);
    await stage.accepts(1);
    await finding;
    expect(quest.refused(0, "hung up")).toBe(false);
    expect(stage.load).toEqual([0, 1, 0]);
  });

  test("is not blamed by a worker that has said enough", async () => {
    const [stage, quest] = await found(true, false);
    expect(quest.silent(0)).toBe(true);
    expect(quest.refused(0, "no TLS")).toBe(true);
    expect(stage.changes).toEqual([]);
  });

  test("and given up by others is to be replaced as long as it has not spoken", async () => {
    const [stage, quest] = await found();
    const [visit] = stage.balance.waitingFor(0);
    quest.moveOn(visit!);
    expect(stage.moves).toBe(1);
    quest.answered(0);
    quest.moveOn(visit!);
    expect(stage.moves).toBe(1);
  });

  test("has no client any more when the quest is over", async () => {
    const [stage, quest] = await found();
    quest.end();
    expect([stage.load, stage.quests.size]).toEqual([[0, 0, 0], 0]);
  });
});
