// A worker: talks to the clients that the supervisor passes it, each in a session of its own. It has no privileges
// before its first client comes, starts nothing, opens nothing, and knows no process: what it cannot do itself it asks
// the supervisor for. Knows the supervisor's orders; no option, and no protocol.

import { EXIT, type ExitCode } from "../exit.ts";
import { introduction } from "../io/introduction.ts";
import { lastWords } from "../io/last-words.ts";
import type { Departure, Server } from "../io/peer.ts";
import { readLines } from "../io/reading.ts";
import { clientOn, type DescriptorClient } from "../io/stdio.ts";
import { within } from "../io/within.ts";
import { close } from "../os/libc.ts";
import { take } from "../os/passing.ts";
import type { Connection } from "../os/peer.ts";
import { Seconds } from "../record/seconds.ts";
import { SessionFault } from "../session/fault.ts";
import { type SittingPlan, sit } from "../sitting.ts";
import { type Control, control } from "./control.ts";
import { Latest } from "./latest.ts";
import { measured } from "./measured.ts";
import { type Given, leave, type Place } from "./place.ts";
import { Search } from "./search.ts";
import { bothWays, departureFrom, type Ends, pipedServer, type Wishes } from "./server.ts";
import type { Prepare, Service } from "./service.ts";
import { type Order, type Report, readLack, readOrder, writeReport } from "./words.ts";
import { WorkerLogins } from "./worker-logins.ts";

/** Where the supervisor's two ends are. */
export const CONTROL = 3;
export const PASSAGE = 4;
/** Where whoever asks blackhole lists for us is, if there is one. */
export const LINK = 5;

/** Seconds that what was said last may take to be taken. */
const LAST_WORDS = 2;

export async function work(prepare: Prepare): Promise<ExitCode> {
  // Whoever ends the service sends a signal to everybody: it is the supervisor who decides what follows.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => {});
  const worker = new Worker(prepare);
  for (const fault of ["uncaughtException", "unhandledRejection"] as const) {
    process.removeAllListeners(fault);
    process.on(fault, (reason) => worker.fail(reason));
  }
  return worker.run();
}

class Worker {
  readonly #prepare: Prepare;
  readonly #places = new Map<number, Place>();
  /** Servers that have not gone, by number: from the order that gives them, since they may go at once. */
  readonly #servers = new Map<number, (how: Departure) => void>();
  readonly #over = Promise.withResolvers<ExitCode>();
  /** Who wants to know that the supervisor is no more. */
  readonly #orphans = new Set<() => void>();
  #service: Service | null = null;
  #control: Control | null = null;
  /** Those of now, told before a client comes where there are some. */
  readonly #certificates = new Latest();
  /** What files of entries say now. */
  readonly #lists = new Latest();
  #finishing = false;
  #code: ExitCode = EXIT.ok;

  constructor(prepare: Prepare) {
    this.#prepare = prepare;
  }

  async run(): Promise<ExitCode> {
    this.#control = await control(
      CONTROL,
      (line) => this.#obey(readOrder(line)),
      () => this.#orphan(),
      Number.POSITIVE_INFINITY, // what the supervisor says is as long as what the administrator wrote
    );
    return this.#over.promise;
  }

  /** A fault of ours that no session threw: whose it is nobody knows, so that none goes on. */
  fail(reason: unknown): void {
    this.#code = EXIT.software;
    this.#say({ word: "broken", text: String(reason) });
    for (const place of this.#places.values())
      if (place.sitting === null) leave(place);
      else place.sitting.fail(reason);
    this.#finish();
  }

  #say(report: Report): void {
    this.#control?.send(writeReport(report));
  }

  #obey(order: Order): void {
    switch (order.word) {
      case "configure":
        this.#begin(order.text).catch((reason) => this.fail(reason));
        break;
      case "certify":
        this.#certificates.take(order.text);
        this.#service?.tls?.certify(order.text).catch((reason) => this.fail(reason));
        break;
      case "lists":
        this.#lists.take(order.text);
        this.#service?.list(order.text).catch((reason) => this.fail(reason));
        break;
      case "serve":
        this.#serve(order.session, order.server, JSON.parse(order.text) as Connection);
        break;
      case "ends":
        this.#given(order.session, order.server, this.#take(order.session));
        break;
      case "unavailable":
        this.#tell(order.session, { level: 0, event: "server-unavailable", fields: readLack(order.text) });
        this.#unavailable(order.session);
        break;
      case "gone":
        this.#servers.get(order.server)?.(departureFrom(order.text));
        this.#servers.delete(order.server);
        break;
      case "admit":
        this.#judge(order.session, null);
        break;
      case "refuse":
        this.#judge(order.session, JSON.parse(order.text) as string);
        break;
      case "judged":
        this.#places.get(order.session)?.logins?.judged(order.text);
        break;
      case "ping":
        this.#say({ word: "pong" });
        break;
      case "drain":
        this.#shutDown();
        this.#finish();
        break;
      default:
        order.word satisfies "finish";
        this.#finish();
    }
  }

  async #begin(configuration: string): Promise<void> {
    const service = await this.#prepare(configuration, () => this.#lists.text());
    // Others may be told of while these are understood: they are taken behind these.
    this.#service = service;
    if (service.tls !== null) await service.tls.certify(await this.#certificates.text());
    this.#say({ word: "ready" });
  }

  /** The supervisor is no more: nobody comes any more, and nobody ends a server for us. */
  #orphan(): void {
    for (const tell of this.#orphans) tell();
    this.#shutDown();
    for (const place of this.#places.values()) if (place.sitting === null) leave(place);
    this.#finish();
  }

  #shutDown(): void {
    for (const place of this.#places.values()) {
      // Who waits to be let in hears of it from the supervisor; who has yet to say who he is hears nothing.
      if (place.sitting === null && place.judged === null) place.isLeft = true;
      place.sitting?.shutdown();
    }
  }

  #finish(): void {
    this.#finishing = true;
    if (this.#places.size > 0) return;
    // The last lines of the log are on their way.
    void within(this.#control?.close() ?? Promise.resolve(), LAST_WORDS).then(() =>
      this.#over.resolve(this.#code),
    );
  }

  /** @returns what was passed for that session */
  #take(session: number): readonly number[] {
    const taken = take(PASSAGE);
    if (taken?.id === session) return taken.descriptors;
    // What was announced is not there: no descriptor is left, and it was dropped.
    for (const fd of taken?.descriptors ?? []) close(fd);
    return [];
  }

  #serve(session: number, server: number, connection: Connection): void {
    const service = this.#service!;
    const [socket, ...descriptors] = this.#take(session);
    const ends = socket === undefined ? null : bothWays(socket);
    if (ends === null) {
      for (const fd of [socket, ...descriptors]) if (fd !== undefined) close(fd);
      this.#say({ word: "done", session });
      return;
    }
    this.#say({ word: "taken", session });
    const isSecure = service.tls?.isImplicit ?? false;
    const place: Place = {
      ...{ connection, sitting: null, judged: null, isLeft: false },
      awaited: Promise.withResolvers(),
      search: service.connectedServer === null ? null : this.#search(session),
      isUnavailable: false,
      logins: service.throttlingOf === null ? null : new WorkerLogins(session, (report) => this.#say(report)),
    };
    this.#places.set(session, place);
    const isUntold = connection.isUntold === true;
    if (place.search === null && !isSecure && !isUntold)
      place.awaited.resolve(this.#expect(server, descriptors));
    const client = (service.tls?.clientOn ?? clientOn)(ends.input, ends.output);
    const begin = () => this.#sit(session, place, client, service);
    const over = isUntold ? this.#introduce(session, place, client, ends.input, begin) : begin();
    void over.finally(() => {
      client.close();
      place.search?.end();
      this.#places.delete(session);
      this.#say({ word: "done", session });
      if (this.#finishing) this.#finish();
    });
  }

  /**
   * The proxy's header is read here, and nowhere else. Nothing is begun for who does not say whom he speaks for, nor for
   * a proxy that looks whether we are here.
   */
  async #introduce(
    session: number,
    place: Place,
    client: DescriptorClient,
    input: number,
    begin: () => Promise<void>,
  ): Promise<void> {
    const header = await introduction(input, () => place.isLeft);
    if (place.isLeft || header?.isLocal === true) return;
    const { promise: over, resolve } = Promise.withResolvers<void>();
    place.judged = (refusal) => {
      place.judged = null;
      if (refusal !== null) return resolve(refusal === "" ? undefined : lastWords(client, refusal));
      resolve(begin()); // now: what is ordered next may be about it
    };
    const told = header === null ? null : { client: header.client, server: header.server };
    const { isUntold: _, ...known } = place.connection;
    place.connection = { ...known, ...told };
    this.#say({ word: "told", session, told });
    await over;
  }

  #judge(session: number, refusal: string | null): void {
    this.#places.get(session)?.judged?.(refusal);
  }

  async #sit(session: number, place: Place, client: DescriptorClient, service: Service): Promise<void> {
    const own = service.open(place.connection, (entry) => this.#say({ word: "log", session, entry }));
    const isSecure = service.tls?.isImplicit ?? false;
    const replies = service.isMeasured ? new Seconds("protowrap_server_reply_seconds") : null;
    let isFirst = !isSecure; // it is asked for when there is a client who speaks TLS
    const startServer = () => {
      if (!isFirst) {
        place.awaited = Promise.withResolvers();
        place.search?.end();
        if (place.search !== null) place.search = this.#search(session);
        this.#wish(session, place, isSecure && service.tellsSpoken ? client.spoken : undefined);
      }
      isFirst = false;
      const server = this.#server(session, place, service, own.log);
      return replies === null ? server : measured(server, (seconds) => replies.observe(seconds));
    };
    this.#logs.set(session, own.log);
    try {
      const isUnavailable = () => place.isUnavailable;
      const throttling = place.logins && service.throttlingOf!(place.connection, place.logins);
      place.sitting = sit({ ...service, ...own, client, isSecure, startServer, isUnavailable, throttling });
      await place.sitting.done;
    } catch (fault) {
      if (!(fault instanceof SessionFault) || fault.tellable) await lastWords(client, service.unavailable);
    } finally {
      this.#logs.delete(session);
      if (replies?.isEmpty === false) this.#say({ word: "replied", session, seconds: replies });
    }
  }

  /** Where a server is to be told what its client speaks, it is wished for when that is known, and never before. */
  #wish(session: number, place: Place, spoken: DescriptorClient["spoken"]): void {
    if (spoken === undefined) return this.#say({ word: "restart", session });
    spoken.then(
      ({ version, cipher }) => {
        if (this.#places.get(session) !== place) return;
        this.#say({ word: "restart", session, spoken: { version, cipher } });
      },
      () => place.search?.end(), // the client is gone
    );
  }

  /** Of sessions, by number. */
  readonly #logs = new Map<number, SittingPlan["log"]>();

  #unavailable(session: number): void {
    const place = this.#places.get(session);
    if (place === undefined) return;
    place.isUnavailable = true;
    place.search?.take(null);
    place.awaited.resolve(null);
  }

  #tell(session: number, entry: Parameters<SittingPlan["log"]>[0]): void {
    this.#logs.get(session)?.(entry);
  }

  #given(session: number, server: number, descriptors: readonly number[]): void {
    const place = this.#places.get(session);
    const [socket] = descriptors;
    if (place === undefined) for (const fd of descriptors) close(fd);
    else if (place.search === null) place.awaited.resolve(this.#expect(server, descriptors));
    else place.search.take(socket === undefined ? null : { socket, destination: server });
  }

  #search(session: number): Search {
    return new Search(session, (report) => this.#say(report));
  }

  #expect(server: number, descriptors: readonly number[]): Given {
    const { promise: gone, resolve } = Promise.withResolvers<Departure>();
    this.#servers.set(server, resolve);
    return { server, descriptors, gone };
  }

  #server(session: number, place: Place, service: Service, log: SittingPlan["log"]): Server {
    if (place.search !== null) return service.connectedServer!(place.search);
    const given = place.awaited.promise;
    const gone = given.then((known) => known?.gone ?? { status: null, signal: null });
    const ends = given.then((known): Ends | null => {
      if (known === null) return null;
      const [input, output, errors] = known.descriptors;
      if (input === undefined || output === undefined || errors === undefined) return null;
      const onStderr = (line: string) =>
        log({ level: 1, event: "server-stderr", fields: { said: place.sitting?.masked(line) ?? line } });
      void readLines(errors, onStderr);
      return { input: output, output: input };
    });
    const ask = (wish: (server: number) => Report) =>
      void given.then((known) => known !== null && this.#say(wish(known.server)));
    const wishes: Wishes = {
      abort: () => ask((server) => ({ word: "abort", session, server })),
      end: () => ask((server) => ({ word: "ended", session, server })),
      leave: (seconds) => ask((server) => ({ word: "leave", session, server, patience: seconds * 1000 })),
      gone,
      onOrphaned: (tell) => {
        this.#orphans.add(tell);
        return () => this.#orphans.delete(tell);
      },
    };
    return pipedServer(ends, wishes);
  }
}
