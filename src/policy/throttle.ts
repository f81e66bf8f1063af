// How much may be guessed (pure): the sums that are kept of a network, of a user, and of a network at a user; what a login
// adds to them, and whether it may be tried now. Every sum goes down by itself, a second each second. Times come in, in
// milliseconds, and come from one clock; knows no address, no name, no password, and no place where sums are kept.
//
// A login is charged before the server is asked, as the guess that it may be, and settled when the server has answered:
// whoever leaves before, or brings down whoever asks for him, has paid, and of many at once none is free.

/** What adds to a network's sum, and how much: seconds until it is gone. */
export const PENALTIES = {
  guess: { seconds: 67, sentence: "a login with a password that was not tried before" },
  aborted: { seconds: 5, sentence: "a client that left in the middle of a login" },
  silent: { seconds: 1, sentence: "a client that said nothing to a service with logins" },
} as const satisfies Readonly<Record<string, { readonly seconds: number; readonly sentence: string }>>;

export type Penalty = keyof typeof PENALTIES;

const DAY = 86_400;

/**
 * The sums, in seconds: what one guess adds, and how much there may be with it. Six at once and one each 67 s are 59 in
 * any hour.
 */
export const SUMS = {
  /** Of a network; there is never more than `most`, whatever its clients do besides guessing. */
  network: { cost: PENALTIES.guess.seconds, limit: 6 * PENALTIES.guess.seconds, most: 600 },
  /** Of a network at one user: three in a day are asked at once, whatever others do to that user. */
  pair: { cost: DAY, limit: 3 * DAY, most: 3 * DAY },
  /** Of a user, for networks that have had theirs: all of them together. */
  user: { cost: 360, limit: 3600, most: 3600 },
  /** Of a network where that user has logged in: nobody else's guesses are counted there. */
  own: { cost: PENALTIES.guess.seconds, limit: 6 * PENALTIES.guess.seconds, most: 600 },
  /** Of the wider network around it: it refuses nobody, and slows logins above `free`. */
  wider: { cost: 10, limit: Number.POSITIVE_INFINITY, free: 300, most: 600 },
} as const;

export type Sum = keyof typeof SUMS;
const NAMES = Object.keys(SUMS) as readonly Sum[];

/** Seconds by which a login is slowed at most. */
export const SLOWEST = 10;

/** Seconds for which a network is known at which a user has logged in, and for which a wrong password is. */
export const SECONDS = { known: 30 * DAY, remembered: DAY } as const;
/** Wrong passwords of one network at one user that are known again. */
export const MOST_TAGS = 8;

/** What tells a password from others, and from nothing else: 16 bits of a keyed hash. */
export interface Tag {
  readonly tag: number;
  /** When it was last tried. */
  readonly at: number;
}

/** The sums that a login has to do with: each is nothing at its time. */
export interface Sums {
  readonly network: number;
  readonly wider: number;
  readonly user: number;
  readonly pair: number;
  readonly own: number;
  /** Until when the user is known at the network. */
  readonly known: number;
  readonly tags: readonly Tag[];
}

export const EMPTY: Sums = { network: 0, wider: 0, user: 0, pair: 0, own: 0, known: 0, tags: [] };

/** A login that is to be tried. */
export interface Trial {
  /** Whose login it is was told. */
  readonly hasUser: boolean;
  /** Null where the password does not show: each try is a guess then. */
  readonly tag: number | null;
}

export type Verdict =
  | {
      readonly isAllowed: true;
      /** Seconds before which the server is not asked. */
      readonly delay: number;
      /** It is a wrong password that was tried before. */
      readonly isRepeat: boolean;
      /** What it was charged to: to be told when it is settled. */
      readonly charged: readonly Sum[];
    }
  | { readonly isAllowed: false /** Milliseconds until it may be tried. */; readonly wait: number };

/** How a login ended: the server took it, said no, or did not say. */
export type Decision = "accepted" | "refused" | "undecided";

/** @returns whether it may be tried, and the sums then */
export function judge(
  sums: Sums,
  { hasUser, tag }: Trial,
  now: number,
): { readonly verdict: Verdict; readonly sums: Sums } {
  const isRepeat = tag !== null && freshTags(sums, now).some((known) => known.tag === tag);
  const wait = waitFor(judging(sums, hasUser, now), sums, now);
  // A repeated one is judged, too: of the many that are tried at nothing some have the tag of another.
  if (wait > 0) return { verdict: { isAllowed: false, wait }, sums: held(sums, now) };
  const delay = isKnown(sums, now) ? 0 : slownessOf(sums, now);
  const charged = isRepeat ? [] : charging(sums, hasUser, now);
  return {
    verdict: { isAllowed: true, delay, isRepeat, charged },
    sums: { ...sums, ...charge(sums, charged, now) },
  };
}

/** The sums when it has ended. @param charged as the verdict had it */
export function settle(
  sums: Sums,
  { hasUser, tag }: Trial,
  charged: readonly Sum[],
  decision: Decision,
  now: number,
): Sums {
  if (decision === "refused") return refused(sums, hasUser ? tag : null, charged, now);
  const back = { ...sums, ...charge(sums, charged, now, -1) };
  if (decision === "undecided" || !hasUser) return back;
  const tags = back.tags.filter((known) => known.tag !== tag);
  return { ...back, tags, known: now + SECONDS.known * 1000 };
}

/** @returns the network's sum with that */
export function penalize(network: number, penalty: Penalty, now: number): number {
  return added(network, "network", PENALTIES[penalty].seconds, now);
}

/** When all there is is worth nothing: it may be forgotten. */
export function emptyAt({ pair, own, known, tags }: Pick<Sums, "pair" | "own" | "known" | "tags">): number {
  return Math.max(pair, own, known, ...tags.map(({ at }) => at + SECONDS.remembered * 1000));
}

/** The same password may have been tried by several at once: it was one guess. */
function refused(sums: Sums, tag: number | null, charged: readonly Sum[], now: number): Sums {
  if (tag === null) return sums;
  const fresh = freshTags(sums, now);
  const others = fresh.filter((known) => known.tag !== tag);
  const back = others.length < fresh.length ? charge(sums, charged, now, -1) : {};
  return { ...sums, ...back, tags: [{ tag, at: now }, ...others].slice(0, MOST_TAGS) };
}

/** The sums that have a say in it. */
function judging(sums: Sums, hasUser: boolean, now: number): readonly Sum[] {
  if (hasUser && isKnown(sums, now)) return ["own"];
  return hasUser && isSpent(sums, now) ? ["network", "user"] : ["network"];
}

/** The sums that it is added to. */
function charging(sums: Sums, hasUser: boolean, now: number): readonly Sum[] {
  if (!hasUser) return ["network", "wider"];
  if (isKnown(sums, now)) return ["own", "network"];
  return ["network", isSpent(sums, now) ? "user" : "pair", "wider"];
}

function isKnown({ known }: Sums, now: number): boolean {
  return known > now;
}

/** The network has had what it has at this user. */
function isSpent(sums: Sums, now: number): boolean {
  return waitFor(["pair"], sums, now) > 0;
}

/** @returns milliseconds until all of them have room for it */
function waitFor(names: readonly Sum[], sums: Sums, now: number): number {
  const waits = names.map((name) => {
    const { cost, limit } = SUMS[name];
    return levelOf(sums[name], name, now) + (cost - limit) * 1000;
  });
  return Math.max(0, ...waits);
}

function charge(
  sums: Sums,
  names: readonly Sum[],
  now: number,
  times: 1 | -1 = 1,
): Partial<Record<Sum, number>> {
  return Object.fromEntries(
    names.map((name) => [name, added(sums[name], name, times * SUMS[name].cost, now)]),
  );
}

function added(sum: number, name: Sum, seconds: number, now: number): number {
  const { most } = SUMS[name];
  return now + Math.min(most * 1000, Math.max(0, levelOf(sum, name, now) + seconds * 1000));
}

/** Milliseconds; never more than it may be, where a clock went back. */
function levelOf(sum: number, name: Sum, now: number): number {
  return Math.min(SUMS[name].most * 1000, Math.max(0, sum - now));
}

/** Where a clock went back no sum is more than it may be: from now on it goes down. */
function held(sums: Sums, now: number): Sums {
  const levels = NAMES.map((name) => [name, now + levelOf(sums[name], name, now)]);
  return { ...sums, ...Object.fromEntries(levels) };
}

/** Seconds. */
function slownessOf({ wider }: Sums, now: number): number {
  const { free, most } = SUMS.wider;
  const over = levelOf(wider, "wider", now) / 1000 - free;
  return over <= 0 ? 0 : Math.ceil((SLOWEST * over) / (most - free));
}

/** What a clock that went back has from later is as fresh as can be. */
function freshTags({ tags }: Sums, now: number): readonly Tag[] {
  return tags.filter(({ at }) => now - at < SECONDS.remembered * 1000);
}
