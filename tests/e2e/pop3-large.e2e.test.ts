// A message of one single line, larger than the wrapper may ever be: it passes, and is never held.

import { describe, expect } from "bun:test";
import { closeSync, openSync, writeSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { within } from "./parts/deadline.ts";
import { peakMemory } from "./parts/memory.ts";
import { built, part, program } from "./parts/missing.ts";
import { Scratch } from "./parts/scratch.ts";
import { tcpserver } from "./parts/tcpserver.ts";
import { type Command, connected, protowrap, wrapped } from "./parts/wrapper.ts";

const mebibytes = 256;
const mebibyte = Buffer.alloc(1024 * 1024, "x");
const header = "Subject: large\n\n";
const needs = [built, program("tcpserver")];

/** MiB that a process may ever have resident, 40 of them the executable's own pages, shared with all others. */
const allowed = 80;

describe(`A message that is one line of ${mebibytes} MiB passes RETR`, () => {
  for (const [name, client] of [
    ["a client that reads", 0],
    ["a client that reads nothing for a second", 1_000],
  ] as const) {
    for (const way of ["pipes", "TCP"]) {
      part(`within ${allowed} MiB of memory, from a server behind ${way} to ${name}`, needs, async () => {
        await using scratch = new Scratch();
        const server = embedded(scratch);
        const log = ["--log", "none"];
        await using alone = await tcpserver(scratch, server.argv);
        const argv = way === "TCP" ? connected("pop3", alone.port, ...log) : wrapped("pop3", server, ...log);
        await using listener = await tcpserver(scratch, argv);
        const got = await retrieve(listener.port, client, () => peakMemory(wrapper(scratch, listener.pid)));
        expect(got.head.replace(/^\+OK[^\r\n]*\r\n/, "")).toStartWith("Subject: large\r\n\r\nxxx");
        expect(got.tail).toEndWith("xxx\r\n.\r\n");
        expect(got.marks).toBe(mebibytes * mebibyte.length);
        expect(got.peak).toBeLessThanOrEqual(allowed);
        await scratch.quiet([alone.pid, listener.pid]);
      });
    }
  }
});

interface Retrieved {
  readonly head: string;
  readonly tail: string;
  /** How many octets of the line came. */
  readonly marks: number;
  readonly peak: number;
}

/** Fetches message 1, keeping only its ends. @param measure asked when all of it has come */
function retrieve(port: number, patience: number, measure: () => number): Promise<Retrieved> {
  const socket: Socket = connect(port, "127.0.0.1");
  const answer = new Promise<Retrieved>((resolve, reject) => {
    let statuses = 3; // the greeting's, USER's and PASS's, in chunks of their own: lock-step
    let [head, tail, marks] = ["", "", 0];
    const says = ["USER anybody\r\n", "PASS any\r\n", "RETR 1\r\n"];
    socket.on("error", reject).on("close", () => reject(new Error(`closed behind ${JSON.stringify(tail)}`)));
    socket.on("data", (chunk: Buffer) => {
      if (statuses > 0) {
        statuses--;
        socket.write(says.shift()!);
        if (statuses === 0 && patience > 0) {
          socket.pause();
          setTimeout(() => socket.resume(), patience);
        }
        return;
      }
      if (head.length < 200) head += chunk.subarray(0, 200).toString("latin1");
      tail = (tail + chunk.subarray(-20).toString("latin1")).slice(-20);
      marks += count(chunk);
      if (tail.endsWith("\r\n.\r\n")) resolve({ head, tail, marks, peak: measure() });
    });
  });
  return within(25_000, "the whole message", answer).finally(() => socket.destroy());
}

/** The x's of the text; those of the header have none. */
function count(chunk: Buffer): number {
  if (chunk.equals(mebibyte.subarray(0, chunk.length))) return chunk.length;
  return chunk.reduce((sum, octet) => sum + (octet === 0x78 ? 1 : 0), 0);
}

/** The program that super-server started. */
function wrapper(scratch: Scratch, parent: number): number {
  const children = Bun.spawnSync(["ps", "--ppid", `${parent}`, "-o", "pid="], { env: scratch.env });
  const [pid] = children.stdout.toString().trim().split(/\s+/);
  return Number(pid);
}

function embedded(scratch: Scratch): Command {
  const maildir = scratch.directory("maildir");
  for (const folder of ["cur", "new", "tmp"]) scratch.directory(`maildir/${folder}`);
  const file = openSync(`${maildir}/new/1.kit`, "w");
  writeSync(file, header);
  for (let written = 0; written < mebibytes; written++) writeSync(file, mebibyte);
  writeSync(file, "\n");
  closeSync(file);
  Bun.spawnSync(["chown", "-R", "nobody:", maildir]);
  return { argv: [protowrap, "sink", "pop3", "--maildir", maildir, "--any-user"], user: "nobody" };
}
