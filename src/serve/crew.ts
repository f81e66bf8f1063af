// The workers: how many there are, who is next, whether each still answers, and who takes the place of one that went.
// Knows processes and orders; nothing of clients but how many a worker has.

import { close } from "../os/libc.ts";
import { isCapped } from "../record/cap.ts";
import type { Entry } from "../record/entry.ts";
import { Allowance } from "./allowance.ts";
import { end, launch } from "./launch.ts";
import { type Links, linksTo } from "./links.ts";
import { LONGEST_PAUSE, type Pause, Succession } from "./succession.ts";
import { type Order, type Report, readReport, writeOrder } from "./words.ts";

export interface CrewPlan {
  readonly size: number;
  readonly sessionsPerWorker: number;
  /** Sessions after which a worker is replaced: what it has piled up goes with it. */
  readonly recycleAfter: number;
  /** What a worker is told first. */
  readonly configuration: string;
  /** The certificates that workers begin with; null where no TLS is spoken. */
  readonly certificates: () => string | null;
  /** What files of entries say now; null where there are none. */
  readonly lists: () => string | null;
  /** Blackhole lists are asked: by a process of its own for each worker. */
  readonly asks: boolean;
  readonly log: (entry: Entry) => void;
  /** @returns whether it was for something */
  readonly onReport: (worker: Member, report: Report) => boolean;
  /** A worker can take sessions, or can again. */
  readonly onReady: () => void;
  /** A worker does not answer: it will be killed as soon as this is kept. */
  readonly onHung: (worker: Member) => Promise<void>;
  readonly onLost: (worker: Member) => void;
  /** No worker can be had. @returns whether others are to be tried for all the same */
  readonly onHopeless: () => boolean;
}

export interface Member {
  readonly pid: number;
  /** Where descriptors are passed. */
  readonly passage: number;
  /** Numbers of its sessions. */
  readonly sessions: Set<number>;
  order(order: Order): void;
}

/** Seconds between questions whether a worker still answers, and how many it may leave unanswered. */
const ASKED = 2;
const UNANSWERED = 5;
/** Questions without an answer after which it is given nobody, until it answers: who waits is better off elsewhere. */
const SILENT = 2;
/** Seconds in which what a worker said before it went is heard. */
const LAST_WORDS = 1;
/** Milliseconds in which processes that go together are heard of. */
const TOGETHER = 200;
/** Seconds for a worker to get ready, on a host with much else to do. */
const READY_PATIENCE = 60;

interface Colleague extends Member, Links {
  readonly allowance: Allowance;
  readonly started: number;
  state: "starting" | "ready" | "finishing" | "hung" | "lost";
  wasReady: boolean;
  served: number;
  unanswered: number;
  /** Lines of the log that it has told, and whether it is told there that not all of them are written. */
  told: number;
  wasCut: boolean;
  /** Until when it is left alone. */
  sparedUntil: number;
  /** Of one that is to be replaced: it finishes when its replacement is ready. */
  replaces: Colleague | null;
}

export class Crew {
  readonly #plan: CrewPlan;
  readonly #colleagues: Colleague[] = [];
  readonly #succession = new Succession();
  /** What workers were told that are not needed any more. */
  #closing: "drain" | "finish" | null = null;
  #watch: Timer | null = null;
  readonly #empty = Promise.withResolvers<void>();

  constructor(plan: CrewPlan) {
    this.#plan = plan;
  }

  start(): void {
    this.#watch = setInterval(() => this.#ask(), ASKED * 1000);
    for (let index = 0; index < this.#plan.size; index++) void this.#hire(null);
  }

  /** Kept when the last worker has gone after `close`. */
  get empty(): Promise<void> {
    return this.#empty.promise;
  }

  get isEmpty(): boolean {
    return this.#colleagues.length === 0;
  }

  /** Those that take sessions. */
  get ready(): number {
    return this.#colleagues.filter(({ state }) => state === "ready").length;
  }

  /** @returns the least busy worker that has room, the first of equals: what is warm stays warm */
  get next(): Member | null {
    let best: Colleague | null = null;
    const now = performance.now();
    for (const one of this.#colleagues) {
      if (one.state !== "ready" || one.sessions.size >= this.#plan.sessionsPerWorker) continue;
      if (one.sparedUntil > now || one.unanswered >= SILENT) continue;
      if (best === null || one.sessions.size < best.sessions.size) best = one;
    }
    return best;
  }

  /** It takes nothing now: others are next for so many milliseconds. */
  spare(member: Member, milliseconds: number): void {
    (member as Colleague).sparedUntil = performance.now() + milliseconds - 1;
  }

  /** A session begins. */
  begin(member: Member, session: number): void {
    member.sessions.add(session);
    const colleague = member as Colleague;
    colleague.allowance.begin();
    if (++colleague.served !== this.#plan.recycleAfter) return;
    this.#tell(colleague, "recycled");
    void this.#hire(colleague);
  }

  /** From now on these are served to whoever begins to speak TLS. */
  certify(certificates: string): void {
    for (const one of this.#colleagues) one.order({ word: "certify", text: certificates });
  }

  /** From now on these are for whoever comes. */
  list(lists: string): void {
    for (const one of this.#colleagues) tellLists(one, lists);
  }

  /** Nobody comes any more. @param how workers leave: they tell their clients, or serve them to the end */
  close(how: "drain" | "finish"): void {
    this.#closing = how;
    for (const one of this.#colleagues) one.order({ word: how });
    this.#look();
  }

  /** Ends those that have not left by themselves. */
  kill(): void {
    for (const { pid, names } of this.#colleagues) for (const one of [pid, names?.pid ?? 0]) end(one);
  }

  /** Whatever is missing for it now, a process or a descriptor, may be there later: others serve meanwhile. */
  async #hire(replaces: Colleague | null): Promise<void> {
    // Of one that is lost by now the loss itself has hired.
    if (this.#closing !== null || replaces?.state === "lost") return;
    try {
      await this.#start(replaces);
    } catch (error) {
      const text = `no worker can be started: ${(error as NodeJS.ErrnoException).code ?? error}`;
      this.#plan.log({ level: 0, event: "fault", fields: { error: text } });
      this.#hireAfter(this.#succession.unstarted(), replaces);
    }
  }

  #hireAfter(pause: Pause, replaces: Colleague | null): void {
    if (pause === "hopeless" && !this.#plan.onHopeless()) return;
    const seconds = pause === "hopeless" ? LONGEST_PAUSE : pause;
    setTimeout(() => void this.#hire(replaces), seconds * 1000);
  }

  /** @throws when a process or a descriptor cannot be had */
  async #start(replaces: Colleague | null): Promise<void> {
    let colleague: Colleague | null = null;
    let gone: string | null = null;
    const onExit = (how: string) => {
      gone = how;
      // What it said last is still to be heard: it is lost when that has ended.
      if (colleague !== null) setTimeout(() => this.#lost(colleague!, how), LAST_WORDS * 1000);
    };
    const launched = launch(this.#plan.asks, {
      onExit,
      onNamesExit: (how) => colleague !== null && this.#namesLost(colleague, how),
    });
    const links = await linksTo(
      launched,
      this.#plan.configuration,
      (line, cost) => colleague !== null && this.#hear(colleague, line, cost),
      () => colleague !== null && this.#lost(colleague, gone ?? "closed"),
    );
    const started = performance.now();
    colleague = {
      ...{ pid: launched.pid, passage: launched.passage, ...links, started, replaces },
      ...{ allowance: new Allowance(started), sessions: new Set<number>(), state: "starting" as const },
      ...{ wasReady: false, served: 0, unanswered: 0, told: 0, wasCut: false, sparedUntil: 0 },
      order: (order) => links.control.send(writeOrder(order)),
    };
    this.#colleagues.push(colleague);
    const certificates = this.#plan.certificates();
    if (certificates !== null) colleague.order({ word: "certify", text: certificates });
    const lists = this.#plan.lists();
    if (lists !== null) tellLists(colleague, lists);
    const how = launched.how();
    if (how !== null) this.#lost(colleague, how); // it went before we listened
  }

  /** Nobody asks lists for it any more: another worker, which has one, takes its place. */
  #namesLost(colleague: Colleague, how: string): void {
    const replace = () => {
      if (colleague.state !== "ready" || this.#closing !== null) return;
      const error = `the process that asked lists for it has gone: ${how}`;
      this.#plan.log({ level: 0, event: "fault", fields: { "worker-pid": colleague.pid, error } });
      if (this.#colleagues.some(({ replaces }) => replaces === colleague)) return;
      this.#hireAfter(this.#succession.died(ageOf(colleague)), colleague);
    };
    setTimeout(replace, TOGETHER); // if its worker goes as well that is what happened
  }

  /** Whoever got hold of a worker may say what he likes: only so much of it is listened to. */
  #hear(colleague: Colleague, line: string, cost: number): void {
    if (colleague.state === "lost") return;
    const report = readReport(line);
    if (report === null) return this.#dismiss(colleague, "it says what no worker does");
    if (report.word === "log") colleague.told++;
    const now = performance.now();
    const isCounted = report.word !== "log" || report.entry === null || !isCapped(report.entry);
    const isAllowed = !isCounted || colleague.allowance.spend(cost, now);
    // What it wishes is done all the same: sessions and servers end by it.
    const wasHeard = (isAllowed || report.word !== "log") && this.#obey(colleague, report);
    if (isAllowed && wasHeard) return;
    if (!isAllowed) this.#tellCut(colleague);
    if (colleague.allowance.waste(cost, now)) this.#dismiss(colleague, "it says too much");
  }

  /** @returns whether it was for something */
  #obey(colleague: Colleague, report: Report): boolean {
    if (report.word === "pong") this.#answered(colleague);
    else if (report.word === "broken") this.#broken(colleague, report.text);
    else if (report.word === "ready") this.#ready(colleague);
    else return this.#plan.onReport(colleague, report);
    return true;
  }

  #tellCut(colleague: Colleague): void {
    if (colleague.wasCut) return;
    colleague.wasCut = true;
    const fields = { "worker-pid": colleague.pid, lines: colleague.told };
    this.#plan.log({ level: 1, event: "log-capped", fields });
  }

  /** It does not do what workers do: whose it is by now nobody knows. */
  #dismiss(colleague: Colleague, error: string): void {
    this.#plan.log({ level: 0, event: "fault", fields: { "worker-pid": colleague.pid, error } });
    this.#lost(colleague, "ended");
  }

  #answered(colleague: Colleague): void {
    const wasSilent = colleague.unanswered >= SILENT;
    colleague.unanswered = 0;
    if (wasSilent && colleague.state === "ready") this.#plan.onReady();
  }

  /** It ends its sessions and leaves: nobody else is sent there. */
  #broken(colleague: Colleague, error: string): void {
    this.#plan.log({ level: 0, event: "fault", fields: { "worker-pid": colleague.pid, error } });
    if (colleague.state !== "ready") return;
    colleague.state = "finishing";
    const successor = this.#colleagues.find(({ replaces }) => replaces === colleague);
    if (successor === undefined) this.#hireAfter(this.#succession.died(ageOf(colleague)), null);
    else successor.replaces = null;
  }

  #ready(colleague: Colleague): void {
    if (colleague.state !== "starting") return;
    colleague.state = "ready";
    colleague.wasReady = true;
    this.#succession.ready();
    this.#tell(colleague, "ready");
    if (this.#closing !== null) colleague.order({ word: this.#closing });
    if (colleague.replaces !== null && colleague.replaces.state === "ready") {
      colleague.replaces.state = "finishing";
      colleague.replaces.order({ word: "finish" });
      colleague.replaces = null;
    }
    this.#plan.onReady();
  }

  #lost(colleague: Colleague, how: string): void {
    const was = colleague.state;
    if (was === "lost") return;
    colleague.state = "lost";
    end(colleague.pid); // one that only closed its end serves nobody any more
    if (colleague.names !== null) end(colleague.names.pid);
    void colleague.names?.control.close();
    void colleague.control.close();
    close(colleague.passage);
    this.#colleagues.splice(this.#colleagues.indexOf(colleague), 1);
    this.#plan.onLost(colleague);
    this.#tell(colleague, "left", { how, sessions: colleague.sessions.size });
    if (this.#closing !== null || was === "finishing") return this.#look();
    const successor = this.#colleagues.find(({ replaces }) => replaces === colleague);
    if (successor !== undefined) {
      successor.replaces = null;
      return;
    }
    const pause = colleague.wasReady
      ? this.#succession.died(ageOf(colleague))
      : this.#succession.failed(this.ready > 0);
    this.#hireAfter(pause, colleague.replaces);
  }

  /** Asks every worker whether it still answers. */
  #ask(): void {
    for (const one of [...this.#colleagues]) {
      if (one.state === "hung") continue;
      const young = performance.now() - one.started < READY_PATIENCE * 1000;
      if (one.state === "starting" ? !young : one.unanswered >= UNANSWERED) {
        one.state = "hung";
        this.#tell(one, "hung");
        void this.#plan.onHung(one).then(() => end(one.pid));
        continue;
      }
      one.unanswered++;
      one.order({ word: "ping" });
    }
  }

  #look(): void {
    if (this.#closing === null || this.#colleagues.length > 0) return;
    if (this.#watch !== null) clearInterval(this.#watch);
    this.#empty.resolve();
  }

  #tell({ pid }: Member, state: string, fields: { how?: string; sessions?: number } = {}): void {
    this.#plan.log({ level: 1, event: "worker", fields: { state, "worker-pid": pid, ...fields } });
  }
}

/** Whoever asks blackhole lists for it needs their names. */
function tellLists({ control, names }: Links, text: string): void {
  for (const link of [names?.control, control]) link?.send(writeOrder({ word: "lists", text }));
}

/** Seconds since it was started. */
function ageOf({ started }: Colleague): number {
  return (performance.now() - started) / 1000;
}
