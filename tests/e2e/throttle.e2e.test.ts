// Guesses are counted across connections, services and protocols: who attacks gets few answers, and who owns the mailbox
// hardly notices. Clients come from wherever a test likes, by the word of a proxy.

import { describe, expect } from "bun:test";
import type { Conversation } from "./parts/conversation.ts";
import { until } from "./parts/deadline.ts";
import { mailServer, RIGHT } from "./parts/loginserver.ts";
import { built, option, part, root, waiting } from "./parts/missing.ts";
import { Scratch } from "./parts/scratch.ts";
import { at, ports, Serving } from "./parts/serving.ts";
import { Stage } from "./parts/stage.ts";
import { kill } from "./parts/supervised.ts";
import { greetedFrom, type Protocol, tried, triedFrom } from "./parts/trying.ts";

const needs = [built, option("pop3", "throttle")];

/** So many connections at once, of both protocols, each with so many guesses, all different. @returns what was said */
async function attack(stage: Stage, address: string, connections: number, each: number): Promise<string[]> {
  const one = async (number: number) => {
    const protocol = number % 2 === 0 ? "pop3" : "smtp";
    await using talk = await greetedFrom(stage.from(address, protocol));
    const said: string[] = [];
    for (let guess = 0; guess < each; guess++)
      said.push(await tried(talk, protocol, `u${guess % 5}`, `wrong-${number}-${guess}`));
    return said;
  };
  return (await Promise.all(Array.from({ length: connections }, (_, number) => one(number)))).flat();
}

const count = (said: readonly string[], word: string) => said.filter((one) => one === word).length;

describe("One address", () => {
  for (const [connections, each] of [
    [1, 20],
    [16, 4],
    [64, 2],
  ] as const)
    part(`gets six answers, with ${connections} connections of two protocols at once`, needs, async () => {
      await using stage = await Stage.open();
      const said = await attack(stage, "192.0.2.1", connections, each);
      expect([count(said, "wrong"), count(said, "in"), said.length]).toEqual([6, 0, connections * each]);
      expect(count(said, "later")).toBe(connections * each - 6);
      // The server was asked about no other.
      expect(stage.asked).toHaveLength(6);
      expect(await triedFrom(stage.from("192.0.2.2"), "u", "wrong")).toBe("wrong");
    });

  part("is a /64 of IPv6, wherever in it a client is", needs, async () => {
    await using stage = await Stage.open();
    const said: string[] = [];
    for (let host = 1; host <= 20; host++)
      said.push(await triedFrom(stage.from(`2001:db8:1:2::${host}`), "u", `wrong-${host}`));
    expect([count(said, "wrong"), count(said, "later")]).toEqual([3 + 3, 14]);
    expect(await triedFrom(stage.from("2001:db8:1:3::1"), "v", "wrong")).toBe("wrong");
  });

  part(
    "is told once that it is throttled, and then by the minute; no password is told at all",
    needs,
    async () => {
      await using stage = await Stage.open();
      await attack(stage, "192.0.2.1", 4, 5);
      const { serving } = stage;
      const told = () => serving.log.split("\n").filter((line) => line.includes("event=throttled"));
      expect(told()).toHaveLength(2); // of each service one
      for (const line of told())
        expect(line).toMatch(
          / event=throttled key=192\.0\.2\.1 count=1 until=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
        );
      expect(await triedFrom(stage.from("192.0.2.9"), "u", "wrong-again")).toBe("wrong");
      expect(await triedFrom(stage.from("192.0.2.9"), "u", "wrong-again")).toBe("wrong");
      await until(
        "the failures",
        () => (serving.log.match(/event=login-failed/g)?.length ?? 0) >= 8 || undefined,
      );
      expect(serving.log.match(/repeat=yes/g)).toHaveLength(1);
      serving.kill("SIGTERM");
      expect(await serving.exit()).toBe(0);
      // What was not told yet is told at the end: of twenty guesses six were answered.
      const counts = told().map((line) => Number(/count=(\d+)/.exec(line)![1]));
      expect(counts.reduce((sum, one) => sum + one, 0)).toBe(14);
      expect(serving.log).not.toContain("wrong-");
    },
  );

  part(
    "pays for a guess whose client leaves, and for one whose worker is killed",
    [...needs, root],
    async () => {
      for (const leave of ["client", "worker"] as const) {
        await using stage = await Stage.open();
        stage.pop.isSilent = true;
        const talks: Conversation[] = [];
        for (let at = 0; at < 6; at++) {
          const talk = await greetedFrom(stage.from("192.0.2.1"));
          talks.push(talk);
          await talk.ask(`USER u${at}`, /^\+OK.*\r\n/);
          await talk.send(`PASS wrong-${at}\r\n`);
        }
        await until("six guesses", () => stage.pop.told.length === 6 || undefined);
        if (leave === "worker") for (const pid of stage.serving.workers) kill(pid, "SIGKILL");
        for (const talk of talks) await talk[Symbol.asyncDispose]();
        stage.pop.isSilent = false;
        await until("another worker", () => stage.serving.workers.length >= 2 || undefined);
        await Bun.sleep(300);
        expect([leave, await triedFrom(stage.from("192.0.2.1"), "v", "wrong")]).toEqual([leave, "later"]);
      }
    },
  );

  part(
    "pays a little for leaving in the middle of a login, and nothing for saying goodbye",
    needs,
    async () => {
      await using stage = await Stage.open();
      const leaving = async (address: string, lines: readonly string[]) => {
        await using talk = await greetedFrom(stage.from(address));
        for (const line of lines) await talk.ask(line, /^\+OK.*\r\n/);
      };
      for (let at = 0; at < 70; at += 10)
        await Promise.all(
          Array.from({ length: 10 }, async () => {
            await leaving("192.0.2.1", ["USER u"]);
            await leaving("192.0.2.2", ["USER u", "QUIT"]);
          }),
        );
      const ends = () => stage.serving.log.match(/event=end /g)?.length;
      await until("their ends", () => ends() === 140 || undefined);
      expect(await triedFrom(stage.from("192.0.2.1"), "v", "wrong")).toBe("later");
      expect(await triedFrom(stage.from("192.0.2.2"), "v", "wrong")).toBe("wrong");
    },
  );

  part("is remembered when the configuration is read anew", needs, async () => {
    await using stage = await Stage.open();
    await attack(stage, "192.0.2.1", 6, 1);
    stage.serving.write(stage.services({ "idle-timeout": 77 }));
    expect(await stage.serving.reload()).toContain("state=reloaded generation=2");
    expect(await triedFrom(stage.from("192.0.2.1"), "v", "wrong")).toBe("later");
  });

  part("may be anybody's name, however long", needs, async () => {
    await using stage = await Stage.open();
    const name = "u".repeat(8000);
    const said: string[] = [];
    for (let guess = 0; guess < 9; guess++)
      said.push(await triedFrom(stage.from("192.0.2.1", "smtp"), name, `wrong-${guess}`));
    expect([count(said, "wrong"), count(said, "later")]).toEqual([6, 3]);
  });
});

describe("Nobody counts what is guessed", () => {
  const guesses = async (stage: Stage, address: string | undefined, protocol: Protocol) => {
    await using talk = await greetedFrom(stage.from(address, protocol));
    const said: string[] = [];
    for (let guess = 0; guess < 9; guess++) said.push(await tried(talk, protocol, "u", `wrong-${guess}`));
    return count(said, "wrong");
  };

  part("by networks that are exempt, by relays, and where nobody is to count", needs, async () => {
    await using exempt = await Stage.open({ "throttle-allow": ["192.0.2.0/24"] });
    expect(await guesses(exempt, "192.0.2.1", "pop3")).toBe(9);
    expect(await guesses(exempt, "198.51.100.1", "pop3")).toBe(6);
    await using none = await Stage.open({ throttle: "none" });
    expect(await guesses(none, "192.0.2.1", "smtp")).toBe(9);
    const [, port] = await ports(2);
    await using scratch = new Scratch();
    await using server = await mailServer();
    await using _ = await Serving.start(scratch, {
      mx: {
        ...{ protocol: "smtp", listen: at(port), connect: at(server.port), auth: "pass" },
        ...{ "relay-ip": ["127.0.0.1"], "login-delay": 0, "max-login-attempts": 0 },
      },
    });
    await using relay = await greetedFrom({ protocol: "smtp", port });
    const said: string[] = [];
    for (let guess = 0; guess < 9; guess++) said.push(await tried(relay, "smtp", "u", `wrong-${guess}`));
    expect(count(said, "wrong")).toBe(9);
  });
});

describe("While many addresses guess at one user", () => {
  /** Each of so many, in a wider network of its own, as often as it likes. */
  async function botnet(stage: Stage, bots: number, each: number): Promise<string[]> {
    const bot = async (number: number) => {
      const said: string[] = [];
      await using talk = await greetedFrom(stage.from(`10.${number}.0.1`));
      for (let guess = 0; guess < each; guess++)
        said.push(await tried(talk, "pop3", "owner", `wrong-${number}-${guess}`));
      return said;
    };
    const said: string[] = [];
    for (let first = 0; first < bots; first += 20)
      said.push(...(await Promise.all(Array.from({ length: 20 }, (_, at) => bot(first + at)))).flat());
    return said;
  }

  async function entering(stage: Stage, address: string): Promise<number> {
    const start = Date.now();
    expect([address, await triedFrom(stage.from(address), "owner", RIGHT)]).toEqual([address, "in"]);
    return Date.now() - start;
  }

  part("each has three answers and all have ten more, and the owner comes in at once", needs, async () => {
    await using stage = await Stage.open({ "max-connections": 0 });
    await entering(stage, "203.0.113.7");
    const attacked = botnet(stage, 200, 6);
    await Bun.sleep(100);
    expect(await entering(stage, "203.0.113.7")).toBeLessThan(1000);
    const said = await attacked;
    // Of so many passwords at so many networks two may have the same 16 bits: that one is no guess, and the log says so.
    const repeats = stage.serving.log.match(/ repeat=yes /g)?.length ?? 0;
    expect([count(said, "wrong") - repeats, said.length]).toEqual([3 * 200 + 10, 1200]);
    expect(count(said, "later")).toBe(1200 - 610 - repeats);
    expect(await entering(stage, "203.0.113.7")).toBeLessThan(1000);
    expect(await entering(stage, "192.0.2.200")).toBeLessThan(1000);
  });

  waiting(
    "of his own provider the owner waits at most ten seconds, and not where he is known",
    needs,
    async () => {
      await using stage = await Stage.open({ "max-connections": 0 });
      await entering(stage, "203.0.113.7");
      const neighbours = Array.from({ length: 42 }, async (_, at) =>
        triedFrom(stage.from(`203.0.113.${100 + at}`), "owner", `wrong-${at}`),
      );
      await Bun.sleep(1000);
      const [known, unknown] = await Promise.all([
        entering(stage, "203.0.113.7"),
        entering(stage, "203.0.113.8"),
      ]);
      expect(known).toBeLessThan(1000);
      expect(unknown).toBeGreaterThan(2000);
      expect(unknown).toBeLessThan(11_000);
      await Promise.allSettled(neighbours);
    },
  );
});
