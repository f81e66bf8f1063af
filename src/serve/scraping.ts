// The places where Prometheus asks for numbers: each has a process of its own, whichever services are measured there.
// Knows places and who is measured; not what is counted, nor what such a process is told.

import type { MetricsPlace } from "../options/metrics.ts";
import type { Identity } from "../os/identity.ts";
import { writeExposition } from "../record/exposition.ts";
import type { Meter } from "../record/meter.ts";
import type { Listener, ListenerPlan } from "./listener.ts";
import { numbersOf } from "./numbers.ts";
import { Scraper } from "./scraper.ts";

/** Where the numbers of a service are to be had, and whom the process there becomes; null for whom it is. */
export interface Scrape {
  readonly place: MetricsPlace;
  readonly identity: Identity | null;
  /** As an error names it. */
  readonly where: string;
}

export interface ScrapingEvents {
  /** All there are, those that let clients in first. */
  readonly listeners: () => readonly Listener[];
  /** What is no service's. */
  readonly common: Meter;
  readonly onFault: (error: string) => void;
}

interface Asked {
  /** Of services that share a place the first says whom its process becomes. */
  readonly scrape: Scrape;
  readonly scraper: Scraper;
}

/** By their places. */
export type Scrapers = ReadonlyMap<string, Asked>;

export class Scraping {
  readonly #events: ScrapingEvents;
  #scrapers: Scrapers = new Map();

  constructor(events: ScrapingEvents) {
    this.#events = events;
  }

  /** Those that are not there yet are started. @throws when one cannot listen; then none of them is left */
  async prepare(services: readonly Pick<ListenerPlan, "metrics">[]): Promise<Scrapers> {
    const made = new Map<string, Asked>();
    try {
      for (const { metrics } of services) {
        if (metrics === null) continue;
        const { scrape } = metrics;
        const key = keyOf(scrape);
        if (made.has(key)) continue;
        const known = this.#scrapers.get(key)?.scraper;
        made.set(key, { scrape, scraper: known ?? (await this.#start(scrape, key)) });
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
    for (const [key, { scraper }] of before) if (!scrapers.has(key)) scraper.end();
    for (const { scrape, scraper } of scrapers.values()) scraper.become(scrape.identity);
  }

  abandon(scrapers: Scrapers): void {
    for (const [key, { scraper }] of scrapers) if (!this.#scrapers.has(key)) scraper.end();
  }

  clear(): void {
    this.take(new Map());
  }

  #start(scrape: Scrape, key: string): Promise<Scraper> {
    const { listeners, common, onFault } = this.#events;
    return Scraper.start(scrape, {
      numbers: () => writeExposition(numbersOf(listeners().filter(isAsked(key)), common)),
      onFault,
    });
  }
}

function isAsked(key: string): (listener: Listener) => boolean {
  return ({ plan }) => plan.metrics !== null && keyOf(plan.metrics.scrape) === key;
}

function keyOf({ place }: Scrape): string {
  return JSON.stringify(place);
}
