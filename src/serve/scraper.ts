// A process that answers Prometheus at one place: started, and started again when it goes. What it hears there is its
// own affair; all it can do here is ask for the numbers, and that only so often. Knows that process; not the numbers.

import { within } from "../io/within.ts";
import type { Identity } from "../os/identity.ts";
import { written } from "../os/listening.ts";
import { SCRAPER } from "./argument.ts";
import { type Control, control } from "./control.ts";
import { end, launchHelper } from "./launch.ts";
import { MOST_SAID, readScrapeReport, type ScrapeReport, write } from "./scrapes.ts";
import type { Scrape } from "./scraping.ts";

/** Milliseconds between answers: whoever got hold of such a process makes us do nothing else otherwise. */
const BETWEEN = 50;
/** Seconds to begin to listen. */
const PATIENCE = 30;
/** Seconds before another takes the place of one that went, doubled each time up to the longest. */
const PAUSE = { first: 1, longest: 60 };

export interface ScraperEvents {
  /** As they are now, written for Prometheus. */
  readonly numbers: () => string;
  readonly onFault: (error: string) => void;
}

/** What keeps it from listening, and the name of the errno where the system says so. */
type Lack = Pick<ScrapeReport & { readonly word: "broken" }, "text" | "code">;

export class Scraper {
  readonly #scrape: Scrape;
  readonly #events: ScraperEvents;
  #identity: Identity | null;
  #process: { readonly pid: number; readonly link: Control } | null = null;
  #begun = Promise.withResolvers<Lack | null>();
  #since = Number.NEGATIVE_INFINITY;
  #answered = Number.NEGATIVE_INFINITY;
  #isAsked = false;
  #isOver = false;
  /** It was ended by us, and another takes its place. */
  #isMoving = false;
  #pause = PAUSE.first;

  private constructor(scrape: Scrape, events: ScraperEvents) {
    this.#scrape = scrape;
    this.#identity = scrape.identity;
    this.#events = events;
  }

  /** @throws when it cannot listen */
  static async start(scrape: Scrape, events: ScraperEvents): Promise<Scraper> {
    const scraper = new Scraper(scrape, events);
    const lack = await scraper.#begin();
    if (lack === null) return scraper;
    scraper.end();
    const { text, code } = lack;
    throw Object.assign(new Error(`${whereOf(scrape)}: ${text}`), code === undefined ? {} : { code });
  }

  /** Another one takes its place, where it is somebody else. */
  become(identity: Identity | null): void {
    if (JSON.stringify(identity) === JSON.stringify(this.#identity)) return;
    this.#identity = identity;
    if (this.#process === null) return;
    this.#isMoving = true;
    end(this.#process.pid);
  }

  end(): void {
    this.#isOver = true;
    if (this.#process === null) return;
    void this.#process.link.close();
    end(this.#process.pid);
  }

  /** @returns why it does not listen; null when it does @throws when there can be no process */
  async #begin(): Promise<Lack | null> {
    const begun = Promise.withResolvers<Lack | null>();
    this.#begun = begun;
    this.#isMoving = false;
    const { pid, control: fd } = launchHelper("protowrap-scraper", SCRAPER, (how) => this.#gone(how));
    const link = await control(
      fd,
      (line) => this.#hear(line),
      () => end(pid), // it reads no more, or says too much
      MOST_SAID,
    );
    this.#process = { pid, link };
    const { place } = this.#scrape;
    link.send(write({ word: "configure", place, identity: this.#identity }));
    const outcome = await within(
      begun.promise.then((lack) => ({ lack })),
      PATIENCE,
    );
    return outcome === null ? { text: `it does not listen within ${PATIENCE} seconds` } : outcome.lack;
  }

  #hear(line: string): void {
    const report = readScrapeReport(line);
    switch (report?.word) {
      case "ready":
        this.#since = performance.now();
        return this.#begun.resolve(null);
      case "broken":
        return this.#begun.resolve(report);
      case "ask":
        if (this.#isAsked) return;
        this.#isAsked = true;
        setTimeout(() => this.#answer(), Math.max(0, this.#answered + BETWEEN - performance.now()));
    }
  }

  #answer(): void {
    this.#isAsked = false;
    this.#answered = performance.now();
    this.#process?.link.send(write({ word: "numbers", text: this.#events.numbers() }));
  }

  #gone(how: string): void {
    const what = `the process that answers Prometheus has gone: ${how}`;
    const wasListening = this.#since > Number.NEGATIVE_INFINITY;
    const lasted = (performance.now() - this.#since) / 1000;
    this.#since = Number.NEGATIVE_INFINITY;
    void this.#process?.link.close();
    this.#process = null;
    this.#begun.resolve({ text: what });
    if (this.#isOver || !wasListening) return; // whoever began it knows
    if (this.#isMoving) return void this.#again();
    this.#events.onFault(`${whereOf(this.#scrape)}: ${what}`);
    if (lasted > PAUSE.longest) this.#pause = PAUSE.first;
    this.#againAfter();
  }

  #againAfter(): void {
    setTimeout(() => void this.#again(), this.#pause * 1000);
    this.#pause = Math.min(this.#pause * 2, PAUSE.longest);
  }

  async #again(): Promise<void> {
    if (this.#isOver) return;
    const lack = await this.#begin().catch((error: Error) => ({ text: error.message }));
    if (this.#isOver) return this.end(); // meanwhile
    if (lack === null) return;
    this.#events.onFault(`${whereOf(this.#scrape)}: ${lack.text}`);
    if (this.#process !== null) end(this.#process.pid);
    this.#againAfter();
  }
}

/** As an error names it. */
function whereOf({ where, place }: Scrape): string {
  return `${where}: ${"path" in place ? `unix:${place.path}` : written(place)}`;
}
