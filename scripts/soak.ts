// Knows the long run: many sessions under tcpserver and through a listener, and gigabytes of mail through one process,
// after which memory is where it was and nothing is left: no process, descriptor or temporary file.

import { chmodSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ordinary } from "./benchmark/bodies.ts";
import { peakMebibytes, residentMebibytes } from "./benchmark/memory.ts";
import { PIPES } from "./benchmark/os.ts";
import { Session } from "./benchmark/session.ts";
import { SMALL_MAIL, sendMany } from "./benchmark/small-mail.ts";
import { Stage } from "./benchmark/stage.ts";
import { wrappers } from "./benchmark/subjects.ts";
import { soakListener, soakSecureListener } from "./soaking/listener.ts";

const AT_ONCE = 20;
const GIBIBYTE = 1 << 30;

/** What one process may take while gigabytes pass, and by how much the second half may exceed the first (MiB). */
const MOST_RESIDENT = 80;
const MOST_GROWTH = 4;

/** Processes that are not over after so long are left over. */
const LEAVE_MS = 5_000;

interface Traces {
  readonly processes: number;
  readonly files: number;
}

/** Debian's number of the user that wrappers and servers drop to. */
const NOBODY = 65534;
/** Where a temporary file would be, besides the directory that TMPDIR names. */
const TEMPORARY = ["/tmp", "/var/tmp", "/dev/shm", "/run"];

/** @param server a path no other run has: it is in the command line of listener, wrappers and servers alike */
function traces(server: string, scratch: string): Traces {
  const running = readdirSync("/proc").filter(
    (pid) => /^[0-9]+$/.test(pid) && commandOf(pid).includes(server),
  );
  return { processes: running.length, files: readdirSync(scratch).length + ownedByNobody() };
}

function ownedByNobody(): number {
  const paths = TEMPORARY.flatMap((directory) => readdirSync(directory).map((name) => join(directory, name)));
  return paths.filter((path) => lstatSync(path, { throwIfNoEntry: false })?.uid === NOBODY).length;
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return ""; // gone meanwhile
  }
}

function descriptors(pid: number | "self"): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

async function sessions(count: number, stage: Stage, scratch: string): Promise<void> {
  const [subject] = wrappers(["dist/protowrap"]);
  const command = subject!.command("smtp", stage.greeting);
  const server = Bun.spawn(["tcpserver", "-1", "-HR", "-l", "0", "-c", "100", "127.0.0.1", "0", ...command], {
    stdio: ["ignore", "pipe", stage.errors],
    env: { PATH: process.env.PATH, TMPDIR: scratch },
  });
  try {
    const { value } = await server.stdout.getReader().read();
    const port = Number(Buffer.from(value ?? []).toString());
    if (!port) throw new Error("tcpserver does not listen");
    await sendMany(port, AT_ONCE, AT_ONCE);
    const filesBefore = (await quiet(stage.greeting[1]!, scratch)).files;
    const before = { listener: descriptors(server.pid), own: descriptors("self") };
    const rate = await sendMany(port, count, AT_ONCE);
    const left = await quiet(stage.greeting[1]!, scratch, filesBefore);
    const after = { listener: descriptors(server.pid), own: descriptors("self") };
    console.log(
      `sessions: ${count}, ${rate.toFixed(0)} a second; left: ${JSON.stringify({ ...left, before, after })}`,
    );
    if (after.listener > before.listener || after.own > before.own) throw new Error("descriptors are left");
  } finally {
    server.kill();
    await server.exited;
  }
}

/**
 * Waits until nothing of the wrapper runs but the listener itself.
 * @param files how many there may be: others of that user may have some
 */
async function quiet(server: string, scratch: string, files = Number.POSITIVE_INFINITY): Promise<Traces> {
  const until = performance.now() + LEAVE_MS;
  for (;;) {
    const now = traces(server, scratch);
    if (now.processes === 1 && now.files <= files) return { ...now, processes: 0 };
    if (performance.now() > until) throw new Error(`left over: ${JSON.stringify(now)}`);
    await Bun.sleep(50);
  }
}

async function gigabytes(count: number, stage: Stage): Promise<void> {
  const [subject] = wrappers(["dist/protowrap"]);
  const session = new Session(
    subject!.command("smtp", stage.bulk("smtp"), ordinary.options),
    PIPES,
    stage.errors,
  );
  try {
    session.reply("220");
    for (const [line, expected] of SMALL_MAIL.slice(0, 1)) session.ask(line, expected);
    const resident: number[] = [];
    const open: number[] = [];
    const times = Math.ceil(GIBIBYTE / 4 / ordinary.chunk.length);
    for (let quarter = 0; quarter < count * 4; quarter++) {
      for (const [line, expected] of SMALL_MAIL.slice(1, 4)) session.ask(line, expected);
      for (let time = 0; time < times; time++) session.write(ordinary.chunk);
      session.write(Buffer.from(ordinary.end));
      session.reply(`250 2.0.0 took ${times * ordinary.chunk.length + ordinary.end.length} octets`);
      resident.push(residentMebibytes(session.pid));
      open.push(descriptors(session.pid));
    }
    const half = resident.length >> 1;
    const [first, second] = [median(resident.slice(0, half)), median(resident.slice(half))];
    const peak = peakMebibytes(session.pid);
    console.log(
      `mail: ${count} GiB; resident ${first.toFixed(1)} MiB in the first half, ${second.toFixed(1)} in the second, ${peak.toFixed(1)} at the peak; descriptors ${open[0]} and ${open.at(-1)}`,
    );
    if (peak > MOST_RESIDENT) throw new Error(`more than ${MOST_RESIDENT} MiB resident`);
    if (second - first > MOST_GROWTH) throw new Error("memory grows");
    if (open.at(-1)! > open[0]!) throw new Error("descriptors are left open");
    session.ask("QUIT", "221");
  } finally {
    await session.end();
  }
}

function median(figures: readonly number[]): number {
  return figures.toSorted((one, other) => one - other)[figures.length >> 1]!;
}

const { values } = parseArgs({
  options: {
    sessions: { type: "string", default: "20000" },
    listened: { type: "string", default: "100000" },
    secured: { type: "string", default: "20000" },
    gigabytes: { type: "string", default: "2" },
  },
});
const scratch = mkdtempSync(join(tmpdir(), "protowrap-soak-"));
const stage = new Stage();
chmodSync(scratch, 0o1777); // whoever writes a temporary file must be able to
try {
  if (Number(values.sessions) > 0) await sessions(Number(values.sessions), stage, scratch);
  if (Number(values.listened) > 0) await soakListener(Number(values.listened), stage);
  if (Number(values.secured) > 0) await soakSecureListener(Number(values.secured), stage);
  if (Number(values.gigabytes) > 0) await gigabytes(Number(values.gigabytes), stage);
} catch (error) {
  console.error(`soak: ${(error as Error).message}; it said: ${stage.complaint()}`);
  process.exitCode = 1;
} finally {
  stage.remove();
  rmSync(scratch, { recursive: true });
}
