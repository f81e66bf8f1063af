// Plays one script against one program that has a real client socket on fd 0 and 1, and says all that was wrong.
// Knows the meaning of a script and the promises that hold for every one; which program is played against, and how
// its command line is made, is the caller's.

import { closeSync, openSync, readFileSync } from "node:fs";
import type { Subprocess } from "bun";
import { STUB_OPTIONS } from "../fixtures/stub.ts";
import { Client, Disappointment, PATIENCE, type Patience } from "./client.ts";
import { MemoryWatch } from "./memory.ts";
import { optionFlags, protocolName } from "./options.ts";
import { outputFaults } from "./output.ts";
import type { Script, Step } from "./script.ts";
import { closeFd, OneClient } from "./socket.ts";
import type { ServerRecord, Stage } from "./stage.ts";

/** From the script and the command line of its server: the command line to play against. */
export type CommandLine = (script: Script, server: string[]) => string[];

export interface Limits {
  patience: Patience;
  /** Private memory at any time. */
  privateKiB: number;
  /** Resident memory at any time; the runtime's own file-backed pages are most of it. */
  peakKiB: number;
  /** From the client's leaving to the end of the program, and from there to the end of the server. */
  leavingMs: number;
}

export const LIMITS: Limits = {
  patience: PATIENCE,
  privateKiB: 48 * 1024,
  peakKiB: 80 * 1024,
  leavingMs: 8000,
};

export interface Report {
  failures: string[];
  privateKiB: number;
  peakKiB: number;
}

/** The command line of the wrapper around the stub. */
export const wrapped =
  (binary: string): CommandLine =>
  (script, server) => [binary, ...optionFlags(script), "--", ...server];

const UNAVAILABLE = 69;

export async function play(
  script: Script,
  stage: Stage,
  line: CommandLine,
  limits: Limits = LIMITS,
): Promise<Report> {
  const record = stage.record();
  let command: string[];
  try {
    command = line(script, server(script, stage, record));
  } catch (error) {
    return { failures: [`cannot be played: ${(error as Error).message}`], privateKiB: 0, peakKiB: 0 };
  }

  const errors = `${record.path}.fd2`;
  let program: Subprocess;
  const { client, fd } = await connection(limits.patience);
  try {
    program = start(command, fd, errors, (script.options?.env ?? {}) as { [name: string]: string });
  } catch (error) {
    client.leave();
    return { failures: [`cannot be started: ${(error as Error).message}`], privateKiB: 0, peakKiB: 0 };
  } finally {
    closeFd(fd);
  }

  const memory = new MemoryWatch(program.pid);
  const failures = await converse(client, script.script);
  memory.sample();
  client.leave();
  failures.push(...(await endFaults(program, record, limits.leavingMs)));
  memory.stop();

  const printed = withoutLoader(readFileSync(errors, "latin1"));
  if (printed !== "") failures.push(`on fd 2: ${JSON.stringify(printed.slice(0, 500))}`);
  failures.push(...outputFaults(protocolName(script.protocol, script.options?.profile), client.received));
  failures.push(...serverFaults(script, record));
  const { privateKiB, peakKiB } = memory;
  if (privateKiB > limits.privateKiB) failures.push(`${privateKiB} KiB of private memory`);
  if (peakKiB > limits.peakKiB) failures.push(`${peakKiB} KiB of memory`);
  return { failures, privateKiB, peakKiB };
}

/** Both ends of one connection; the descriptor is the program's. */
async function connection(patience: Patience): Promise<{ client: Client; fd: number }> {
  const listener = new OneClient();
  const client = await Client.connect(listener.port, patience);
  return { client, fd: listener.accept() };
}

/** As a super-server starts it, save that fd 2 is a file to look into. */
function start(cmd: string[], fd: number, errors: string, env: { [name: string]: string }): Subprocess {
  const stderr = openSync(errors, "w");
  try {
    return Bun.spawn({ cmd, env, cwd: "/", stdin: fd, stdout: fd, stderr });
  } finally {
    closeSync(stderr);
  }
}

/** After the first step that fails nothing that follows means anything. */
async function converse(client: Client, steps: Step[]): Promise<string[]> {
  for (const [at, step] of steps.entries()) {
    try {
      await take(client, step);
    } catch (error) {
      if (!(error instanceof Disappointment)) throw error;
      return [`step ${at + 1} ${brief(step)}: ${error.message}`];
    }
  }
  return [];
}

/** The client has left: the program ends well and by itself, and leaves no server behind. */
async function endFaults(program: Subprocess, record: ServerRecord, ms: number): Promise<string[]> {
  const faults: string[] = [];
  const exit = await within(ms, program.exited);
  if (exit === undefined) {
    program.kill("SIGKILL");
    await program.exited;
    faults.push(`still there ${ms} ms after the client had left`);
  } else if (program.signalCode !== null) faults.push(`ended by ${program.signalCode}`);
  else if (exit !== 0 && exit !== UNAVAILABLE) faults.push(`exit status ${exit}`);

  for (const pid of record.pids) {
    if (await gone(pid, ms)) continue;
    process.kill(pid, "SIGKILL");
    faults.push("the server was left running");
  }
  return faults;
}

function server(script: Script, stage: Stage, record: ServerRecord): string[] {
  const { stub = {}, profile } = script.options ?? {};
  const { spawn, ...options } = stub as { [name: string]: unknown };
  if (spawn === "fail") return [`${record.path}.no-such-server`];
  if (spawn !== undefined) throw new Error(`the stub's spawn ${JSON.stringify(spawn)} is not known`);
  for (const name of Object.keys(options)) {
    if (!STUB_OPTIONS.has(name)) throw new Error(`the stub's option ${name} is not known`);
  }
  return stage.stub(protocolName(script.protocol, profile), record, options);
}

async function take(client: Client, step: Step): Promise<void> {
  if (step.send !== undefined) await client.send(step.send, step.repeat);
  else if (step.expect !== undefined) await client.expect(step.expect);
  else if (step.expectOnly !== undefined) await client.expectOnly(step.expectOnly);
  else if (step.expectClose) await client.expectClose();
  else if (step.close) client.halfClose();
  else if (step.reset) client.reset();
  else if (step.sleep !== undefined) await Bun.sleep(step.sleep);
  else throw new Disappointment("this kind of step is not known");
}

/** What the server saw, and what it noted about the order in which it saw it. */
function serverFaults(script: Script, record: ServerRecord): string[] {
  const octets = record.octets;
  const seen = (source: string) => new RegExp(source, "mi").exec(octets);
  const faults: string[] = [];
  for (const source of script.serverMustSee ?? []) {
    if (seen(source) === null) {
      faults.push(`the server did not see ${source}; it saw ${JSON.stringify(octets.slice(0, 500))}`);
    }
  }
  for (const source of script.serverMustNotSee ?? []) {
    const match = seen(source);
    if (match !== null) {
      const around = octets.slice(Math.max(0, match.index - 60), match.index + 100);
      faults.push(`the server saw ${source}: ${JSON.stringify(around)}`);
    }
  }
  for (const note of record.notes) {
    if (note.startsWith("ahead "))
      faults.push(`the server got a command before it had answered the last: ${note}`);
    if (note.startsWith("eof inside")) faults.push("the server's input was ended inside a message");
  }
  return faults;
}

/** The dynamic loader speaks before the program can; a script with LD_PRELOAD makes it. */
function withoutLoader(text: string): string {
  return text.replace(/^ERROR: ld\.so: object .* from LD_PRELOAD cannot be preloaded.*\n/gm, "");
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: Timer | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function gone(pid: number, ms: number): Promise<boolean> {
  for (const deadline = performance.now() + ms; performance.now() < deadline; await Bun.sleep(10)) {
    try {
      // A process nobody has waited for is gone all the same.
      if (/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "latin1"))) return true;
    } catch {
      return true;
    }
  }
  return false;
}

function brief(step: Step): string {
  const text = JSON.stringify(step);
  return text.length > 120 ? `${text.slice(0, 100)}…` : text;
}
