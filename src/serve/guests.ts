// The clients that are being served, each with its worker and the servers that were started for it: what a worker may
// wish about its own sessions, and about no other. Knows processes, pipes and sockets; not who is let in.

import type { ServerProcess } from "../io/spawn.ts";
import type { Destination } from "../io/tcp.ts";
import { close } from "../os/libc.ts";
import { pass } from "../os/passing.ts";
import type { Connection, Endpoint } from "../os/peer.ts";
import type { connectFor } from "./connect.ts";
import type { Member } from "./crew.ts";
import { Ledger, type Page } from "./ledger.ts";
import { closePipes, HostedServer, makePipes } from "./servers.ts";
import { type Report, writeLack } from "./words.ts";

/** How the server of a session is had. */
export type ServerSource =
  | { readonly kind: "process"; readonly plan: (connection: Connection) => Omit<ServerProcess, "onFailure"> }
  | {
      readonly kind: "socket";
      /** Where it may be, in the order in which that is tried. */
      readonly candidates: (connection: Connection) => readonly Destination[];
      readonly connect: typeof connectFor;
      /** What a worker calls it. */
      readonly numberOf: (destination: Destination) => number;
    };

type SocketSource = ServerSource & { readonly kind: "socket" };

export interface GuestsPlan {
  readonly source: ServerSource;
  /** A server is started when the worker asks for it, not with the session. */
  readonly startsLate: boolean;
  /** The log of one session, whose worker has this number. */
  readonly sessionLog: (connection: Connection, worker: number, session: number) => Page;
  /** A client is rid of: its place is free. */
  readonly onLeft: (connection: Connection) => void;
  /** Its worker was lost before it took the client, who waits for another: the socket is the caller's again. */
  readonly onUntaken: (socket: number, connection: Connection) => void;
  /** There is nothing to give to a session. */
  readonly onLack: (error: string) => void;
}

/** Milliseconds before a worker that takes no descriptors now is tried again. */
export const AGAIN = 5;
/** Servers of one session at a time: one that is being ended, and its successor. */
const MOST_SERVERS = 4;

interface Guest {
  readonly connection: Connection;
  readonly worker: Member;
  /** The client's, as long as the worker has not said that it has it: one that is lost before is nobody's fault. */
  socket: number | null;
  readonly servers: Map<number, HostedServer>;
  /** A server is being connected, or on its way to the worker: one at a time. */
  connecting: boolean;
  /** Where no server was looked for yet, since one was wanted. */
  left: readonly Destination[];
  /** Our ends of the connections to its servers. */
  readonly ours: string[];
}

export class Guests {
  readonly #plan: GuestsPlan;
  readonly #guests = new Map<number, Guest>();
  readonly #ledger = new Ledger<Member>();
  /** All that have not gone, also of sessions that are over. */
  readonly #hosted = new Set<HostedServer>();
  readonly #ours = new Set<string>();
  #sessions = 0;
  #servers = 0;
  #closed = false;

  constructor(plan: GuestsPlan) {
    this.#plan = plan;
  }

  /**
   * @param socket the client's, which stays the caller's where nothing is begun
   * @returns the session's number; later when the worker takes nothing now, refused when there is nothing to give it
   */
  begin(worker: Member, socket: number, connection: Connection): number | "later" | "refused" {
    const session = this.#sessions + 1;
    const guest: Guest = {
      connection,
      worker,
      socket,
      servers: new Map(),
      connecting: false,
      left: [],
      ours: [],
    };
    const { source, startsLate } = this.#plan;
    const announce = (server: number) =>
      worker.order({ word: "serve", session, server, text: JSON.stringify(connection) });
    const begun =
      source.kind === "process" && !startsLate
        ? this.#start(session, guest, source, [socket], announce)
        : this.#pass(session, guest, [socket], () => announce(0));
    if (begun !== "begun") return begun;
    this.#sessions = session;
    this.#guests.set(session, guest);
    this.#ledger.begin(session, worker, this.#plan.sessionLog(connection, worker.pid, session));
    if (source.kind === "socket" && !startsLate) this.#connectAnew(session, guest, source);
    return session;
  }

  /** @returns whether it was for something */
  heard(worker: Member, report: Report): boolean {
    if (!("session" in report)) return false;
    const { session } = report;
    if (report.word === "log")
      return report.entry !== null && this.#ledger.tell(session, worker, report.entry);
    const guest = this.#guests.get(session);
    // Only of its own sessions: of others it has no business.
    if (guest === undefined || guest.worker !== worker) return false;
    switch (report.word) {
      case "taken":
        letGo(guest);
        break;
      case "abort":
        void guest.servers.get(report.server)?.abort();
        break;
      case "ended":
        guest.servers.get(report.server)?.endInput();
        break;
      case "leave":
        void guest.servers.get(report.server)?.leave(report.patience);
        break;
      case "restart":
        this.#restart(session, guest);
        break;
      case "next":
        this.#connectNext(session, guest);
        break;
      default:
        report.word satisfies "done";
        guest.worker.sessions.delete(session);
        this.#end(session, guest);
    }
    return true;
  }

  #restart(session: number, guest: Guest): void {
    const { source } = this.#plan;
    if (this.#closed || guest.connecting) return; // an honest worker awaits one at a time
    if (source.kind === "socket") return this.#connectAnew(session, guest, source);
    const { worker, servers } = guest;
    const announce = (server: number) => worker.order({ word: "ends", session, server });
    const begun = servers.size < MOST_SERVERS ? this.#start(session, guest, source, [], announce) : "refused";
    if (begun === "begun") return;
    if (begun === "later") {
      guest.connecting = true;
      setTimeout(() => {
        guest.connecting = false;
        if (this.#guests.get(session) === guest) this.#restart(session, guest);
      }, AGAIN);
      return;
    }
    const text = writeLack({ destination: "process", error: "no fresh server can be had now" });
    worker.order({ word: "unavailable", session, server: 0, text });
  }

  /** Whether a client is one of our own connections to a server: that server is ourselves, and there is no end to it. */
  isOurs(client: Endpoint): boolean {
    return this.#ours.has(nameOf(client));
  }

  abortServersOf(worker: Member): Promise<void> {
    return abortAll([...this.#guests.values()].filter((guest) => guest.worker === worker));
  }

  /** A worker's clients have been closed with it; its servers are ended before they see an end of input. */
  lost(worker: Member): void {
    for (const [session, guest] of this.#guests) if (guest.worker === worker) this.#lose(session, guest);
  }

  /** No server takes another's place any more. */
  close(): void {
    this.#closed = true;
  }

  /** What was held of sessions that are over may go. */
  sweep(): void {
    this.#ledger.sweep();
  }

  /** Ends every server there is, also those of sessions that are over. */
  async clear(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#hosted].map((server) => server.abort()));
  }

  #end(session: number, guest: Guest): void {
    letGo(guest);
    this.#forget(session, guest);
    this.#plan.onLeft(guest.connection);
  }

  #lose(session: number, guest: Guest): void {
    if (guest.socket === null) return this.#end(session, guest);
    this.#forget(session, guest);
    guest.worker.sessions.delete(session);
    this.#plan.onUntaken(guest.socket, guest.connection);
  }

  #forget(session: number, guest: Guest): void {
    this.#guests.delete(session);
    for (const name of guest.ours) this.#ours.delete(name);
    this.#ledger.end(session);
    void abortAll([guest]);
  }

  #pass(session: number, { worker }: Guest, descriptors: readonly number[], announce: () => void) {
    if (!pass(worker.passage, session, descriptors)) return "later";
    announce();
    return "begun";
  }

  /**
   * The worker has its ends before the server is started: both happen at the same time then.
   * @param before descriptors that are passed first
   * @returns later when the worker takes nothing now, refused when there is nothing to give it
   */
  #start(
    session: number,
    guest: Guest,
    source: ServerSource & { kind: "process" },
    before: readonly number[],
    announce: (server: number) => void,
  ): "begun" | "later" | "refused" {
    let pipes: ReturnType<typeof makePipes>;
    try {
      pipes = makePipes();
    } catch (error) {
      this.#plan.onLack((error as Error).message);
      return "refused";
    }
    if (!pass(guest.worker.passage, session, [...before, ...pipes.worker])) {
      closePipes(pipes);
      return "later";
    }
    const server = ++this.#servers;
    announce(server);
    const plan = source.plan(guest.connection);
    const onFailure = (reason: string) =>
      guest.worker.order({
        ...{ word: "unavailable", session, server },
        text: writeLack({ destination: plan.argv[0], error: reason }),
      });
    const hosted = new HostedServer({ ...plan, onFailure }, pipes);
    guest.servers.set(server, hosted);
    this.#hosted.add(hosted);
    void hosted.gone.then((text) => {
      this.#hosted.delete(hosted);
      guest.servers.delete(server);
      guest.worker.order({ word: "gone", session, server, text });
    });
    return "begun";
  }

  #connectAnew(session: number, guest: Guest, source: SocketSource): void {
    guest.left = source.candidates(guest.connection);
    void this.#connect(session, guest, source);
  }

  /** Whoever asks again and again comes to an end of them. */
  #connectNext(session: number, guest: Guest): void {
    const { source } = this.#plan;
    if (this.#closed || guest.connecting || source.kind !== "socket") return;
    void this.#connect(session, guest, source);
  }

  async #connect(session: number, guest: Guest, source: SocketSource): Promise<void> {
    const { worker } = guest;
    guest.connecting = true;
    const onFailure = (destination: string, error: string) =>
      worker.order({ word: "unreachable", session, text: writeLack({ destination, error }) });
    const connected = await source.connect(guest.left, onFailure);
    guest.left = connected?.left ?? [];
    if (connected !== null && this.#guests.get(session) === guest) {
      guest.ours.push(nameOf(connected.from));
      this.#ours.add(nameOf(connected.from));
    }
    const isPassed = connected !== null && (await this.#passSoon(session, guest, connected.socket));
    guest.connecting = false;
    if (isPassed) {
      worker.order({ word: "ends", session, server: source.numberOf(connected.destination) });
    } else if (this.#guests.get(session) === guest) {
      const text = writeLack({ destination: "tcp", error: "no server could be reached" });
      worker.order({ word: "unavailable", session, server: 0, text });
    }
    if (connected !== null) close(connected.socket);
  }

  /** A worker that has much to do takes descriptors a little later. @returns false when the session is over by then */
  async #passSoon(session: number, guest: Guest, socket: number): Promise<boolean> {
    while (this.#guests.get(session) === guest) {
      if (pass(guest.worker.passage, session, [socket])) return true;
      await Bun.sleep(AGAIN);
    }
    return false;
  }
}

function nameOf({ address, port }: Endpoint): string {
  return `${address} ${port}`;
}

function letGo(guest: Guest): void {
  if (guest.socket !== null) close(guest.socket);
  guest.socket = null;
}

async function abortAll(guests: readonly Guest[]): Promise<void> {
  await Promise.all(guests.flatMap(({ servers }) => [...servers.values()].map((server) => server.abort())));
}
