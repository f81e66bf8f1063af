// Knows what is measured: each measure takes one sample of one subject at a time, so that the run can
// alternate between them. Targets stand beside the figures they are about.
import { type Body, hostile, ordinary, withManyRules, withRules } from "./bodies.ts";
import { lists } from "./lists.ts";
import { peakMebibytes, privateMebibytes } from "./memory.ts";
import { ownCpuMilliseconds, PIPES, SOCKET, TRANSPORTS, type Transport } from "./os.ts";
import { Session } from "./session.ts";
import { BATCH, SMALL_MAIL, SMALL_RETR, sendMany } from "./small-mail.ts";
import type { Stage } from "./stage.ts";
import type { Protocol, Subject } from "./subjects.ts";

/** A bound on the wrapper's own figure, or on its ratio to socat's. */
export interface Target {
  readonly of: "value" | "ratio";
  readonly at: "most" | "least";
  readonly limit: number;
}

export interface Row {
  readonly id: string;
  readonly name: string;
  readonly unit: string;
  /** Must hold: what --check is about. */
  readonly floor?: Target;
  /** Should hold: shown. */
  readonly aim?: Target;
}

export interface Measure {
  readonly rows: readonly Row[];
  readonly rounds: number;
  readonly quickRounds: number;
  /** Left out unless asked for. */
  readonly extra?: boolean;
  /** One figure for each row. */
  sample(subject: Subject, stage: Stage): Promise<readonly number[]>;
}

const atMost = (limit: number, of: Target["of"] = "ratio"): Target => ({ of, at: "most", limit });
const atLeast = (limit: number): Target => ({ of: "ratio", at: "least", limit });

/** Talks, then ends the session whatever came of it. */
async function inSession<T>(
  command: string[],
  transport: Transport,
  stage: Stage,
  talk: (session: Session) => T | Promise<T>,
): Promise<T> {
  const session = new Session(command, transport, stage.errors);
  try {
    return await talk(session);
  } finally {
    await session.end();
  }
}

function greeting(transport: Transport, targets: Pick<Row, "floor" | "aim">): Measure {
  return {
    rows: [{ id: `greeting-${transport.id}`, name: `greeting, ${transport.name}`, unit: "ms", ...targets }],
    rounds: 60,
    quickRounds: 15,
    sample: (subject, stage) =>
      inSession(subject.command("smtp", stage.greeting), transport, stage, (session) => {
        session.chunk();
        const took = performance.now() - session.started;
        session.ask("QUIT", "221");
        return [took];
      }),
  };
}

const cpu: Measure = {
  rows: [{ id: "cpu", name: "CPU per session, server not counted", unit: "ms", aim: atMost(12, "value") }],
  rounds: 40,
  quickRounds: 10,
  sample: (subject, stage) =>
    inSession(subject.command("smtp", stage.greeting), PIPES, stage, async (session) => {
      session.reply("220");
      for (const [line, expected] of SMALL_MAIL) session.ask(line, expected);
      let spent = Number.NaN;
      await session.end(() => {
        spent = ownCpuMilliseconds(session.pid);
      });
      return [spent];
    }),
};

const sessions: Measure = {
  rows: [{ id: "sessions", name: "sessions, 20 at a time", unit: "1/s", aim: atLeast(0.18) }],
  rounds: 5,
  quickRounds: 2,
  sample: async (subject, stage) => {
    const listen = ["tcpserver", "-1", "-HR", "-l", "0", "-c", "100", "127.0.0.1", "0"];
    const server = Bun.spawn([...listen, ...subject.command("smtp", stage.greeting)], {
      stdio: ["ignore", "pipe", stage.errors],
      env: { PATH: process.env.PATH },
    });
    try {
      const { value } = await server.stdout.getReader().read();
      const port = Number(Buffer.from(value ?? []).toString());
      if (!port) throw new Error("tcpserver does not listen");
      return [await sendMany(port, 200, 20)];
    } finally {
      server.kill();
      await server.exited;
    }
  },
};

const IDLE_SESSIONS = 8;
const IDLE_MS = 1_000;

/** Several at once: pages of one executable are private only as long as nobody else runs it. */
const idle: Measure = {
  rows: [{ id: "idle", name: "idle private memory", unit: "MiB", aim: atMost(6.5, "value") }],
  rounds: 3,
  quickRounds: 1,
  sample: async (subject, stage) => {
    const open: Session[] = [];
    try {
      for (let count = 0; count < IDLE_SESSIONS; count++) {
        open.push(new Session(subject.command("smtp", stage.greeting), PIPES, stage.errors));
      }
      for (const session of open) session.reply("220");
      await Bun.sleep(IDLE_MS);
      const each = open.map((session) => privateMebibytes(session.pid, stage.greeting));
      return [each.reduce((sum, one) => sum + one, 0) / each.length];
    } finally {
      for (const session of open) await session.end();
    }
  },
};

const megabytesPerSecond = (octets: number, milliseconds: number) => octets / 1e3 / milliseconds;

const peak = (id: string, name: string): Row => ({
  id: `${id}-peak`,
  name: `${name}: peak resident`,
  unit: "MiB",
  aim: atMost(80, "value"),
});

function data(body: Body, transport: Transport, targets: Pick<Row, "floor" | "aim">): Measure {
  const pieces: Buffer[] = [];
  const size = body.writeSize ?? body.chunk.length;
  for (let at = 0; at < body.chunk.length; at += size) pieces.push(body.chunk.subarray(at, at + size));
  const end = Buffer.from(body.end);
  const octets = body.chunk.length * body.times + end.length;
  const id = `${body.id}-${transport.id}`;
  const name = `${body.name}, ${transport.name}`;
  return {
    rows: [{ id, name, unit: "MB/s", ...targets }, peak(id, name)],
    rounds: 7,
    quickRounds: 3,
    sample: (subject, stage) =>
      inSession(subject.command("smtp", stage.bulk("smtp"), body.options), transport, stage, (session) => {
        session.reply("220");
        for (const [line, expected] of SMALL_MAIL.slice(0, 4)) session.ask(line, expected);
        const started = performance.now();
        for (let time = 0; time < body.times; time++) for (const piece of pieces) session.write(piece);
        session.write(end);
        // The stub says how much it took: speed gained by losing something does not count.
        session.reply(`250 2.0.0 took ${octets} octets`);
        const took = performance.now() - started;
        const peak = peakMebibytes(session.pid);
        session.ask("QUIT", "221");
        return [megabytesPerSecond(octets, took), peak];
      }),
  };
}

const RETR_LINE = ordinary.chunk.toString("latin1", 0, 76).replaceAll(" ", "x");
const RETR_LINES = Math.floor((512 << 20) / (RETR_LINE.length + 2));

function retrieve(transport: Transport): Measure {
  const octets = RETR_LINES * (RETR_LINE.length + 2) + ".\r\n".length;
  const id = `retr-${transport.id}`;
  const name = `RETR, ${transport.name}`;
  return {
    rows: [{ id, name, unit: "MB/s", aim: atLeast(0.6) }, peak(id, name)],
    rounds: 7,
    quickRounds: 3,
    sample: (subject, stage) => {
      const server = stage.bulk("pop3", String(RETR_LINES), RETR_LINE);
      return inSession(subject.command("pop3", server), transport, stage, (session) => {
        session.reply("+OK");
        session.ask("USER bench", "+OK");
        session.ask("PASS bench", "+OK");
        const started = performance.now();
        session.write(Buffer.from("RETR 1\r\n"));
        const got = session.message();
        const took = performance.now() - started;
        if (got !== octets) throw new Error(`expected ${octets} octets, got ${got}`);
        const peak = peakMebibytes(session.pid);
        session.ask("QUIT", "+OK");
        return [megabytesPerSecond(octets, took), peak];
      });
    },
  };
}

/** The median of so many, in microseconds: one slow turn of a busy machine is not what a dialogue is like. */
function typical(times: number, once: () => void): number {
  const took = Array.from({ length: times }, () => {
    const started = performance.now();
    once();
    return (performance.now() - started) * 1000;
  });
  return took.sort((a, b) => a - b)[times >> 1]!;
}

/** One small dialogue over and over, in one session: what it costs a client that waits for each answer. */
interface Dialogue {
  readonly id: string;
  readonly name: string;
  readonly protocol: Protocol;
  readonly server: readonly string[];
  readonly begin: readonly (readonly [line: string, expected: string])[];
  readonly times: number;
  readonly most: number;
  once(session: Session): void;
}

const dialogues: readonly Dialogue[] = [
  {
    id: "rset",
    name: "RSET round trip",
    protocol: "smtp",
    server: [],
    begin: SMALL_MAIL.slice(0, 1),
    times: 90, // more that do nothing would be errors
    most: 2,
    once: (session) => session.ask("RSET", "250"),
  },
  {
    id: "batch",
    name: "pipelined MAIL, RCPT, RCPT, DATA and its message",
    protocol: "smtp",
    server: [],
    begin: SMALL_MAIL.slice(0, 1),
    times: 40,
    most: 5,
    once(session) {
      session.write(BATCH.octets);
      session.replies(BATCH.expected);
      session.ask(...BATCH.message);
    },
  },
  {
    id: "retr-small",
    name: "RETR of 2 KB",
    protocol: "pop3",
    server: SMALL_RETR,
    begin: [
      ["USER bench", "+OK"],
      ["PASS bench", "+OK"],
    ],
    times: 40,
    most: 3.5,
    once(session) {
      session.write(Buffer.from("RETR 1\r\n"));
      session.message();
    },
  },
];

function latency(dialogue: Dialogue, transport: Transport): Measure {
  const { protocol, server, begin, times, most } = dialogue;
  // Where nothing waits for an acknowledgement socat has next to nothing to do.
  const aim = transport.acknowledges ? { aim: atMost(most) } : {};
  const [id, name] = [`${dialogue.id}-${transport.id}`, `${dialogue.name}, ${transport.name}`];
  const row: Row = { id, name, unit: "µs", ...aim };
  return {
    rows: [row],
    rounds: 7,
    quickRounds: 3,
    sample: (subject, stage) =>
      inSession(subject.command(protocol, stage.bulk(protocol, ...server)), transport, stage, (session) => {
        session.reply(protocol === "smtp" ? "220" : "+OK");
        for (const [line, expected] of begin) session.ask(line, expected);
        const took = typical(times, () => dialogue.once(session));
        session.ask("QUIT", protocol === "smtp" ? "221" : "+OK");
        return [took];
      }),
  };
}

export const measures: readonly Measure[] = [
  greeting(PIPES, { floor: atMost(5.5), aim: atMost(3.1) }),
  greeting(SOCKET, { aim: atMost(3.1) }),
  cpu,
  sessions,
  idle,
  ...lists,
  ...dialogues.flatMap((dialogue) => TRANSPORTS.map((transport) => latency(dialogue, transport))),
  data(ordinary, PIPES, { floor: atLeast(0.4), aim: atLeast(0.6) }),
  data(ordinary, SOCKET, { aim: atLeast(0.6) }),
  ...TRANSPORTS.map(retrieve),
  ...[
    data(withRules, PIPES, { aim: atLeast(0.07) }),
    data(withManyRules, PIPES, { aim: atLeast(0.03) }),
    ...hostile.map((body) => data(body, PIPES, { floor: atLeast(body.floor) })),
  ].map((measure) => ({ ...measure, extra: true })),
];
