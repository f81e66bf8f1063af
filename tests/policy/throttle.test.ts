// How much may be guessed: by one network, at one user, and by whom it is not counted.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Attempt, Guesses } from "../../src/policy/guesses.ts";
import { AT_ONE, OF_ONE, oddsOf } from "../../src/policy/odds.ts";
import {
  type Decision,
  EMPTY,
  judge,
  PENALTIES,
  penalize,
  SLOWEST,
  SUMS,
  settle,
} from "../../src/policy/throttle.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A login of which the password is the tag. */
function login(network: string, user: string | null, tag: number | null): Attempt {
  return { network, wider: `${network}/24`, user, tag };
}

/** A login that is settled at once. @returns whether the server was asked */
function tried(guesses: Guesses, one: Attempt, now: number, decision: Decision = "refused"): boolean {
  const verdict = guesses.ask(one, now);
  if (verdict.isAllowed) guesses.settle(one, verdict.charged, decision, now);
  return verdict.isAllowed;
}

/** How many of these many are asked of the server, one right after the other. */
function answered(guesses: Guesses, logins: readonly Attempt[], now: number): number {
  return logins.filter((one) => tried(guesses, one, now)).length;
}

const many = (count: number, make: (index: number) => Attempt) =>
  Array.from({ length: count }, (_, at) => make(at));

describe("a network", () => {
  test("has six guesses at once, whoever they are at", () => {
    for (const user of [() => "u", (at: number) => `u${at}`, () => null])
      expect(
        answered(
          new Guesses(),
          many(64, (at) => login("n", user(at), null)),
          0,
        ),
      ).toBe(6);
  });

  test("has never more than sixty in any hour, nor six in twenty seconds, whenever it tries", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 50, maxLength: 400 }), (pauses) => {
        const guesses = new Guesses();
        const times: number[] = [];
        let now = 0;
        for (const [at, pause] of pauses.entries()) {
          now += pause * SECOND;
          if (tried(guesses, login("n", `u${at}`, at), now)) times.push(now);
        }
        const within = (span: number) =>
          Math.max(...times.map((from) => times.filter((time) => time >= from && time < from + span).length));
        expect(within(20 * SECOND)).toBeLessThanOrEqual(6);
        expect(within(HOUR)).toBeLessThanOrEqual(60);
      }),
      { numRuns: 100 },
    );
  });

  test("is not kept out for longer by what it tries meanwhile", () => {
    const guesses = new Guesses();
    answered(
      guesses,
      many(6, (at) => login("n", `u${at}`, at)),
      0,
    );
    for (let second = 1; second < 67; second++)
      expect(tried(guesses, login("n", "u", second), second * SECOND)).toBe(false);
    expect(tried(guesses, login("n", "u", 99), 67 * SECOND)).toBe(true);
  });

  test("is told when it may try again", () => {
    const guesses = new Guesses();
    answered(
      guesses,
      many(6, (at) => login("n", `u${at}`, at)),
      0,
    );
    expect(guesses.ask(login("n", "u", 9), 7 * SECOND)).toEqual({ isAllowed: false, wait: 60 * SECOND });
  });

  test("is nobody else's business", () => {
    const guesses = new Guesses();
    answered(
      guesses,
      many(64, () => login("n", "u", null)),
      0,
    );
    expect(tried(guesses, login("m", "v", 1), 0)).toBe(true);
  });

  test("pays for what was never settled: no login is free of which nobody heard any more", () => {
    const guesses = new Guesses();
    const asked = many(64, (at) => login("n", "u", at)).filter((one) => guesses.ask(one, 0).isAllowed);
    expect(asked.length).toBeLessThanOrEqual(6);
    expect(tried(guesses, login("n", "v", 99), 60 * SECOND)).toBe(false);
  });
});

describe("a password that was tried", () => {
  test("is no guess when it is tried again, for a day", () => {
    const guesses = new Guesses();
    const phone = login("n", "u", 7);
    for (let minute = 0; minute < 24 * 60; minute++)
      expect(tried(guesses, phone, minute * MINUTE)).toBe(true);
    expect(guesses.ask(phone, 24 * 60 * MINUTE)).toMatchObject({ isRepeat: true, charged: [] });
    expect(guesses.ask(phone, 49 * HOUR)).toMatchObject({ isRepeat: false });
  });

  test("is one guess where several try it at the same time", () => {
    const guesses = new Guesses();
    const phone = login("n", "u", 7);
    const verdicts = [0, 1, 2].map(() => guesses.ask(phone, 0));
    for (const verdict of verdicts)
      if (verdict.isAllowed) guesses.settle(phone, verdict.charged, "refused", 0);
    expect(
      answered(
        guesses,
        many(64, (at) => login("n", `v${at}`, at)),
        0,
      ),
    ).toBe(5);
  });

  test("is one each time where it does not show", () => {
    const guesses = new Guesses();
    expect(
      answered(
        guesses,
        many(64, () => login("n", "u", null)),
        0,
      ),
    ).toBe(6);
  });

  test("is another guess at another user, and from another network", () => {
    const guesses = new Guesses();
    tried(guesses, login("n", "u", 7), 0);
    expect(guesses.ask(login("n", "v", 7), 0)).toMatchObject({ isRepeat: false });
    expect(guesses.ask(login("m", "u", 7), 0)).toMatchObject({ isRepeat: false });
  });

  test("lets nobody go on whose network has had its guesses: some other has the same tag", () => {
    const guesses = new Guesses();
    answered(
      guesses,
      many(6, (at) => login("n", "u", at)),
      0,
    );
    const tags = new Set<number>(Array.from({ length: 65_536 }, (_, tag) => tag));
    const passed = [...tags].filter((tag) => tried(guesses, login("n", "u", tag), 0));
    expect(passed).toEqual([]);
  });

  test("that the server did not decide on is none, and is not remembered", () => {
    const guesses = new Guesses();
    for (let at = 0; at < 64; at++) expect(tried(guesses, login("n", "u", 7), 0, "undecided")).toBe(true);
    expect(guesses.ask(login("n", "u", 7), 0)).toMatchObject({ isRepeat: false });
  });

  test("is forgotten when it was right: no tag of a right one is ever kept", () => {
    const sums = { ...EMPTY, tags: [{ tag: 7, at: 0 }] };
    expect(settle(sums, { hasUser: true, tag: 7 }, [], "accepted", 1).tags).toEqual([]);
    expect(judge(EMPTY, { hasUser: true, tag: 7 }, 0).sums.tags).toEqual([]);
  });
});

describe("a user", () => {
  const botnet = 200;
  /** As many tries a day as anybody likes, of each. */
  function attack(guesses: Guesses, from: number, to: number): number {
    let count = 0;
    for (let now = from; now < to; now += 5 * MINUTE)
      for (let bot = 0; bot < botnet; bot++)
        if (tried(guesses, login(`b${bot}`, "u", (now / 1000 + bot) & 0xffff), now)) count++;
    return count;
  }

  test("is guessed at three times a day by each network at once, and then by all of them together ten times an hour", () => {
    const guesses = new Guesses();
    const all = many(botnet * 6, (at) => login(`b${at % botnet}`, "u", at));
    expect(answered(guesses, all, 0)).toBe(3 * botnet + 10);
    const more = many(botnet * 6, (at) => login(`b${at % botnet}`, "u", 5000 + at));
    expect(answered(guesses, more, HOUR)).toBe(10);
  });

  test("is guessed at in a day no more often than that comes to", () => {
    expect(attack(new Guesses(), 0, DAY)).toBeLessThanOrEqual(oddsOf(botnet).atOne);
  });

  test("is never delayed from a network where it logged in before, and at most ten seconds from a new one", () => {
    const guesses = new Guesses();
    expect(tried(guesses, login("home", "u", 1), 0, "accepted")).toBe(true);
    attack(guesses, MINUTE, DAY);
    const wider = "b0/24";
    // Also where the wider network is the attackers'.
    for (let at = 0; at < 30; at++) tried(guesses, { network: `x${at}`, wider, user: "v", tag: at }, DAY);
    for (let at = 0; at < 30; at++) tried(guesses, { network: `y${at}`, wider, user: "v", tag: at }, DAY);
    expect(guesses.ask({ ...login("home", "u", 1), wider }, DAY)).toMatchObject({
      isAllowed: true,
      delay: 0,
    });
    const abroad = guesses.ask({ network: "abroad", wider, user: "u", tag: 1 }, DAY);
    expect(abroad).toMatchObject({ isAllowed: true });
    expect(abroad.isAllowed && abroad.delay).toBeGreaterThan(0);
    expect(abroad.isAllowed && abroad.delay).toBeLessThanOrEqual(SLOWEST);
  });

  test("is known where it logged in for thirty days, also while others of that network guess", () => {
    const guesses = new Guesses();
    tried(guesses, login("n", "u", 1), 0, "accepted");
    answered(
      guesses,
      many(64, (at) => login("n", "v", at)),
      DAY,
    );
    expect(guesses.ask(login("n", "v", 99), DAY).isAllowed).toBe(false);
    expect(guesses.ask(login("n", "u", 1), DAY).isAllowed).toBe(true);
    answered(
      guesses,
      many(64, (at) => login("n", "v", at)),
      31 * DAY,
    );
    expect(guesses.ask(login("n", "u", 1), 31 * DAY).isAllowed).toBe(false);
  });

  test("who has logged in exempts nobody else at that network", () => {
    const guesses = new Guesses();
    for (let at = 0; at < 20; at++) tried(guesses, login("n", "me", 1), 0, "accepted");
    expect(
      answered(
        guesses,
        many(64, (at) => login("n", "victim", at)),
        0,
      ),
    ).toBeLessThanOrEqual(6);
  });

  test("is guessed at no faster where it is known", () => {
    const guesses = new Guesses();
    tried(guesses, login("n", "u", 1), 0, "accepted");
    expect(
      answered(
        guesses,
        many(64, (at) => login("n", "u", 2 + at)),
        0,
      ),
    ).toBe(6);
  });
});

describe("what an attacker can try in a day", () => {
  /** Of so many networks, as often as anybody likes, for a day. */
  function tries(networks: number, users: number): number {
    const guesses = new Guesses();
    let [count, at] = [0, 0];
    for (let now = 0; now < DAY; now += MINUTE)
      for (let network = 0; network < networks; network++)
        for (let more = true; more; count += more ? 1 : 0) {
          more = tried(guesses, login(`n${network}`, `u${at % users}`, ++at & 0xffff), now);
          if (!more && users > 1) break;
        }
    return count;
  }

  test("is what it comes to, and no less than is true", () => {
    expect([OF_ONE, AT_ONE]).toEqual([1295, { each: 3, together: 249 }]);
    expect(oddsOf(1)).toEqual({ atOne: 252, atAll: 1295 });
    expect(oddsOf(200)).toEqual({ atOne: 849, atAll: 259_000 });
    expect(tries(1, 100_000)).toBeGreaterThan(1200);
    expect(tries(1, 100_000)).toBeLessThanOrEqual(OF_ONE);
    expect(tries(20, 1)).toBeGreaterThan(250);
    expect(tries(20, 1)).toBeLessThanOrEqual(oddsOf(20).atOne);
  });
});

describe("a wider network", () => {
  test("slows logins and refuses none, however much is guessed from it", () => {
    const guesses = new Guesses();
    const delays = Array.from({ length: 250 }, (_, at) => {
      const verdict = guesses.ask({ network: `n${at}`, wider: "w", user: null, tag: null }, 0);
      return verdict.isAllowed ? verdict.delay : Number.POSITIVE_INFINITY;
    });
    expect(delays.slice(0, 30)).toEqual(new Array(30).fill(0));
    expect(delays.at(-1)).toBe(SLOWEST);
    expect(delays).toEqual([...delays].sort((a, b) => a - b));
  });

  test("is as it was ten minutes later", () => {
    const guesses = new Guesses();
    for (let at = 0; at < 250; at++) guesses.ask({ network: `n${at}`, wider: "w", user: null, tag: null }, 0);
    expect(guesses.ask({ network: "n", wider: "w", user: null, tag: null }, 600 * SECOND)).toMatchObject({
      delay: 0,
    });
  });
});

describe("what is no guess", () => {
  test("counts a little, and never so much that a network waits for long", () => {
    const guesses = new Guesses();
    for (let at = 0; at < 100_000; at++) guesses.penalize("n", "silent", 0);
    expect(guesses.ask(login("n", "u", 1), 0)).toMatchObject({ isAllowed: false });
    const wait = SUMS.network.most - SUMS.network.limit + PENALTIES.guess.seconds;
    expect(guesses.ask(login("n", "u", 1), wait * SECOND)).toMatchObject({ isAllowed: true });
  });

  test("is nothing to a network that looks every few seconds whether we are there", () => {
    let sum = 0;
    for (let second = 0; second < 3600; second += 2) sum = penalize(sum, "silent", second * SECOND);
    expect(sum).toBeLessThanOrEqual(3600 * SECOND);
  });
});

describe("a clock that goes back", () => {
  test("keeps nobody out for longer than the sum at its fullest", () => {
    const guesses = new Guesses();
    answered(
      guesses,
      many(6, (at) => login("n", "u", at)),
      100 * DAY,
    );
    tried(guesses, login("n", "u", 9), 0); // refused, as everybody is
    const wait = SUMS.network.most - SUMS.network.limit + PENALTIES.guess.seconds;
    expect(tried(guesses, login("n", "v", 9), wait * SECOND)).toBe(true);
  });
});

describe("the memory", () => {
  test("has room for so many networks, and forgets those it charged longest ago", () => {
    const guesses = new Guesses(1000);
    answered(
      guesses,
      many(6, (at) => login("first", "u", at)),
      0,
    );
    let most = 0;
    for (let at = 0; at < 450; at++) tried(guesses, login(`n${at}`, `u${at}`, 1), 0);
    expect(guesses.ask(login("first", "v", 1), 0).isAllowed).toBe(false);
    // Asked again it is among the last to be forgotten.
    for (let at = 0; at < 450; at++) tried(guesses, login(`m${at}`, `u${at}`, 1), 0);
    expect(guesses.ask(login("first", "v", 1), 0).isAllowed).toBe(false);
    for (let at = 0; at < 5000; at++) {
      tried(guesses, login(`o${at}`, `u${at}`, 1), 0);
      most = Math.max(most, guesses.size);
    }
    expect(most).toBeLessThanOrEqual(1000);
    expect(most).toBeGreaterThan(990);
    expect(guesses.ask(login("first", "v", 1), 0).isAllowed).toBe(true);
  });

  test("keeps who is known where, and how often a user was guessed at, through a flood of networks", () => {
    const guesses = new Guesses(1000);
    tried(guesses, login("home", "owner", 1), 0, "accepted");
    const bots = many(100 * 6, (at) => login(`b${at % 100}`, "owner", at));
    answered(guesses, bots, 0);
    for (let at = 0; at < 5000; at++) tried(guesses, login(`n${at}`, "other", at), 0);
    expect(guesses.ask(login("home", "owner", 1), 0)).toMatchObject({
      ...{ isAllowed: true, charged: ["own", "network"] },
    });
    const spent = many(4, (at) => login("late", "owner", at));
    expect(answered(guesses, spent, 0)).toBe(3);
  });

  test("costs as little when it is full as when it is empty", () => {
    const guesses = new Guesses(20_000);
    const time = (name: string) => {
      const start = performance.now();
      for (let at = 0; at < 20_000; at++) guesses.penalize(`${name}${at}`, "guess", 0);
      return performance.now() - start;
    };
    time("warm");
    const [empty, ...full] = ["a", "b", "c", "d", "e"].map(time);
    expect(Math.min(...full)).toBeLessThan(empty! * 5 + 20);
  });

  test("has nothing of what is worth nothing", () => {
    const guesses = new Guesses();
    tried(guesses, login("n", "u", 1), 0, "undecided");
    expect(guesses.size).toBe(0);
  });
});
