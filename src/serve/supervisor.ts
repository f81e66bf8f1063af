// The supervisor: keeps its privileges, and has its services accept clients, each of which is passed to a worker with a
// server. It never reads an octet of a client or of a server, and believes a worker nothing but wishes about the
// worker's own sessions. What it is to serve it reads at the start and whenever it is told to: all of that, or nothing,
// takes the place of what was. Knows signals, services and the manager; no client, and no protocol.

import { EXIT, type ExitCode } from "../exit.ts";
import { UsageError } from "../options/usage.ts";
import type { Passed } from "../os/situation.ts";
import type { Entry, Reason } from "../record/entry.ts";
import type { Meter } from "../record/meter.ts";
import { Listener, type ListenerPlan, type Served } from "./listener.ts";
import type { Manager } from "./manager.ts";
import { type Opening, Ports } from "./ports.ts";
import { proveAccepting } from "./proof.ts";
import { type Scrapers, Scraping } from "./scraping.ts";
import { Trails } from "./trails.ts";

export interface SupervisorPlan {
  /** Reads what is to be served. @throws what is wrong with it */
  readonly read: () => Promise<Reading>;
  /** Listening sockets that were passed to us, which are ours from now on. */
  readonly passed: readonly Passed[];
  /** Whoever manages services and wants to know; null for nobody. */
  readonly manager: Manager | null;
  /** What is measured, and no service's. */
  readonly numbers: Meter;
  /** Opens the logs again by their names. @throws when one cannot be; then the old place stays */
  readonly reopenLogs: () => void;
}

/** What is to be served, of one moment. */
export interface Reading {
  readonly services: readonly ListenerPlan[];
  /** For what is no service's own. */
  readonly log: (entry: Entry) => void;
  /** Called once, when it is needed no more. */
  readonly release: () => void;
}

/** Seconds between looks at what is to be done again and again. */
const LOOK = 5;
/** And between looks at files of entries: whom they name has to be known soon. */
const LOOK_AT_LISTS = 1;

/** Serves until it is told to end. @throws when it cannot begin */
export async function supervise(plan: SupervisorPlan): Promise<ExitCode> {
  // The executable starts with its compiler held back, which is for a process that has one short session.
  Bun.unsafe.setJITPolicy(1);
  const reading = await plan.read();
  try {
    await proveAccepting();
    return await new Supervisor(plan, reading).run();
  } catch (error) {
    reading.log({ level: 0, event: "fault", fields: { error: String(error) } });
    throw error;
  }
}

/** What takes the place of what is served now, and can serve. */
interface Successor {
  readonly opening: Opening;
  /** By the name of the service; those that are not here stay as they are. */
  readonly changed: ReadonlyMap<string | null, Served>;
  readonly added: ReadonlyMap<string | null, Listener>;
  readonly scrapers: Scrapers;
}

class Supervisor {
  readonly #plan: SupervisorPlan;
  readonly #ports: Ports;
  readonly #trails = new Trails();
  readonly #scraping: Scraping;
  #reading: Reading;
  #listeners: ReadonlyMap<string | null, Listener> = new Map();
  /** Of services that are no more, and still have clients. */
  #leaving: readonly Listener[] = [];
  /** How often what is served was another. */
  #generation = 0;
  #isReloading = false;
  #isToReload = false;
  #ending = false;
  #idle: Timer | null = null;
  readonly #over = Promise.withResolvers<ExitCode>();

  constructor(plan: SupervisorPlan, reading: Reading) {
    this.#plan = plan;
    this.#reading = reading;
    this.#ports = new Ports(plan.passed);
    this.#scraping = new Scraping({
      listeners: () => this.#all,
      common: plan.numbers,
      onFault: (error) => this.#log({ level: 0, event: "fault", fields: { error } }),
    });
  }

  /** @throws when it cannot begin */
  async run(): Promise<ExitCode> {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void this.#end("signal"));
    process.on("SIGUSR1", () => this.#reopen());
    process.on("SIGHUP", () => void this.#reload());
    for (const fault of ["uncaughtException", "unhandledRejection"] as const) {
      process.removeAllListeners(fault);
      process.on(fault, (reason) => this.#fail(String(reason)));
    }
    const looking = setInterval(() => this.#look(), LOOK * 1000);
    const listing = setInterval(() => this.#lookAtLists(), LOOK_AT_LISTS * 1000);
    const beat = this.#plan.manager?.beat ?? null;
    const beating = beat === null ? null : setInterval(() => this.#plan.manager!.alive(), beat);
    try {
      await this.#start();
      return await this.#over.promise;
    } finally {
      clearInterval(looking);
      clearInterval(listing);
      if (beating !== null) clearInterval(beating);
      await this.#clear();
    }
  }

  get #all(): readonly Listener[] {
    return [...this.#listeners.values(), ...this.#leaving];
  }

  get #here(): number {
    return this.#all.reduce((sum, { here }) => sum + here, 0);
  }

  get #log(): Reading["log"] {
    return this.#reading.log;
  }

  // ------------------------------------------------------------------ what is served

  async #start(): Promise<void> {
    const { services } = this.#reading;
    const opening = this.#ports.open(services.map(wishOf));
    const [stranger] = this.#ports.strangers(opening);
    if (stranger !== undefined)
      throw new UsageError(`expected a service for each socket that is passed in, got ${stranger}`);
    const scrapers = await this.#scraping.prepare(services);
    this.#scraping.take(scrapers);
    const added = this.#added(services);
    this.#listeners = added; // told to leave before they are ready they do
    const canServe = await Promise.all([...added.values()].map((listener) => listener.start()));
    if (this.#ending) return;
    if (!canServe.every(Boolean)) return this.#fail("workers fail before they are ready");
    this.#take({ opening, added, changed: new Map(), scrapers });
    this.#plan.manager?.ready();
    this.#watchIdle();
    if (this.#isToReload) void this.#reload();
  }

  /** One after the other: what is asked for meanwhile is done once more, with what is there then. */
  async #reload(): Promise<void> {
    this.#isToReload = true;
    if (this.#isReloading || this.#generation === 0) return;
    this.#isReloading = true;
    while (this.#isToReload && !this.#ending) {
      this.#isToReload = false;
      await this.#reloadNow();
    }
    this.#isReloading = false;
  }

  async #reloadNow(): Promise<void> {
    this.#plan.manager?.reloading();
    this.#reopenLogs();
    let reading: Reading | null = null;
    try {
      reading = await this.#plan.read();
      const successor = await this.#prepare(reading);
      if (this.#ending) return void this.#abandon(successor);
      this.#succeed(reading, successor);
    } catch (error) {
      for (const one of [reading, ...(reading?.services ?? [])]) one?.release();
      const text = error instanceof Error ? error.message : String(error);
      this.#log({ level: 1, event: "reload", fields: { state: "kept", error: text } });
    }
    if (!this.#ending) this.#plan.manager?.ready();
  }

  /** @throws what keeps any of it from serving; then nothing of it is left */
  async #prepare({ services }: Reading): Promise<Successor> {
    const opening = this.#ports.open(services.map(wishOf));
    const changed = new Map<string | null, Served>();
    let added: ReadonlyMap<string | null, Listener> = new Map();
    let scrapers: Scrapers = new Map();
    try {
      scrapers = await this.#scraping.prepare(services);
      for (const plan of services) {
        const listener = this.#listeners.get(plan.name);
        if (listener !== undefined && listener.plan.fingerprint !== plan.fingerprint)
          changed.set(plan.name, listener.prepare(plan));
      }
      added = this.#added(services.filter(({ name }) => !this.#listeners.has(name)));
      const starting = [
        ...[...changed].map(([name, { generation }]) => [name, generation.start()] as const),
        ...[...added].map(([name, listener]) => [name, listener.start()] as const),
      ];
      for (const [name, canServe] of starting)
        if (!(await canServe))
          throw new Error(`workers${name === null ? "" : ` of ${name}`} fail before they are ready`);
      return { opening, changed, added, scrapers };
    } catch (error) {
      await this.#abandon({ opening, changed, added, scrapers });
      throw error;
    }
  }

  async #abandon({ opening, changed, added, scrapers }: Successor): Promise<void> {
    this.#ports.abandon(opening);
    this.#scraping.abandon(scrapers);
    const generations = [...changed.values()].map(({ generation }) => generation);
    await Promise.all([...generations, ...added.values()].map((one) => one.clear()));
  }

  #added(plans: readonly ListenerPlan[]): ReadonlyMap<string | null, Listener> {
    const listeners = plans.map((plan) => {
      const listener: Listener = new Listener(plan, {
        onIdle: () => this.#watchIdle(),
        onHopeless: () => this.#isHopeful(listener),
        trails: this.#trails,
      });
      return [plan.name, listener] as const;
    });
    return new Map(listeners);
  }

  /** All of it, between two turns of the loop: nobody is served by half of it. */
  #succeed(reading: Reading, successor: Successor): void {
    const { services } = reading;
    const names = new Set(services.map(({ name }) => name));
    const removed = [...this.#listeners].filter(([name]) => !names.has(name)).map(([, listener]) => listener);
    const isAnother = successor.changed.size + successor.added.size + removed.length > 0;
    const before = this.#reading;
    this.#reading = reading;
    this.#listeners = new Map([...this.#listeners].filter(([name]) => names.has(name)));
    for (const [name, served] of successor.changed) this.#listeners.get(name)!.adopt(served);
    this.#take(successor, isAnother);
    for (const listener of removed) listener.close();
    this.#leaving = [...this.#leaving, ...removed];
    for (const plan of services)
      if (!successor.changed.has(plan.name) && !successor.added.has(plan.name)) plan.release();
    before.release();
    for (const listener of this.#listeners.values()) listener.look();
    const [stranger] = this.#ports.strangers(successor.opening);
    const error = stranger === undefined ? {} : { error: `nobody is served any more at ${stranger}` };
    const fields = { state: "reloaded", generation: this.#generation, ...error };
    this.#log({ level: 1, event: "reload", fields });
    this.#tellStatus();
    this.#watchIdle();
  }

  #take({ opening, added, scrapers }: Successor, isAnother = true): void {
    this.#scraping.take(scrapers);
    this.#listeners = new Map([...this.#listeners, ...added]);
    if (isAnother) this.#generation++;
    const fresh = this.#ports.take(opening, (name) => this.#listeners.get(name)!);
    for (const { service, address } of fresh)
      this.#listeners.get(service)!.plan.log({ level: 1, event: "listening", fields: { address } });
    for (const listener of added.values()) listener.open();
    this.#tellStatus();
  }

  /** As long as others serve, the one that cannot is no reason to leave. */
  #isHopeful(hopeless: Listener): boolean {
    const error = "workers fail before they are ready";
    const isHopeful = [...this.#listeners.values()].some(
      (one) => one !== hopeless && one.serving.workers > 0,
    );
    if (isHopeful) hopeless.plan.log({ level: 0, event: "fault", fields: { error } });
    else this.#fail(error);
    return isHopeful;
  }

  // ------------------------------------------------------------------ again and again

  #look(): void {
    for (const listener of this.#all) listener.look();
    this.#leaving = this.#leaving.filter(({ isGone }) => !isGone);
    this.#tellStatus();
  }

  #lookAtLists(): void {
    for (const listener of this.#listeners.values())
      listener.list().catch((reason) => this.#fail(String(reason)));
  }

  #tellStatus(): void {
    const here = this.#here;
    const sessions = `${here} session${here === 1 ? "" : "s"}`;
    this.#plan.manager?.status(`${sessions}, generation ${this.#generation}`);
  }

  /** Who would start us again for the next client lets us go. */
  #watchIdle(): void {
    const waits = [...this.#listeners.values()].map(({ plan }) => plan.idleExit);
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#idle = null;
    if (this.#plan.passed.length === 0 || this.#here > 0 || waits.includes(0)) return;
    this.#idle = setTimeout(() => this.#here === 0 && void this.#end("idle"), Math.max(...waits) * 1000);
  }

  // ------------------------------------------------------------------ the log, and the end

  #reopen(): void {
    this.#plan.manager?.reloading();
    this.#reopenLogs();
    this.#plan.manager?.ready();
  }

  #reopenLogs(): void {
    try {
      this.#plan.reopenLogs();
      this.#log({ level: 1, event: "reload", fields: { state: "reopened" } });
    } catch (error) {
      this.#log({ level: 1, event: "reload", fields: { state: "kept", error: String(error) } });
    }
  }

  async #end(reason: Reason<"shutdown">): Promise<void> {
    if (this.#ending) return;
    this.#ending = true;
    this.#log({ level: 1, event: "shutdown", fields: { reason, clients: this.#here } });
    this.#plan.manager?.stopping();
    this.#ports.close();
    await Promise.all(this.#all.map((listener) => listener.drain()));
    this.#over.resolve(EXIT.ok);
  }

  #fail(error: string): void {
    this.#ending = true;
    this.#log({ level: 0, event: "fault", fields: { error } });
    this.#over.resolve(EXIT.software);
  }

  async #clear(): Promise<void> {
    this.#ending = true;
    this.#ports.close();
    this.#scraping.clear();
    await Promise.all(this.#all.map((listener) => listener.clear()));
  }
}

function wishOf({ name: service, where, addresses }: ListenerPlan) {
  return { service, where, addresses };
}
