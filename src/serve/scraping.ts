// The processes that answer Prometheus, one for each place where numbers are asked for: started, and started again when
// one goes. What they hear is theirs; all they can do here is ask for the numbers, and that only so often. Knows
// processes and who is measured; not what is counted.

import { within } from "../io/within.ts";
import { UsageError } from "../options/usage.ts";
import { writeExposition } from "../record/exposition.ts";
import type { Meter } from "../record/meter.ts";
import { SCRAPER } from "./argument.ts";
import { type Control, control } from "./control.ts";
import { end, launchHelper } from "./launch.ts";
import type { Listener, ListenerPlan } from "./listener.ts";
import { numbersOf } from "./numbers.ts";
import {
  MOST_SAID,
  readScrapeReport,
  type ScrapeConfiguration,
  type ScrapeReport,
  write,
} from "./scrapes.ts";

/** Milliseconds between answers: whoever got hold of such a process makes us do nothing else otherwise. */
const BETWEEN = 50;
/** Seconds to begin to listen. */
const READY_PATIENCE = 30;
/** Seconds before another takes the place of one that went, doubled each time up to the longest. */
const PAUSE = { first: 1, longest: 60 };

export interface ScrapingEvents {
  /** Who is measured at a place, by its key. */
  readonly listenersAt: (key: string) => readonly Listener[];
  /** What is no service's. */
  readonly common: Meter;
  readonly onFault: (error: string) => void;
}

/** Where numbers are to be had, and as whom. */
export interface Scrape {
  readonly key: string;
  readonly configuration: ScrapeConfiguration;
  /** As an error names it. */
  readonly where: string;
}

/** By their keys. */
export type Scrapers = ReadonlyMap<string, { end(): void }>;

export class Scraping {
  readonly #events: ScrapingEvents;
  #scrapers: Scrapers = new Map();

  constructor(events: ScrapingEvents) {
    this.#events = events;
  }

  /** Those that are not there yet are started. @throws when one cannot listen; then none of them is left */
  async prepare(services: readonly Pick<ListenerPlan, "metrics">[]): Promise<Scrapers> {
    const made = new Map<string, { end(): void }>();
    try {
      for (const { metrics } of services) {
        const scrape = metrics?.scrape;
        if (scrape === undefined || made.has(scrape.key)) continue;
        const known = this.#scrapers.get(scrape.key);
        made.set(scrape.key, known ?? (await Scraper.start(scrape, this.#events)));
      }
      return made;
    } catch (error) {
      this.abandon(made);
      throw error;
    }
  }

  /** From now on it is these, and no others. */
  take(scrapers: Scrapers): void {
    const before = this.#scrapers;
    this.#scrapers = scrapers;
    for (const [key, scraper] of before) if (!scrapers.has(key)) scraper.end();
  }

  abandon(scrapers: Scrapers): void {
    for (const [key, scraper] of scrapers) if (!this.#scrapers.has(key)) scraper.end();
  }

  clear(): void {
    this.take(new Map());
  }
}

class Scraper {
  readonly #scrape: Scrape;
  readonly #events: ScrapingEvents;
  #process: { readonly pid: number; readonly link: Control } | null = null;
  #answered = Number.NEGATIVE_INFINITY;
  #isAsked = false;
  #isOver = false;
  #pause = PAUSE.first;
  #began = Promise.withResolvers<string | null>();

  private constructor(scrape: Scrape, events: ScrapingEvents) {
    this.#scrape = scrape;
    this.#events = events;
  }

  /** @throws when it cannot listen */
  static async start(scrape: Scrape, events: ScrapingEvents): Promise<Scraper> {
    const scraper = new Scraper(scrape, events);
    const error = await scraper.#begin();
    if (error === null) return scraper;
    scraper.end();
    throw new UsageError(`${scrape.where}: ${error}`);
  }

  end(): void {
    this.#isOver = true;
    if (this.#process === null) return;
    void this.#process.link.close();
    end(this.#process.pid);
  }

  /** @returns why it does not listen; null when it does */
  async #begin(): Promise<string | null> {
    this.#began = Promise.withResolvers();
    const { pid, control: fd } = launchHelper("protowrap-scraper", SCRAPER, (how) => this.#gone(how));
    const link = await control(
      fd,
      (line) => this.#hear(line),
      () => {},
      MOST_SAID,
    );
    this.#process = { pid, link };
    link.send(write({ word: "configure", ...this.#scrape.configuration }));
    return within(this.#began.promise, READY_PATIENCE).then((error) => error);
  }

  #hear(line: string): void {
    const report: ScrapeReport | null = readScrapeReport(line);
    if (report?.word === "ready") this.#began.resolve(null);
    if (report?.word === "broken") this.#began.resolve(report.text);
    if (report?.word !== "ask" || this.#isAsked) return;
    this.#isAsked = true;
    setTimeout(() => this.#answer(), Math.max(0, this.#answered + BETWEEN - performance.now()));
  }

  #answer(): void {
    this.#isAsked = false;
    this.#answered = performance.now();
    const { listenersAt, common } = this.#events;
    const text = writeExposition(numbersOf(listenersAt(this.#scrape.key), common));
    this.#process?.link.send(write({ word: "numbers", text }));
  }

  #gone(how: string): void {
    this.#began.resolve(`the process that answers there has gone: ${how}`);
    if (this.#isOver) return;
    void this.#process?.link.close();
    this.#process = null;
    this.#events.onFault(`the process that answers ${this.#scrape.where} has gone: ${how}`);
    setTimeout(() => void this.#again(), this.#pause * 1000);
    this.#pause = Math.min(this.#pause * 2, PAUSE.longest);
  }

  async #again(): Promise<void> {
    if (this.#isOver) return;
    const error = await this.#begin().catch(String);
    if (error === null || this.#isOver) return;
    this.#events.onFault(`${this.#scrape.where}: ${error}`);
    const { pid } = this.#process ?? { pid: 0 };
    end(pid); // which is told, and tried again
  }
}
