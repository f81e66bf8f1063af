// Knows the fuzzer's end-to-end half: inputs as they are bred, played through the built program over a transport of
// its clients, before a server that answers as the simulated one does. What both sides got is held against what the
// simulation says of the same octets, at whatever split.

import { expect } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import type { Setup } from "../../src/protocols/protocol.ts";
import { Stage } from "../../tests/corpus/stage.ts";
import { until } from "../../tests/e2e/parts/deadline.ts";
import type { Front, Transport } from "../../tests/e2e/parts/transport.ts";
import { MARKS } from "../../tests/recorder.ts";
import { ServerPart } from "../../tests/server-part.ts";
import { CANARY, SECRET, Simulation } from "../../tests/simulation.ts";
import { LIMITS, SETUP } from "../../tests/transcripts.ts";
import { flagsOf } from "./flags.ts";
import type { Fuzzer } from "./fuzzer.ts";
import { type Input, input, isHonest } from "./input.ts";
import type { Random } from "./random.ts";
import { StandIn } from "./stand-in.ts";
import type { Target } from "./target.ts";
import { peersOf } from "./trial.ts";
import { type Parting, type Visited, visit } from "./visit.ts";

/** How the server is reached: through pipes, by a relay, or over TCP. */
const REACHES = ["pipes", "TCP"] as const;

/** Seconds of the simulation's clock that nobody wants to wait for. */
const LONGEST = 3;
/** What a client is told whose session is over before its handshake is: a server that hangs up at once ends a stream. */
const UNSECURED = /disconnected before secure TLS connection/;
/** Lines of the log that a failure is told with. */
const LOGGED = 60;
/** Refusals that come close to those which are answered slowly. */
const MOST_REFUSED = LIMITS.maxErrors - 2;

/** One way to one server for clients that come one after the other, all with the same options. */
export interface Round {
  readonly transport: Transport;
  readonly reach: (typeof REACHES)[number];
  readonly variant: number;
  readonly visits: number;
}

export function roundOf(transport: Transport, { variants }: Target, random: Random, visits: number): Round {
  return { transport, reach: random.pick(REACHES), variant: random.below(variants.length), visits };
}

export class EndToEnd implements Disposable {
  /** Sessions played so far. */
  played = 0;
  readonly #stage = new Stage();

  [Symbol.dispose](): void {
    this.#stage.remove();
  }

  /** @returns a description of the first session in which something was not as it has to be */
  async play(round: Round, fuzzer: Fuzzer, random: Random): Promise<string | null> {
    const { transport, reach, variant, visits } = round;
    const { target } = fuzzer;
    const record = this.#stage.record();
    await using standIn = new StandIn();
    const port = await standIn.listen();
    const options = { ...target.subject.options, ...target.peers.options, ...target.variants[variant] };
    // Who knows no logins takes nothing for a secret.
    const repeats = "maxLoginAttempts" in options;
    const user = process.getuid?.() === 0 ? ["--user", "nobody"] : [];
    await using front = await transport.stand({
      protocol: target.name,
      options: ["--log-level", "5", "--hostname", SETUP.hostname, ...user, ...flagsOf(options)],
      server:
        reach === "TCP"
          ? ["--connect", `127.0.0.1:${port}`]
          : ["--", ...this.#stage.stub("relay", record, { port, repeats })],
      log: `${record.path}.log`,
    });
    for (let left = visits; left > 0; ) {
      const tried = { ...bred(fuzzer, random), variant };
      const parting = partingOf(tried, transport, random);
      if (!isSwift(tried, simulated(target, tried, parting, setupOf(transport)))) continue;
      left--;
      this.played++;
      const failure = await this.#visit(front, standIn, target, tried, parting, setupOf(transport));
      if (failure === null) continue;
      const log = linesIn(`${record.path}.log`).slice(-LOGGED).join("\n");
      return `${target.name} by ${transport.name}, server by ${reach}: ${failure}\n${log}`;
    }
    const code = await front.leave();
    if (code !== null && code !== 0) return `${transport.name} leaves with ${code}`;
    for (const pid of record.pids) await until(`the end of server ${pid}`, () => isGone(pid), 10_000);
    return null;
  }

  async #visit(
    front: Front,
    standIn: StandIn,
    target: Target,
    tried: Input,
    parting: Parting,
    setup: Setup,
  ): Promise<string | null> {
    const part = new ServerPart(peersOf(target, tried), tried);
    standIn.begin({ part, sizes: tried.sizes, isPatient: isHonest(tried) });
    let heard = "";
    try {
      await using link = await front.come();
      try {
        // Its server may be told who it is.
        const client = { clientAddress: "127.0.0.1", clientPort: link.talk.port ?? null };
        const expected = simulated(target, tried, parting, { ...setup, ...client });
        const visited = await visit(link, tried, parting);
        await until("the end of the server", () => standIn.isAlone || undefined, 10_000);
        checkAny(visited, standIn.told);
        if (isHonest(tried)) checkHonest({ visited, told: standIn.told, part, parting, expected });
      } finally {
        heard = link.talk.received;
      }
      return null;
    } catch (error) {
      if (!isHonest(tried) && UNSECURED.test((error as Error).message)) return null;
      const what = { parting, tried, told: standIn.told, heard };
      return `${(error as Error).message}\n    ${JSON.stringify(what)}`;
    }
  }
}

/** What holds against any server, and whatever befalls the session. */
function checkAny({ heard, log, exit }: Visited, told: readonly string[]): void {
  for (const octets of told) expect(uncounted(octets), "to the server").toMatch(/^(?:[^\0\r\n]|\r\n)*$/);
  expect(heard, "to the client").not.toContain(CANARY);
  expect(heard, "to the client").not.toContain(SECRET);
  // The text of a client's message is its own: nobody took what stands in it for a secret, though a server repeats it.
  const isText = told.some((octets) => textIn(octets).includes(SECRET));
  const own = isText ? /.* event=(?:text side=client|server-stderr) .*/g : /.* event=text side=client .*/g;
  expect(log.replace(own, ""), "in the log").not.toContain(SECRET);
  expect(log.match(/event=fault .*/g), "in the log").toBe(null);
  expect(log.match(/event=end /g), "in the log").toHaveLength(1);
  expect([0, 69, null], "the exit code").toContain(exit as number);
}

/** Lines, without the octets that they announce: those may be any. */
function uncounted(told: string): string {
  return parted(told).lines;
}

/** What of it is the text of messages (behind DATA) and of scripts (announced). */
function textIn(told: string): string {
  const messages = [...told.matchAll(/(?:^|\r\n)DATA\r\n(.*?)(?:\r\n\.\r\n|$)/gs)].map(([, text]) => text);
  return [...messages, parted(told).announced].join("\n");
}

function parted(told: string): { readonly lines: string; readonly announced: string } {
  let [lines, announced] = ["", ""];
  for (let rest = told; ; ) {
    const [head, octets] = /^.*?\{([0-9]+)\+\}\r\n/s.exec(rest) ?? [];
    if (head === undefined) return { lines: lines + rest, announced };
    lines += head;
    announced += rest.slice(head.length, head.length + Number(octets));
    rest = rest.slice(head.length + Number(octets));
  }
}

interface Honest {
  readonly visited: Visited;
  readonly told: readonly string[];
  readonly part: ServerPart;
  readonly parting: Parting;
  readonly expected: Simulation;
}

/** What was said is what the simulation says, or its beginning where the session was cut off. */
function checkHonest({ visited, told, part, parting, expected }: Honest): void {
  expect(part.complaints, "a correct server").toEqual([]);
  expect(part.overlapped, "a command before the answer to the last").toBe(false);
  if (visited.exit !== null) expect(visited.exit, "the exit code").toBe(0);
  const { got } = expected.recorder;
  const servers = got.server.split(MARKS.restarted);
  const isWhole = parting.how === "ends its side";
  if (isWhole) expect(visited.heard, "to the client").toBe(got.client.replaceAll(MARKS.closed, ""));
  if (isWhole) expect(told.length, "servers").toBe(servers.length);
  for (const [at, octets] of told.entries()) {
    const said = servers[at] ?? "no server";
    const should = said.replace(/⟦[^⟧]*⟧/g, "");
    // Of a message that is given up more or less may have passed.
    if (isWhole && !said.includes(MARKS.aborted)) expect(octets, "to the server").toBe(should);
    else expect(octets.startsWith(should) || should.startsWith(octets), `to the server ${octets}`).toBe(true);
  }
}

/** One input as it is bred, or with a server that is honest. */
function bred(fuzzer: Fuzzer, random: Random): Input {
  const next = fuzzer.next();
  return random.oneIn(3) ? next : input({ ...next, hostile: [], words: [], interruption: undefined });
}

function partingOf({ client }: Input, { forks, halfCloses }: Transport, random: Random): Parting {
  const at = random.oneIn(2) ? client.length : random.below(client.length + 1);
  if (!halfCloses || random.oneIn(4)) return { how: "resets", at };
  // A signal to a listener is for all of its clients.
  return { how: forks && random.oneIn(6) ? "is shut down" : "ends its side", at };
}

/** What the session says of the octets that the client gets to say, uninterrupted. */
function simulated(target: Target, tried: Input, { how, at }: Parting, setup: Setup): Simulation {
  const client = how === "ends its side" ? tried.client.slice(0, at) : tried.client;
  const plan = { ...tried, client, interruption: undefined, judgements: undefined };
  return new Simulation(target.subject, peersOf(target, tried), plan, setup).run();
}

function setupOf({ isSecure }: Transport): Setup {
  return { ...SETUP, tls: isSecure };
}

/** Whether it takes no longer than its peers: what is slow on purpose has tests of its own. */
function isSwift(tried: Input, { session, seconds }: Simulation): boolean {
  return session.tally.refused <= MOST_REFUSED && (seconds <= LONGEST || !isHonest(tried));
}

function linesIn(path: string): string[] {
  return existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
}

function isGone(pid: number): true | undefined {
  try {
    process.kill(pid, 0);
    return undefined;
  } catch {
    return true;
  }
}
