// Guesses, counted in an SQLite file that several processes share: the sums of throttle.ts by name, each login one
// transaction. Survives whatever ends a process; a full disk, or a file that is none, is an error of the call. Knows
// SQL; loaded by whoever is to count in a file, and not before a client has been greeted.

import { Database, type Statement } from "bun:sqlite";
import { type Attempt, pairName, trialOf } from "../policy/guesses.ts";
import {
  type Decision,
  EMPTY,
  emptyAt,
  judge,
  type Penalty,
  penalize,
  type Sum,
  type Sums,
  settle,
  type Tag,
  type Verdict,
} from "../policy/throttle.ts";
import type { RemoteCounter } from "./fallback.ts";

/** Of one login, how many others may be waited for: milliseconds. */
const BUSY = 2000;
/** Milliseconds until a file that is busy is tried again. */
const AGAIN = 5;
/** Pages of 4,096 octets: a million networks, users and pairs have room. A full file is as a full disk is. */
const MOST_PAGES = 131_072;
/** One login of so many also throws away what is worth nothing any more, at most so much at once. */
const SWEEP = { every: 64, rows: 1024 };
const VERSION = 1;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS sums (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS sums_value ON sums (value);
  CREATE TABLE IF NOT EXISTS pairs (name TEXT PRIMARY KEY, pair INTEGER NOT NULL, own INTEGER NOT NULL,
    known INTEGER NOT NULL, tags TEXT NOT NULL, value INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS pairs_value ON pairs (value);
  PRAGMA user_version = ${VERSION};`;

interface PairRow {
  readonly pair: number;
  readonly own: number;
  readonly known: number;
  readonly tags: string;
}

export class SqliteCounter implements RemoteCounter {
  readonly #path: string;
  readonly #now: () => number;
  #open: Opened | null = null;
  #calls = 0;

  /** @param now milliseconds of a clock that all processes have */
  constructor(path: string, now: () => number = Date.now) {
    this.#path = path;
    this.#now = now;
  }

  async ask(attempt: Attempt): Promise<Verdict> {
    return this.#within((file, now) => {
      const { verdict, sums } = judge(file.sumsOf(attempt), trialOf(attempt), now);
      file.keep(attempt, sums, now);
      return verdict;
    });
  }

  async settle(attempt: Attempt, charged: readonly Sum[], decision: Decision): Promise<void> {
    this.#within((file, now) => {
      file.keep(attempt, settle(file.sumsOf(attempt), trialOf(attempt), charged, decision, now), now);
    });
  }

  async penalize(network: string, penalty: Penalty): Promise<void> {
    this.#within((file, now) =>
      file.keepSum(`n ${network}`, penalize(file.sum(`n ${network}`), penalty, now), now),
    );
  }

  async look(): Promise<void> {
    this.#within((file, now) => file.sweep(now));
  }

  close(): void {
    this.#open?.close();
    this.#open = null;
  }

  /** All of it or nothing, and nobody else in between. @throws where the file cannot be had, or written */
  #within<T>(work: (file: Opened, now: number) => T): T {
    const end = performance.now() + BUSY;
    for (;;) {
      try {
        return this.#tried(work);
      } catch (error) {
        this.close(); // what is wrong with it may be gone with what is open of it
        // SQLite itself waits for others, but not where a file is made, or is the last's who closes it.
        if (!isBusy(error) || performance.now() > end) throw error;
        Bun.sleepSync(AGAIN);
      }
    }
  }

  #tried<T>(work: (file: Opened, now: number) => T): T {
    this.#open ??= new Opened(this.#path);
    return this.#open.immediately((file) => {
      const now = this.#now();
      const done = work(file, now);
      if (++this.#calls % SWEEP.every === 0) file.sweep(now);
      return done;
    });
  }
}

function isBusy(error: unknown): boolean {
  return /^SQLITE_(?:BUSY|LOCKED|PROTOCOL)/.test(String((error as { code?: unknown }).code));
}

/** A file, as long as nothing goes wrong with it. */
class Opened {
  readonly #database: Database;
  readonly #sum: Statement<{ value: number }, [string]>;
  readonly #pair: Statement<PairRow, [string]>;
  readonly #keepSum: Statement;
  readonly #keepPair: Statement;
  readonly #dropSum: Statement;
  readonly #dropPair: Statement;

  /** @throws where there is no such file and none can be made, or it is another one */
  constructor(path: string) {
    const mask = process.umask(0o077);
    try {
      this.#database = new Database(path, { create: true, readwrite: true, strict: true });
    } finally {
      process.umask(mask);
    }
    try {
      this.#database.run(`PRAGMA busy_timeout = ${BUSY}`);
      this.#prepare();
      this.#sum = this.#database.prepare("SELECT value FROM sums WHERE name = ?");
      this.#pair = this.#database.prepare("SELECT pair, own, known, tags FROM pairs WHERE name = ?");
      this.#keepSum = this.#database.prepare("INSERT OR REPLACE INTO sums VALUES (?, ?)");
      this.#dropSum = this.#database.prepare("DELETE FROM sums WHERE name = ?");
      this.#dropPair = this.#database.prepare("DELETE FROM pairs WHERE name = ?");
      this.#keepPair = this.#database.prepare("INSERT OR REPLACE INTO pairs VALUES (?, ?, ?, ?, ?, ?)");
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** @throws for a file of something else, which stays as it is */
  #prepare(): void {
    const database = this.#database;
    database.run(`PRAGMA max_page_count = ${MOST_PAGES}`);
    database.run("PRAGMA synchronous = NORMAL");
    // Others may be making it: what is seen of it is of one moment.
    const isMade = () => {
      const { user_version: version } = database
        .query<{ user_version: number }, []>("PRAGMA user_version")
        .get()!;
      const tables = database.query("SELECT 1 FROM sqlite_schema").all().length;
      if (version === VERSION) return true;
      if (version !== 0 || tables > 0)
        throw new Error("the file is not one of guesses, or of another version");
      return false;
    };
    if (database.transaction(isMade).deferred()) return;
    database.run("PRAGMA journal_mode = WAL");
    database.transaction(() => isMade() || database.run(SCHEMA)).immediate();
  }

  immediately<T>(work: (file: Opened) => T): T {
    return this.#database.transaction(() => work(this)).immediate();
  }

  close(): void {
    this.#database.close();
  }

  sum(name: string): number {
    return this.#sum.get(name)?.value ?? 0;
  }

  keepSum(name: string, value: number, now: number): void {
    if (value > now) this.#keepSum.run(name, Math.round(value));
    else this.#dropSum.run(name);
  }

  sumsOf({ network, wider, user }: Attempt): Sums {
    const pair = user === null ? null : this.#pair.get(pairName(network, user));
    return {
      ...(pair === null ? EMPTY : { ...pair, tags: tagsIn(pair.tags) }),
      network: this.sum(`n ${network}`),
      wider: this.sum(`w ${wider}`),
      user: user === null ? 0 : this.sum(`u ${user}`),
    };
  }

  keep({ network, wider, user }: Attempt, sums: Sums, now: number): void {
    this.keepSum(`n ${network}`, sums.network, now);
    this.keepSum(`w ${wider}`, sums.wider, now);
    if (user === null) return;
    this.keepSum(`u ${user}`, sums.user, now);
    const { pair, own, known, tags } = sums;
    const [name, value] = [pairName(network, user), emptyAt(sums)];
    const whole = [pair, own, known].map(Math.round);
    if (value <= now) this.#dropPair.run(name);
    else this.#keepPair.run(name, ...whole, writeTags(tags), Math.round(value));
  }

  sweep(now: number): void {
    for (const table of ["sums", "pairs"])
      this.#database.run(
        `DELETE FROM ${table} WHERE name IN (SELECT name FROM ${table} WHERE value <= ? LIMIT ${SWEEP.rows})`,
        [Math.round(now)],
      );
  }
}

export function writeTags(tags: readonly Tag[]): string {
  return tags.map(({ tag, at }) => `${tag}:${Math.round(at)}`).join(" ");
}

export function tagsIn(text: string): readonly Tag[] {
  if (text === "") return [];
  return text.split(" ").map((one) => {
    const [tag, at] = one.split(":");
    return { tag: Number(tag), at: Number(at) };
  });
}
