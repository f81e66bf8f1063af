// How much may be guessed (pure): what a network, a user, and a network at a user have on their account, what a login
// costs them, and whether it may be tried now. Every account empties by itself, a second each second. Times come in,
// in milliseconds, and come from one clock; knows no address, no name, no password, and no place where accounts are kept.
//
// A login is charged before the server is asked, as the guess that it may be, and settled when the server has answered:
// whoever leaves before, or brings whoever asks for him down, has paid, and of many at once none is free.

/** What puts something on a network's account, and how much: seconds until it is gone. */
export const PENALTIES = {
  guess: { seconds: 67, sentence: "a login with a password that was not tried before" },
  aborted: { seconds: 5, sentence: "a client that left in the middle of a login" },
  silent: { seconds: 1, sentence: "a client that said nothing to a service with logins" },
} as const satisfies Readonly<Record<string, { readonly seconds: number; readonly sentence: string }>>;

export type Penalty = keyof typeof PENALTIES;

const DAY = 86_400;

/**
 * The accounts, in seconds: what one guess costs there, and how much may be on it, that guess with it. Six at once and
 * one each 67 s are 59 in any hour.
 */
export const ACCOUNTS = {
  /** Of a network; `most` is ever on it, whatever its clients do besides guessing. */
  network: { cost: PENALTIES.guess.seconds, limit: 6 * PENALTIES.guess.seconds, most: 600 },
  /** Of a network at one user: what is asked at once, whatever others do to that user. */
  pair: { cost: DAY / 3, limit: DAY, most: DAY },
  /** Of a user, for networks that have had theirs: all of them together. */
  user: { cost: 360, limit: 3600, most: 3600 },
  /** Of a network where that user has logged in: nobody else's guesses are counted there. */
  own: { cost: PENALTIES.guess.seconds, limit: 6 * PENALTIES.guess.seconds, most: 600 },
  /** Of the wider network around it: it refuses nobody, and slows logins when more than `free` is on it. */
  wider: { cost: 10, limit: Number.POSITIVE_INFINITY, free: 300, most: 600 },
} as const;

export type Account = keyof typeof ACCOUNTS;
const NAMES = Object.keys(ACCOUNTS) as readonly Account[];

/** Seconds by which a login is slowed at most. */
export const SLOWEST = 10;

/** Seconds for which a network is known at which a user has logged in, and for which a wrong password is. */
const KNOWN = 30 * DAY;
const REMEMBERED = DAY;
/** Wrong passwords of one network at one user that are known again. */
const MOST_TAGS = 8;

/** What tells a password from others, and from nothing else: 16 bits of a keyed hash. */
export interface Tag {
  readonly tag: number;
  /** When it was last tried. */
  readonly at: number;
}

/** What there is on the accounts that a login has to do with: each is empty at its time. */
export interface Accounts {
  readonly network: number;
  readonly wider: number;
  readonly user: number;
  readonly pair: number;
  readonly own: number;
  /** Until when the user is known at the network. */
  readonly known: number;
  readonly tags: readonly Tag[];
}

export const EMPTY: Accounts = { network: 0, wider: 0, user: 0, pair: 0, own: 0, known: 0, tags: [] };

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
      readonly charged: readonly Account[];
    }
  | { readonly isAllowed: false /** Milliseconds until it may be tried. */; readonly wait: number };

/** How a login ended: the server took it, said no, or did not say. */
export type Outcome = "accepted" | "refused" | "undecided";

/** @returns whether it may be tried, and what is on the accounts then */
export function judge(
  accounts: Accounts,
  { hasUser, tag }: Trial,
  now: number,
): { readonly verdict: Verdict; readonly accounts: Accounts } {
  const isRepeat = tag !== null && freshTags(accounts, now).some((known) => known.tag === tag);
  const wait = waitFor(judging(accounts, hasUser, now), accounts, now);
  // A repeated one is judged, too: of the many that are tried at nothing some have the tag of another.
  if (wait > 0) return { verdict: { isAllowed: false, wait }, accounts: held(accounts, now) };
  const delay = isKnown(accounts, now) ? 0 : slownessOf(accounts, now);
  const charged = isRepeat ? [] : charging(accounts, hasUser, now);
  return {
    verdict: { isAllowed: true, delay, isRepeat, charged },
    accounts: { ...accounts, ...charge(accounts, charged, now) },
  };
}

/** What is on the accounts when it has ended. @param charged as the verdict had it */
export function settle(
  accounts: Accounts,
  { hasUser, tag }: Trial,
  charged: readonly Account[],
  outcome: Outcome,
  now: number,
): Accounts {
  if (outcome === "refused") return refused(accounts, hasUser ? tag : null, charged, now);
  const back = { ...accounts, ...charge(accounts, charged, now, -1) };
  if (outcome === "undecided" || !hasUser) return back;
  const tags = back.tags.filter((known) => known.tag !== tag);
  return { ...back, tags, known: now + KNOWN * 1000 };
}

/** @returns the network's account with that on it */
export function penalize(network: number, penalty: Penalty, now: number): number {
  return added(network, "network", PENALTIES[penalty].seconds, now);
}

/** When all there is is worth nothing: it may be forgotten. */
export function emptyAt({
  pair,
  own,
  known,
  tags,
}: Pick<Accounts, "pair" | "own" | "known" | "tags">): number {
  return Math.max(pair, own, known, ...tags.map(({ at }) => at + REMEMBERED * 1000));
}

/** The same password may have been tried by several at once: it was one guess. */
function refused(accounts: Accounts, tag: number | null, charged: readonly Account[], now: number): Accounts {
  if (tag === null) return accounts;
  const fresh = freshTags(accounts, now);
  const others = fresh.filter((known) => known.tag !== tag);
  const back = others.length < fresh.length ? charge(accounts, charged, now, -1) : {};
  return { ...accounts, ...back, tags: [{ tag, at: now }, ...others].slice(0, MOST_TAGS) };
}

/** The accounts that have a say in it. */
function judging(accounts: Accounts, hasUser: boolean, now: number): readonly Account[] {
  if (hasUser && isKnown(accounts, now)) return ["own"];
  return hasUser && isSpent(accounts, now) ? ["network", "user"] : ["network"];
}

/** The accounts that it is put on. */
function charging(accounts: Accounts, hasUser: boolean, now: number): readonly Account[] {
  if (!hasUser) return ["network", "wider"];
  if (isKnown(accounts, now)) return ["own", "network"];
  return ["network", isSpent(accounts, now) ? "user" : "pair", "wider"];
}

function isKnown({ known }: Accounts, now: number): boolean {
  return known > now;
}

/** The network has had what it has at this user. */
function isSpent(accounts: Accounts, now: number): boolean {
  return waitFor(["pair"], accounts, now) > 0;
}

/** @returns milliseconds until all of them have room for it */
function waitFor(names: readonly Account[], accounts: Accounts, now: number): number {
  const waits = names.map((name) => {
    const { cost, limit } = ACCOUNTS[name];
    return levelOf(accounts[name], name, now) + (cost - limit) * 1000;
  });
  return Math.max(0, ...waits);
}

function charge(
  accounts: Accounts,
  names: readonly Account[],
  now: number,
  times: 1 | -1 = 1,
): Partial<Record<Account, number>> {
  return Object.fromEntries(
    names.map((name) => [name, added(accounts[name], name, times * ACCOUNTS[name].cost, now)]),
  );
}

function added(account: number, name: Account, seconds: number, now: number): number {
  const { most } = ACCOUNTS[name];
  return now + Math.min(most * 1000, Math.max(0, levelOf(account, name, now) + seconds * 1000));
}

/** Milliseconds of it; never more than may be on it, where a clock went back. */
function levelOf(account: number, name: Account, now: number): number {
  return Math.min(ACCOUNTS[name].most * 1000, Math.max(0, account - now));
}

/** Where a clock went back there is no more on an account than may be: from now on it empties. */
function held(accounts: Accounts, now: number): Accounts {
  const levels = NAMES.map((name) => [name, now + levelOf(accounts[name], name, now)]);
  return { ...accounts, ...Object.fromEntries(levels) };
}

/** Seconds. */
function slownessOf({ wider }: Accounts, now: number): number {
  const { free, most } = ACCOUNTS.wider;
  const over = levelOf(wider, "wider", now) / 1000 - free;
  return over <= 0 ? 0 : Math.ceil((SLOWEST * over) / (most - free));
}

/** What a clock that went back has from later is as fresh as can be. */
function freshTags({ tags }: Accounts, now: number): readonly Tag[] {
  return tags.filter(({ at }) => now - at < REMEMBERED * 1000);
}
