// The files of entries of a listener as they are now: looked at again and again, and taken whole or not at all, once
// nobody writes them any more and every line of them is understood. Knows files; what is in them, and who is told, is
// for others.

import { type Files, type Listed, listed, SETTLING, writeFiles } from "../options/lists.ts";
import { UsageError } from "../options/usage.ts";
import { CHANGING, type ListFile, markOf, readListFile } from "../os/list-file.ts";
import type { Entry } from "../record/entry.ts";

export interface ListsPlan {
  /** Where each file is, by its path as it was written. */
  readonly places: ReadonlyMap<string, string>;
  /** Those of recipients are never empty, and whoever is not in them asks whether they are all there. */
  readonly recipients: ReadonlySet<string>;
  /** Understands them. @returns what makes others be served by them @throws UsageError */
  readonly understand: (files: Files) => Promise<() => void>;
  readonly log: (entry: Entry) => void;
  /** Milliseconds of the epoch. */
  readonly now?: () => number;
  /** Milliseconds after which somebody is told of a file that is not left in peace. */
  readonly restless?: number;
}

const RESTLESS = 10_000;

/** A file that is not as it was taken. */
interface Changed {
  readonly since: number;
  /** As it was found to be wrong, until it changes again; null while it may yet settle. */
  readonly mark: string | null;
  /** What the log was told of it last. */
  readonly told: string | null;
}

export class Lists {
  readonly #plan: ListsPlan;
  readonly #now: () => number;
  readonly #restless: number;
  /** By the path as it was written. */
  readonly #known = new Map<string, Listed>();
  readonly #marks = new Map<string, string>();
  readonly #changed = new Map<string, Changed>();
  #isLooking = false;

  private constructor(plan: ListsPlan) {
    this.#plan = plan;
    this.#now = plan.now ?? Date.now;
    this.#restless = plan.restless ?? RESTLESS;
  }

  /** @throws UsageError where there is nothing to begin with */
  static async open(plan: ListsPlan): Promise<Lists> {
    const lists = new Lists(plan);
    await lists.#begin();
    return lists;
  }

  /** What workers are told. */
  get current(): string {
    return writeFiles(this.#known);
  }

  /** @returns whether others are to be served by it from now on */
  async look(): Promise<boolean> {
    if (this.#isLooking) return false;
    this.#isLooking = true;
    try {
      let isAnother = false;
      for (const [path, place] of this.#plan.places)
        if (this.#isToBeRead(path, place) && (await this.#read(path, place))) isAnother = true;
      return isAnother;
    } finally {
      this.#isLooking = false;
    }
  }

  async #begin(): Promise<void> {
    for (const [path, place] of this.#plan.places) {
      const { mark, read } = reading(place);
      this.#known.set(path, this.#judged(path, read));
      this.#marks.set(path, mark);
    }
    (await this.#plan.understand(this.#files()))();
  }

  #files(path?: string, another?: Listed): Files {
    return (asked) => (asked === path ? another! : this.#known.get(asked)!);
  }

  #judged(path: string, read: ListFile): Listed {
    const found = listed(read, this.#now());
    const isEmpty = found.text !== null && !/\n[ \t]*[^#\s]/.test(found.text);
    return isEmpty && this.#plan.recipients.has(path) ? { ...found, doubt: "it has no entry" } : found;
  }

  #isToBeRead(path: string, place: string): boolean {
    const mark = markOf(place);
    const isDoubted = this.#known.get(path)!.doubt !== null;
    if (mark === this.#marks.get(path) && !isDoubted) return false;
    return this.#changed.get(path)?.mark !== mark;
  }

  /** @returns whether anything is another by it */
  async #read(path: string, place: string): Promise<boolean> {
    const { mark, read } = reading(place);
    const found = this.#judged(path, read);
    if (found.doubt !== null) return this.#keep(path, this.#isYoung(read) ? null : mark, found.doubt);
    try {
      const serve = await this.#plan.understand(this.#files(path, found));
      serve();
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      return this.#keep(path, mark, error.message);
    }
    if (mark !== this.#marks.get(path) || this.#known.get(path)!.text !== found.text)
      this.#tell(path, "loaded");
    this.#known.set(path, found);
    this.#marks.set(path, mark);
    this.#changed.delete(path);
    return true;
  }

  /** Whoever writes it may not be done. */
  #isYoung({ text, error, changed }: ListFile): boolean {
    return text === null ? error === CHANGING : Math.abs(this.#now() - changed) < SETTLING;
  }

  /** What was in it before counts on, and may not be all. @param mark null while it may yet settle */
  #keep(path: string, mark: string | null, doubt: string): boolean {
    const { since, told } = this.#changed.get(path) ?? { since: this.#now(), told: null };
    const isToBeTold =
      mark === null ? told === null && this.#now() - since >= this.#restless : told !== doubt;
    if (isToBeTold) this.#tell(path, "kept-old", doubt);
    this.#changed.set(path, { since, mark, told: isToBeTold ? doubt : told });
    const before = this.#known.get(path)!;
    const another = mark === null ? (before.doubt ?? doubt) : doubt;
    this.#known.set(path, { text: before.text, doubt: another });
    return another !== before.doubt && this.#plan.recipients.has(path);
  }

  #tell(list: string, state: string, error?: string): void {
    const fields = { state, list, ...(error === undefined ? {} : { error }) };
    this.#plan.log({ level: 0, event: "list", fields });
  }
}

/** What was read is what the mark is of. */
function reading(place: string): { readonly mark: string; readonly read: ListFile } {
  const mark = markOf(place);
  const read = readListFile(place);
  const isSame = markOf(place) === mark;
  return isSame ? { mark, read } : { mark: "", read: { ...read, changed: Date.now() } };
}
