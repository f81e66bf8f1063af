// The clients that are being served, each with its worker and the servers that were started for it: what a worker may
// wish about its own sessions, and about no other. Knows processes, pipes and sockets; not who is let in.

import { close, write } from "../os/libc.ts";
import { pass } from "../os/passing.ts";
import type { Connection } from "../os/peer.ts";
import type { Distribution } from "../record/metrics.ts";
import type { Ends } from "../wire/addresses.ts";
import { decode } from "../wire/latin1.ts";
import type { Member } from "./crew.ts";
import { abortAll, type Guest, guestOf, letGo } from "./guest.ts";
import { heardLogin } from "./guest-logins.ts";
import { Ledger, type Page } from "./ledger.ts";
import type { Found, Way } from "./quest.ts";
import type { ServerSource, SocketSource } from "./server-source.ts";
import { closePipes, HostedServer, makePipes } from "./servers.ts";
import type { ThrottleUse } from "./throttles.ts";
import { type Report, writeLack } from "./words.ts";

export interface GuestsPlan {
  /** Told how long the servers of a session that is over took. */
  readonly onReplied: (seconds: Distribution) => void;
  readonly source: ServerSource;
  /** A server is started when the worker asks for it, not with the session. */
  readonly startsLate: boolean;
  /** The log of one session, whose worker has this number. */
  readonly sessionLog: (connection: Connection, worker: number, session: number) => Page;
  /** A client is rid of: its place is free. */
  readonly onLeft: (connection: Connection) => void;
  /** Its worker was lost before it took the client, who waits for another: the socket is the caller's again. */
  readonly onUntaken: (socket: number, connection: Connection) => void;
  /** A connection to a server was made for that client. @returns what is done when it is over */
  readonly onConnected: (connection: Connection, socket: number) => () => void;
  /**
   * Whose a proxy's connection is was told, or (null) that nothing was.
   * @returns the client's connection, or what is said to one that is not let in
   */
  readonly admit: (untold: Connection, told: Ends | null) => Connection | { readonly refusal: Uint8Array };
  /** Counts guesses; null for nobody. */
  readonly throttle: ThrottleUse | null;
  /** There is nothing to give to a session. */
  readonly onLack: (error: string) => void;
}

/** Milliseconds before a worker that takes no descriptors now is tried again. */
export const AGAIN = 5;
/** Servers of one session at a time: one that is being ended, and its successor. */
const MOST_SERVERS = 4;
/** What a worker says of a client before that is known. */
const BEFORE: readonly Report["word"][] = ["taken", "told", "done"];

export class Guests {
  readonly #plan: GuestsPlan;
  readonly #guests = new Map<number, Guest>();
  readonly #ledger = new Ledger<Member>();
  /** All that have not gone, also of sessions that are over. */
  readonly #hosted = new Set<HostedServer>();
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
    const guest = guestOf(worker, socket, connection);
    const { source } = this.#plan;
    const startsLate = this.#plan.startsLate || guest.isUntold;
    const announce = (server: number) =>
      worker.order({ word: "serve", session, server, text: JSON.stringify(connection) });
    const begun =
      source.kind === "process" && !startsLate
        ? this.#start(session, guest, source, [socket], announce)
        : this.#pass(session, guest, [socket], () => announce(0));
    if (begun !== "begun") return begun;
    this.#sessions = session;
    this.#guests.set(session, guest);
    if (!guest.isUntold) this.#openLog(session, guest);
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
    // Nothing is done for a client that is not known, or was not let in.
    if (guest.connection.isUntold === true && !BEFORE.includes(report.word)) return false;
    switch (report.word) {
      case "taken":
        letGo(guest);
        break;
      case "told":
        return this.#introduce(session, guest, report.told);
      case "replied":
        this.#plan.onReplied(report.seconds);
        break;
      case "login":
      case "settled":
      case "blamed":
        return heardLogin(guest, report, this.#plan.throttle);
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
        if (this.#plan.startsLate) guest.spoken = report.spoken ?? null;
        this.#restart(session, guest);
        break;
      case "greeted":
        guest.quest?.answered(report.server);
        break;
      case "silent":
        if (guest.quest?.silent(report.server) === true) this.#connect(session, guest, false);
        break;
      case "next":
        if (guest.quest?.refused(report.server, report.text) === true) this.#connect(session, guest, true);
        break;
      default:
        report.word satisfies "done";
        guest.worker.sessions.delete(session);
        this.#end(session, guest);
    }
    return true;
  }

  #openLog(session: number, { connection, worker }: Guest): void {
    this.#ledger.begin(session, worker, this.#plan.sessionLog(connection, worker.pid, session));
  }

  /** Once for each, and of one that the worker has. @returns whether it was for something */
  #introduce(session: number, guest: Guest, told: Ends | null): boolean {
    if (!guest.isUntold || guest.socket !== null) return false;
    guest.isUntold = false;
    const admitted = this.#plan.admit(guest.connection, told);
    if ("refusal" in admitted) {
      const text = JSON.stringify(decode(admitted.refusal, 0, admitted.refusal.length));
      guest.worker.order({ word: "refuse", session, text });
      return true;
    }
    guest.connection = admitted;
    this.#openLog(session, guest);
    guest.worker.order({ word: "admit", session });
    if (!this.#plan.startsLate) this.#restart(session, guest);
    return true;
  }

  #restart(session: number, guest: Guest): void {
    const { source } = this.#plan;
    // An honest worker awaits one at a time.
    if (this.#closed || (guest.connecting && guest.quest?.isAnswered !== true)) return;
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

  abortServersOf(worker: Member): Promise<void> {
    return abortAll([...this.#guests.values()].filter((guest) => guest.worker === worker));
  }

  /** A worker's clients have been closed with it; its servers are ended before they see an end of input. */
  lost(worker: Member): void {
    for (const [session, guest] of this.#guests) if (guest.worker === worker) this.#lose(session, guest);
  }

  /** No client is left, and no server, also of sessions that are over. */
  get isEmpty(): boolean {
    return this.#guests.size === 0 && this.#hosted.size === 0;
  }

  /** No server takes another's place any more. */
  close(): void {
    this.#closed = true;
  }

  /** Nothing of them goes on. */
  end(): void {
    if (this.#plan.source.kind === "socket") this.#plan.source.close();
    this.#plan.throttle?.close();
  }

  /** What was held of sessions that are over may go. */
  sweep(): void {
    this.#ledger.sweep();
    this.#plan.throttle?.look();
  }

  /** Ends every server there is, also those of sessions that are over. */
  async clear(): Promise<void> {
    this.#closed = true;
    this.end();
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
    this.#ledger.end(session);
    guest.quest?.end();
    for (const leave of guest.leavings) leave();
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
    const isFirst = guest.quest === null;
    guest.quest?.end();
    guest.connecting = false;
    guest.quest = source.quest(guest.connection, isFirst, () => this.#connect(session, guest, false));
    this.#connect(session, guest, true);
  }

  /** @param isWanting the worker waits for it */
  #connect(session: number, guest: Guest, isWanting: boolean): void {
    guest.isWanting ||= isWanting;
    if (!this.#closed && !guest.connecting) void this.#find(session, guest, guest.quest!);
  }

  /** Whoever asks again and again comes to an end of them. */
  async #find(session: number, guest: Guest, quest: Way): Promise<void> {
    guest.connecting = true;
    let found = await quest.find(guest.isWanting);
    if (found === null && guest.isWanting) found = await quest.find(true); // it may be wanted only now
    if (found !== null && this.#guests.get(session) === guest) this.#connected(guest, found.socket);
    const isPassed = found !== null && (await this.#passSoon(session, guest, quest, found));
    if (found !== null) close(found.socket);
    if (guest.quest !== quest) return;
    guest.connecting = false;
    if (!isPassed && guest.isWanting && this.#guests.get(session) === guest) {
      if (quest.lack !== null) this.#plan.onLack(quest.lack);
      const text = writeLack({ destination: "tcp", error: "no server could be reached" });
      guest.worker.order({ word: "unavailable", session, server: 0, text });
      guest.isWanting = false;
    }
  }

  /** The header is ours to say: a worker that somebody got hold of has no word in whose the connection is. */
  #connected(guest: Guest, socket: number): void {
    const { source, onConnected } = this.#plan;
    guest.leavings.push(onConnected(guest.connection, socket));
    if (source.kind !== "socket" || source.header === null) return;
    // The first octets of a connection always have room; one that is broken shows by itself.
    write(socket, source.header(guest.connection, guest.spoken));
  }

  /** A worker that has much to do takes descriptors a little later. @returns false when nobody waits for it by then */
  async #passSoon(session: number, guest: Guest, quest: Way, found: Found): Promise<boolean> {
    const { worker } = guest;
    while (this.#guests.get(session) === guest && guest.quest === quest) {
      if (pass(worker.passage, session, [found.socket])) {
        guest.isWanting = false;
        worker.order({ word: "ends", session, server: found.destination });
        return true;
      }
      await Bun.sleep(AGAIN);
    }
    return false;
  }
}
