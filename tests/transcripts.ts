// Conversations written down in Markdown (transcripts/README.md has the notation), parsed and played
// through a real Session: both peers are scripted, their octets come at any split, time is made up.
// Knows no protocol.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { AnyProtocol, Setup } from "../src/protocols/protocol.ts";
import type { SessionLimits } from "../src/session/output.ts";
import { Session } from "../src/session/session.ts";
import { encode } from "../src/wire/latin1.ts";
import { converse, type Values, valuesFrom } from "./reading.ts";
import type { Read } from "./record/lists.ts";
import { MARKS, Recorder, type Side } from "./recorder.ts";

export interface Transcript {
  readonly title: string;
  readonly options: Values;
  readonly limits: Partial<SessionLimits>;
  readonly setup: Partial<Setup>;
  readonly steps: readonly Step[];
}

type Step =
  | { kind: "from"; side: Side; octets: string }
  | { kind: "ends"; side: Side }
  | { kind: "lost" }
  | { kind: "to"; side: Side; text: string }
  | { kind: "wait"; seconds: number }
  | { kind: "settle" }
  | { kind: "shutdown" }
  | { kind: "secured" }
  | { kind: "unread" }
  | { kind: "log"; event: string; fields: string[] }
  | { kind: "logged"; event: string; times: number }
  | { kind: "ended"; reason: string };

/** How one replay cuts and orders the octets. */
export interface Plan {
  /** The client sends a line only after it has read all that is due to it; else it sends as fast as it may. */
  readonly paced: boolean;
  /** Who is heard first when both have something to say. */
  readonly serverFirst: boolean;
  /** Octets of the next chunk of each side. */
  readonly chunk: Record<Side, () => number>;
}

/** A protocol and what it is configured with where a transcript says nothing. */
export interface Subject {
  readonly protocol: AnyProtocol;
  readonly options: object;
}

export const SETUP: Setup = {
  clientAddress: "192.0.2.7",
  clientPort: 51422,
  hostname: "wrapper.test",
  canRestart: true,
  tls: false,
  tlsOffer: "off",
};

export const LIMITS: SessionLimits = {
  maxErrors: 20,
  idleTimeout: 600,
  sessionTimeout: 0,
  serverTimeout: 600,
  minRate: 0,
};

/** The protocols that have transcripts, each with its files. */
export function transcriptFiles(directory: string): Map<string, string[]> {
  const files = new Map<string, string[]>();
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const inside = join(directory, entry.name);
    const names = readdirSync(inside).filter((name) => name.endsWith(".md"));
    files.set(
      entry.name,
      names.sort().map((name) => join(inside, name)),
    );
  }
  return files;
}

// ------------------------------------------------------------------ from Markdown

/** All transcripts of one file, each with what stands before the first of them. */
export function readTranscripts(path: string): Transcript[] {
  if (!existsSync(path)) throw new Error(`no such transcript: ${path}`);
  const transcripts: Transcript[] = [];
  let title = basename(path, ".md");
  let shared: Record<string, object> = {};
  let own: Record<string, object> = {};
  let fence: { kind: string; lines: string[] } | null = null;
  for (const line of readFileSync(path, "utf8").split("\n")) {
    if (fence !== null) {
      if (line !== "```") {
        fence.lines.push(line);
        continue;
      }
      if (fence.kind === "json") {
        const said = JSON.parse(fence.lines.join("\n"));
        if (transcripts.length === 0 && title.startsWith("# ")) shared = said;
        else own = said;
      } else if (fence.kind === "") {
        const { options = {}, limits = {}, setup = {} } = merge(shared, own);
        transcripts.push({
          title: title.replace(/^#+ /, ""),
          options: options as Values,
          limits,
          setup,
          steps: fence.lines.flatMap(parseLine),
        });
      }
      fence = null;
    } else if (line.startsWith("```")) fence = { kind: line.slice(3), lines: [] };
    else if (/^##? /.test(line)) {
      title = line;
      own = {};
    }
  }
  if (fence !== null) throw new Error(`${path}: a fenced block does not end`);
  if (transcripts.length === 0) throw new Error(`${path}: no transcript in it`);
  return transcripts;
}

function merge(
  shared: Record<string, object>,
  own: Record<string, object>,
): Record<string, object | undefined> {
  const names = new Set([...Object.keys(shared), ...Object.keys(own)]);
  return Object.fromEntries([...names].map((name) => [name, { ...shared[name], ...own[name] }]));
}

function parseLine(line: string): Step[] {
  if (line.trim() === "" || line.startsWith("#")) return [];
  const event = /^\[(.*)\]$/.exec(line);
  if (event !== null) return [parseEvent(event[1]!)];
  const spoken = /^([CS><])([:~]?)(?: (.*))?$/s.exec(line);
  if (spoken === null || (/[CS]/.test(spoken[1]!) && spoken[2] === ""))
    throw new Error(`not a line of a transcript: ${line}`);
  const [, who, how, written = ""] = spoken;
  const octets = meant(written) + (how === "~" ? "" : "\r\n");
  if (who === "C" || who === "S") return [{ kind: "from", side: who === "C" ? "client" : "server", octets }];
  return [{ kind: "to", side: who === ">" ? "server" : "client", text: octets }];
}

function parseEvent(event: string): Step {
  const [first, ...rest] = event.split(" ");
  if (first === "log") return { kind: "log", event: rest[0]!, fields: rest.slice(1) };
  if (first === "logged") return { kind: "logged", event: rest[0]!, times: Number(rest[1]) };
  if (first === "ended") return { kind: "ended", reason: rest[0]! };
  if (first === "wait") return { kind: "wait", seconds: Number(rest[0]) };
  switch (event) {
    case "client ends":
      return { kind: "ends", side: "client" };
    case "server ends":
      return { kind: "ends", side: "server" };
    case "client lost":
      return { kind: "lost" };
    case "settle":
    case "shutdown":
    case "secured":
    case "unread":
      return { kind: event };
    case "secures":
      return { kind: "to", side: "client", text: MARKS.secures };
    case "server aborted":
      return { kind: "to", side: "server", text: MARKS.aborted };
    case "server restarted":
      return { kind: "to", side: "server", text: MARKS.restarted };
    case "server input ends":
      return { kind: "to", side: "server", text: MARKS.inputEnds };
    case "closed":
      return { kind: "to", side: "client", text: MARKS.closed };
    default:
      throw new Error(`not an event of a transcript: [${event}]`);
  }
}

const ESCAPES: Record<string, string> = { r: "\r", n: "\n", t: "\t", "0": "\0", s: " ", "\\": "\\" };

function meant(written: string): string {
  const text = written.replace(
    /\\(?:x([0-9a-fA-F]{2})|\((.*?)\*(\d+)\)|(.))/gs,
    (_, hex, repeated, times, short) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      if (repeated !== undefined) return meant(repeated).repeat(Number(times));
      const octet = ESCAPES[short];
      if (octet === undefined) throw new Error(`not an escape of a transcript: \\${short}`);
      return octet;
    },
  );
  if (/[^\0-\xff]/.test(text)) throw new Error(`not octets, write them as \\xNN: ${written}`);
  return text;
}

// ------------------------------------------------------------------ replay

/** What waits to be said by one peer: after `need` octets (and marks) have gone out to each side. */
type Said = { need: Record<Side, number> } & ({ octets: string } | { end: "ends" | "lost" });

/**
 * Plays a transcript. @returns what the wrapper did, as the transcript would write it, for comparison with
 * `expectation`: exact octets, and in lock-step also their order between the two sides
 */
export function replay(transcript: Transcript, subject: Subject, plan: Plan): string {
  return new Replay(transcript, subject, plan).play();
}

/** What `replay` must return. */
export function expectation(transcript: Transcript, subject: Subject): string {
  const writes = transcript.steps.filter((step) => step.kind === "to");
  return render(writes, subject.protocol.dialogue === "lock-step");
}

class Replay {
  readonly #transcript: Transcript;
  readonly #subject: Subject;
  readonly #plan: Plan;
  readonly #recorder = new Recorder();
  readonly #session: Session;
  readonly #said: Record<Side, Said[]> = { client: [], server: [] };
  /** The client's chunk that the session has, or had. */
  #lent: Uint8Array | undefined;
  readonly #need: Record<Side, number> = { client: 0, server: 0 };
  readonly #due: { side: Side; text: string }[] = [];
  #now = 1_000_000;

  constructor(transcript: Transcript, subject: Subject, plan: Plan) {
    this.#transcript = transcript;
    this.#subject = subject;
    this.#plan = plan;
    const { protocol } = subject;
    const options = { ...subject.options, ...valuesFrom(protocol.options, transcript.options) };
    const said = { ...SETUP, ...transcript.setup };
    const speech = { ...protocol, converse: (tls: boolean) => converse(protocol, { ...said, tls }, options) };
    this.#session = new Session(speech, this.#recorder, { ...LIMITS, ...transcript.limits });
    this.#recorder.onAbort = () => this.#dropAborted();
    // What the client may have said by now, and the session was not given, the kernel has.
    const isMore = (said: Said | undefined) =>
      said !== undefined && "octets" in said && this.#released("client", said);
    this.#recorder.hasUnread = () => this.#recorder.unread || isMore(this.#said.client[0]);
  }

  play(): string {
    this.#session.start(this.#now);
    for (const step of this.#transcript.steps) this.#step(step);
    this.#settle();
    this.#checkDue("the end");
    if (!this.#session.closed && this.#said.client.length + this.#said.server.length > 0)
      throw new Error(`never heard: ${JSON.stringify(this.#said)}`);
    this.#checkLog();
    return render(this.#recorder.writes, this.#lockStep);
  }

  get #lockStep(): boolean {
    return this.#subject.protocol.dialogue === "lock-step";
  }

  #step(step: Step): void {
    switch (step.kind) {
      case "from":
        this.#said[step.side].push({ octets: step.octets, need: { ...this.#need } });
        return;
      case "ends":
        this.#said[step.side].push({ end: "ends", need: { ...this.#need } });
        return;
      case "lost":
        this.#said.client.push({ end: "lost", need: { ...this.#need } });
        return;
      case "to":
        this.#need[step.side] += step.text.length;
        this.#due.push(step);
        return;
      case "settle":
        return this.#barrier("[settle]");
      case "shutdown":
        this.#barrier("[shutdown]");
        return this.#session.shutdown(this.#now);
      case "secured":
        this.#barrier("[secured]");
        return this.#session.secured(this.#now, "TLSv1.3");
      case "unread":
        this.#barrier("[unread]");
        this.#recorder.unread = true;
        return;
      case "wait":
        this.#barrier(`[wait ${step.seconds}]`);
        return this.#wait(step.seconds * 1000);
      case "log":
      case "logged":
      case "ended":
        return;
      default:
        step satisfies never;
    }
  }

  /** All that can be said is said; nothing more and nothing less than what is written so far has followed. */
  #barrier(place: string): void {
    this.#settle();
    this.#checkDue(place);
  }

  #checkDue(place: string): void {
    const due = render(this.#due, this.#lockStep);
    const done = render(this.#recorder.writes, this.#lockStep);
    if (due !== done) throw new Error(`at ${place}, due:\n${due}\ndone:\n${done}`);
  }

  #wait(milliseconds: number): void {
    const until = this.#now + milliseconds;
    for (let ticks = 0; this.#session.deadline <= until; ticks++) {
      if (ticks > 1000) throw new Error("a deadline that never passes");
      this.#now = Math.max(this.#now, this.#session.deadline);
      this.#session.tick(this.#now);
      this.#settle();
    }
    this.#now = until;
  }

  #settle(): void {
    const order: Side[] = this.#plan.serverFirst ? ["server", "client"] : ["client", "server"];
    while (order.some((side) => this.#hear(side))) {
      // until neither has anything to say
    }
  }

  /** @returns whether the peer had anything to say */
  #hear(side: Side): boolean {
    const said = this.#said[side];
    const session = this.#session;
    const first = said[0];
    // A handshake is somebody else's to read, and to see broken.
    const breaks = first !== undefined && "end" in first && first.end === "lost" && this.#isShaking;
    if (session.closed || (side === "client" && !session.wantsClient && !breaks)) return false;
    if (first === undefined || !this.#released(side, first)) return false;
    if ("end" in first) {
      said.shift();
      if (first.end === "lost") session.clientLost(this.#now);
      else if (side === "client") session.clientEnd(this.#now);
      else session.serverEnd(this.#now);
      return true;
    }
    const chunk = this.#chunk(side, this.#plan.chunk[side]());
    // A view that outlives its octets would show these: the server's are lent for the call, the client's until
    // the session wants more.
    if (side === "client") {
      this.#lent?.fill(0x21);
      this.#lent = chunk;
      session.clientOctets(chunk, this.#now);
    } else {
      session.serverOctets(chunk, this.#now);
      chunk.fill(0x21);
    }
    return true;
  }

  get #isShaking(): boolean {
    return this.#recorder.got.client.endsWith(MARKS.secures);
  }

  /** The next octets of a peer, joined over its lines as far as they may be said now. */
  #chunk(side: Side, size: number): Uint8Array {
    const said = this.#said[side];
    let octets = "";
    for (
      let next = said[0];
      octets.length < size && next !== undefined && "octets" in next && this.#released(side, next);
      next = said[0]
    ) {
      const room = size - octets.length;
      octets += next.octets.slice(0, room);
      if (next.octets.length > room) next.octets = next.octets.slice(room);
      else said.shift();
    }
    // Not at the start of its memory: a chunk is a view, and what scans words must not mind.
    const memory = new Uint8Array(octets.length + 3);
    memory.set(encode(octets), 3);
    return memory.subarray(3);
  }

  #released(side: Side, said: Said): boolean {
    const { got } = this.#recorder;
    if (side === "client" && !this.#plan.paced) return true;
    if (side === "server" && !this.#plan.paced) return got.server.length >= said.need.server;
    return got.server.length >= said.need.server && got.client.length >= said.need.client;
  }

  /** A server that was ended says nothing more; the lines after the abort belong to the next one. */
  #dropAborted(): void {
    const before = this.#recorder.got.server.length - MARKS.aborted.length;
    const said = this.#said.server;
    while (said.length > 0 && said[0]!.need.server <= before) said.shift();
  }

  #checkLog(): void {
    let at = 0;
    const { entries } = this.#recorder;
    for (const step of this.#transcript.steps) {
      if (step.kind === "logged") {
        const times = entries.filter(({ event }) => event === step.event).length;
        if (times !== step.times) throw new Error(`${step.event} was logged ${times} times`);
      }
      if (step.kind === "ended" && this.#session.reason !== step.reason)
        throw new Error(`ended: ${this.#session.reason}`);
      if (step.kind !== "log") continue;
      while (at < entries.length && !matches(entries[at]!, step)) at++;
      if (at === entries.length)
        throw new Error(`not logged: ${JSON.stringify(step)}\nbut: ${JSON.stringify(entries, null, 1)}`);
      at++;
    }
  }
}

function matches(entry: Read, wanted: { event: string; fields: string[] }): boolean {
  return (
    entry.event === wanted.event &&
    wanted.fields.every((field) => {
      const [name = "", value = ""] = field.split(/=(.*)/s);
      return String(entry.fields[name]).replaceAll(" ", "_") === value;
    })
  );
}

/** Octets as lines that can be read and compared. In streams the order between the sides means nothing. */
function render(writes: readonly { side: Side; text: string }[], ordered: boolean): string {
  const ways: { side: Side; text: string }[] = [];
  const sorted = ordered ? writes : [...writes].sort((a, b) => a.side.localeCompare(b.side));
  for (const { side, text } of sorted) {
    const last = ways.at(-1);
    if (last?.side === side) last.text += text;
    else ways.push({ side, text });
  }
  return ways
    .flatMap(({ side, text }) =>
      text.split(/(?<=\n)/).map((line) => `${side === "server" ? ">" : "<"} ${JSON.stringify(line)}`),
    )
    .join("\n");
}
