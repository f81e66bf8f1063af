// What happens to networks again and again, as the log tells it (pure): the first time at once, then one line a minute
// with how often. Times come in. Knows networks as text; not what happens to them.

/** Milliseconds that make one line. */
const MINUTE = 60_000;

/** Networks that are told one by one; those of all others make one line. */
const TOLD = 1024;
const OTHERS = "others";

/** What a line tells: of which network, about what, and how often since the line before. */
export interface Counted<About> {
  readonly key: string;
  readonly about: About;
  readonly count: number;
}

interface Told<About> {
  readonly key: string;
  about: About;
  count: number;
  since: number;
}

export class Minutes<About> {
  readonly #told = new Map<string, Told<About>>();

  /**
   * @param apart what tells it from other things that happen to the same network
   * @returns what the log is told now, if anything
   */
  add(network: string, about: About, now: number, apart = String(about)): Counted<About> | null {
    const key = this.#told.size < TOLD || this.#told.has(`${apart} ${network}`) ? network : OTHERS;
    const known = this.#told.get(`${apart} ${key}`);
    if (known === undefined) {
      this.#told.set(`${apart} ${key}`, { key, about, count: 0, since: now });
      return { key, about, count: 1 };
    }
    known.count++;
    known.about = about;
    return null;
  }

  /** @returns what the log is told of each minute that is over */
  over(now: number): Counted<About>[] {
    const all: Counted<About>[] = [];
    for (const [name, told] of this.#told) {
      if (now - told.since < MINUTE) continue;
      if (told.count === 0) {
        this.#told.delete(name);
        continue;
      }
      all.push({ key: told.key, about: told.about, count: told.count });
      told.count = 0;
      told.since = now;
    }
    return all;
  }

  /** @returns the same of the minutes that are not over: nobody asks any more */
  rest(): Counted<About>[] {
    return this.over(Number.POSITIVE_INFINITY);
  }
}
