// The servers of all sessions: each gets one, and a fresh one when its worker wishes; whatever becomes of a worker, they
// are ended before their input is. Knows sessions, workers, and how a server is had; not who is let in.

import type { ServerProcess } from "../io/spawn.ts";
import { close } from "../os/libc.ts";
import { pass } from "../os/passing.ts";
import type { Connection } from "../os/peer.ts";
import type { Member } from "./crew.ts";
import { closePipes, HostedServer, makePipes } from "./servers.ts";
import { writeLack } from "./words.ts";

/** How the server of a session is had. */
export type ServerSource =
  | { readonly kind: "process"; readonly plan: (connection: Connection) => Omit<ServerProcess, "onFailure"> }
  | {
      readonly kind: "socket";
      /** @returns a connected socket that is ours, or null @param onFailure told of each address that does not answer */
      readonly connect: (
        connection: Connection,
        onFailure: (server: string, reason: string) => void,
      ) => Promise<number | null>;
    };

/** A client who is with a worker. */
export interface Guest {
  readonly session: number;
  readonly connection: Connection;
  readonly worker: Member;
  readonly servers: Map<number, HostedServer>;
  /** A server is being connected, or on its way to the worker: one at a time. */
  awaits: boolean;
  isOver: boolean;
}

/** Later when the worker takes nothing now, refused when there is nothing to give it. */
export type Begun = "begun" | "later" | "refused";

/** Milliseconds before a worker that takes no descriptors now is tried again. */
export const AGAIN = 5;
/** Servers of one session at a time: one that is being ended, and its successor. */
const MOST_SERVERS = 4;

export class Hosting {
  readonly #source: ServerSource;
  readonly #onOverload: (error: string) => void;
  /** All that have not gone, also of sessions that are over. */
  readonly #hosted = new Set<HostedServer>();
  #servers = 0;

  constructor(source: ServerSource, onOverload: (error: string) => void) {
    this.#source = source;
    this.#onOverload = onOverload;
  }

  /** The client goes to its worker, and a server with it or after it. */
  begin(guest: Guest, socket: number): Begun {
    const { session, worker, connection } = guest;
    const announce = (server: number) =>
      worker.order({ word: "serve", session, server, text: JSON.stringify(connection) });
    const source = this.#source;
    if (source.kind === "process") return this.#start(guest, source, [socket], announce);
    if (!pass(worker.passage, session, [socket])) return "later";
    announce(0);
    void this.#connect(guest, source);
    return "begun";
  }

  /** The worker wants a fresh server. */
  restart(guest: Guest): void {
    const source = this.#source;
    if (guest.awaits || guest.isOver) return; // an honest worker awaits one at a time
    if (source.kind === "socket") return void this.#connect(guest, source);
    const { session, worker, servers } = guest;
    const announce = (server: number) => worker.order({ word: "ends", session, server });
    const begun = servers.size < MOST_SERVERS ? this.#start(guest, source, [], announce) : "refused";
    if (begun === "later") {
      guest.awaits = true;
      setTimeout(() => {
        guest.awaits = false;
        this.restart(guest);
      }, AGAIN);
    } else if (begun === "refused") {
      const text = writeLack({ destination: "process", error: "no fresh server can be had now" });
      worker.order({ word: "unavailable", session, server: 0, text });
    }
  }

  /** Ends all of them, also those of sessions that are over. @returns kept when that is done */
  async end(): Promise<void> {
    await Promise.all([...this.#hosted].map((server) => server.abort()));
  }

  /** The worker has its ends before the server is started: both happen at the same time then. */
  #start(
    guest: Guest,
    source: ServerSource & { kind: "process" },
    before: readonly number[],
    announce: (server: number) => void,
  ): Begun {
    const { session, worker, servers } = guest;
    let pipes: ReturnType<typeof makePipes>;
    try {
      pipes = makePipes();
    } catch (error) {
      this.#onOverload((error as Error).message);
      return "refused";
    }
    if (!pass(worker.passage, session, [...before, ...pipes.worker])) {
      closePipes(pipes);
      return "later";
    }
    const server = ++this.#servers;
    announce(server);
    const plan = source.plan(guest.connection);
    const onFailure = (reason: string) =>
      worker.order({
        ...{ word: "unavailable", session, server },
        text: writeLack({ destination: plan.argv[0], error: reason }),
      });
    const hosted = new HostedServer({ ...plan, onFailure }, pipes);
    servers.set(server, hosted);
    this.#hosted.add(hosted);
    void hosted.gone.then((text) => {
      this.#hosted.delete(hosted);
      servers.delete(server);
      worker.order({ word: "gone", session, server, text });
    });
    return "begun";
  }

  async #connect(guest: Guest, source: ServerSource & { kind: "socket" }): Promise<void> {
    const { session, worker } = guest;
    guest.awaits = true;
    const onFailure = (destination: string, error: string) =>
      worker.order({ word: "unreachable", session, text: writeLack({ destination, error }) });
    const socket = await source.connect(guest.connection, onFailure);
    const isPassed = socket !== null && (await this.#passSoon(guest, socket));
    guest.awaits = false;
    if (isPassed) {
      worker.order({ word: "ends", session, server: 0 });
    } else if (!guest.isOver) {
      const text = writeLack({ destination: "tcp", error: "no server could be reached" });
      worker.order({ word: "unavailable", session, server: 0, text });
    }
    if (socket !== null) close(socket);
  }

  /** A worker that has much to do takes descriptors a little later. @returns false when the session is over by then */
  async #passSoon(guest: Guest, socket: number): Promise<boolean> {
    while (!guest.isOver) {
      if (pass(guest.worker.passage, guest.session, [socket])) return true;
      await Bun.sleep(AGAIN);
    }
    return false;
  }
}

/** Ends the servers of these sessions. @returns kept when that is done */
export async function abortAll(guests: readonly Guest[]): Promise<void> {
  await Promise.all(guests.flatMap(({ servers }) => [...servers.values()].map((server) => server.abort())));
}
