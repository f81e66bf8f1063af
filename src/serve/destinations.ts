// The servers over TCP that clients of a listener are sent to: what is known of each, for all clients together, and
// whoever was left alone is tried again in the background. Knows clocks and the log; not a client, and no worker.

import { addressOf, type Destination } from "../io/tcp.ts";
import type { Entry } from "../record/entry.ts";
import type { ProxyVersion } from "../wire/proxy-header.ts";
import { Balance, type Change, type Visit } from "./balance.ts";
import { connect, tryOut } from "./connect.ts";
import { Quest, type QuestPlan } from "./quest.ts";
import type { ServerState } from "./server-source.ts";

export interface DestinationsPlan {
  readonly destinations: readonly Destination[];
  /** Seconds for which one that failed is left alone. */
  readonly retry: number;
  /** Workers tell whether they speak, by the number that each has here; otherwise being connected is all there is. */
  readonly isToSpeak: boolean;
  /** Servers speak first, where they speak in the clear. */
  readonly greets: boolean;
  /** They are told whom we speak for, also where that is nobody; null where they are not. */
  readonly sendProxy: ProxyVersion | null;
  readonly log: (entry: Entry) => void;
}

/** Our own address, as a client reached it. */
type Own = { readonly address: string | null; readonly port: number | null };

export class Destinations {
  readonly #plan: DestinationsPlan;
  readonly #balance: Balance;
  readonly #quests = new Map<Visit, Quest>();
  readonly #timers = new Map<number, Timer>();
  readonly #shared: QuestPlan;
  #isClosed = false;

  constructor(plan: DestinationsPlan) {
    const { destinations, retry, isToSpeak } = plan;
    this.#plan = plan;
    this.#balance = new Balance(
      destinations.map(({ weight }) => weight),
      retry * 1000,
    );
    this.#shared = {
      ...{ balance: this.#balance, quests: this.#quests, isToSpeak },
      connect: (destination) => connect(destinations[destination]!),
      onChange: (destination, change, error) => this.#changed(destination, change, error),
    };
  }

  /**
   * @param isHeard what the client's worker says of servers counts
   * @param onMove told when the client is better off with another one than that it has
   */
  quest(own: Own, isHeard: boolean, onMove: () => void): Quest {
    // Connected to ourselves we would wrap ourselves until no descriptor is left.
    const ours = this.#plan.destinations.flatMap(({ host, port }, number) =>
      host === own.address && port === own.port ? [number] : [],
    );
    return new Quest(this.#shared, ours, isHeard, onMove);
  }

  /** Each, as the log calls it. */
  get states(): readonly ServerState[] {
    return this.#plan.destinations.map((destination, number) => ({
      destination: addressOf(destination),
      isUp: this.#balance.due(number) === null,
    }));
  }

  /** Nothing is tried any more. */
  close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  #changed(destination: number, change: Change, error: string): void {
    this.#tryLater(destination);
    if (change === null) return;
    this.#tell(destination, change, error);
    if (change === "left-alone") return this.#moveFrom(destination);
    for (const [number] of this.#plan.destinations.entries())
      if (this.#balance.due(number) !== null) this.#moveFrom(number);
  }

  #moveFrom(destination: number): void {
    for (const visit of this.#balance.waitingFor(destination)) this.#quests.get(visit)?.moveOn(visit);
  }

  /** A client may have tried it meanwhile: then that was the try. */
  #tryLater(destination: number): void {
    const due = this.#balance.due(destination);
    if (due === null || this.#isClosed) return;
    clearTimeout(this.#timers.get(destination));
    const timer = setTimeout(
      () => {
        const now = this.#balance.due(destination);
        if (now !== null && now <= performance.now()) void this.#try(destination);
        else this.#tryLater(destination);
      },
      Math.max(1, due - performance.now()),
    );
    this.#timers.set(destination, timer);
  }

  async #try(destination: number): Promise<void> {
    const { destinations, greets, isToSpeak, sendProxy } = this.#plan;
    const { tls } = destinations[destination]!;
    const speaks = isToSpeak && greets && tls?.starts !== "implicit";
    const wrong = await tryOut(destinations[destination]!, speaks, sendProxy);
    if (this.#isClosed || this.#balance.due(destination) === null) return;
    const change =
      wrong === null
        ? this.#balance.reached(destination, !isToSpeak || tls === null)
        : this.#balance.fell(destination, "unreachable", performance.now());
    this.#changed(destination, change, wrong?.error ?? "");
  }

  #tell(destination: number, change: NonNullable<Change>, error: string): void {
    const where = addressOf(this.#plan.destinations[destination]!);
    const fields =
      change === "left-alone"
        ? { destination: where, error, state: change, retry: this.#plan.retry }
        : { destination: where, state: change, seconds: this.#secondsDown(destination) };
    this.#plan.log({ level: 1, event: "server-unreachable", fields });
  }

  #secondsDown(destination: number): number {
    return Math.round(performance.now() - this.#balance.downSince(destination)) / 1000;
  }
}
