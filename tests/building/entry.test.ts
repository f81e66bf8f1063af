// What runs in front of the runtime, in front of a tiny one: with which limits that is started, what a client on
// descriptor 2 may hear of it, and that the octets are the instructions they are said to be.

import { afterAll, beforeAll, describe, expect } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ENTRY, NEEDS, withEntry } from "../../scripts/building/entry.ts";
import { assemble, listing } from "../../scripts/building/machine-code.ts";
import { type Need, part, program, root } from "../e2e/parts/missing.ts";
import { MUTE, tiny, WORD, writeExecutable } from "./tiny.ts";

const MIB = 2 ** 20;
const COMPLAINT = /^protowrap: the runtime cannot work here: [^\n]*\n$/;

/** The code is of one machine; the executable for another is left as it was made. */
const x64: Need = { name: "x86-64", there: process.arch === "x64" };
const runs = (name: string, body: () => void | Promise<void>) => part(name, [x64], async () => body());

let directory: string;
let path: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "protowrap-entry-"));
  chmodSync(directory, 0o755);
  path = join(directory, "tiny");
  writeExecutable(path, withEntry(tiny()));
});
afterAll(() => rmSync(directory, { recursive: true }));

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** @param command of the shell, in which $0 is the executable; its limits hold for everything in it */
function shell(command: string, limits: readonly string[] = []): Ran {
  const prlimit = limits.length === 0 ? [] : ["prlimit", ...limits];
  const argv = [...prlimit, "/bin/sh", "-c", command, path];
  const { exitCode, stdout, stderr } = Bun.spawnSync(argv, { stdin: "ignore", timeout: 5_000 });
  return { code: exitCode, out: stdout.toString(), err: stderr.toString() };
}

const STARTED = { code: 1, out: "", err: WORD };
const LEFT = { code: 71, out: "", err: expect.stringMatching(COMPLAINT) };

/** The shell and the tiny one have less than that themselves. */
const OWN = 3 * MIB;

describe("the runtime is started with", () => {
  runs("no limit, and finds its registers and its stack as they were", () => {
    expect(shell('exec "$0"')).toEqual(STARTED);
    expect(shell('exec "$0" two three')).toEqual({ ...STARTED, code: 3 });
  });

  for (const limit of ["--as", "--data"]) {
    for (const [enough, most] of [
      [NEEDS.all, 16 * 2 ** 30],
      [NEEDS.answerWithAllocator, NEEDS.code],
      [NEEDS.answer, NEEDS.allocator],
    ] as const)
      for (const octets of [enough + OWN, most - OWN])
        runs(`${limit}=${octets}`, () => {
          expect(shell('exec "$0" two', [`${limit}=${octets}`])).toEqual({ ...STARTED, code: 2 });
        });

    for (const [least, tooLittle] of [
      [NEEDS.code, NEEDS.all],
      [NEEDS.allocator, NEEDS.answerWithAllocator],
      [OWN, NEEDS.answer],
    ] as const)
      for (const octets of [least + OWN, tooLittle - OWN])
        runs(`but not with ${limit}=${octets}`, () => {
          expect(shell('exec "$0" two', [`${limit}=${octets}`])).toEqual(LEFT);
        });
  }
});

/** One with which it is started, and one with which it is not. */
const LITTLE = [`--as=${1500 * MIB}`, `--as=${1100 * MIB}`];

describe("descriptor 2", () => {
  runs("is left alone without a limit, whatever it is", () => {
    expect(shell('exec "$0" 2>&1')).toEqual({ code: 1, out: WORD, err: "" });
  });

  for (const [index, limit] of LITTLE.entries()) {
    const code = index === 0 ? 1 : 71;
    const silent = { code, out: "", err: "" };

    runs(`says nothing where it is the same as 1: ${limit}`, () => {
      expect(shell('exec "$0" 2>&1', [limit])).toEqual(silent);
    });

    runs(`says nothing where it is the same as 0: ${limit}`, () => {
      const file = join(directory, `as-input-${index}`);
      writeFileSync(file, "");
      expect(shell(`exec "$0" <>${file} 2>&0`, [limit])).toEqual(silent);
      expect(Bun.file(file).size).toBe(0);
    });

    runs(`is another file than 0 and 1, or closed ones: ${limit}`, () => {
      const said = { ...silent, err: index === 0 ? WORD : expect.stringMatching(COMPLAINT) };
      expect(shell('exec "$0" <&- >&-', [limit])).toEqual(said);
      const file = join(directory, `other-${index}`);
      const to = `exec "$0" 2>${file}; `;
      expect(shell(to, [limit])).toEqual(silent);
      expect(Bun.file(file).size).toBeGreaterThan(0);
    });

    runs(`is no more closed: ${limit}`, () => {
      expect(shell('exec "$0" 2>&-', [limit])).toEqual(silent);
    });

    runs(`is a terminal, which a person reads: ${limit}`, async () => {
      let read = "";
      const terminal = { data: (_: unknown, octets: Uint8Array) => (read += Buffer.from(octets).toString()) };
      const child = Bun.spawn(["prlimit", limit, path], { terminal });
      expect(await child.exited).toBe(code);
      for (let waited = 0; read === "" && waited < 1_000; waited += 10) await Bun.sleep(10);
      child.terminal?.close();
      expect(read.replaceAll("\r", "")).toMatch(index === 0 ? WORD : COMPLAINT);
    });

    part(`says nothing either where there is no /dev/null: ${limit}`, [x64, root], async () => {
      const bare = join(directory, `bare-${index}`);
      mkdirSync(bare);
      writeExecutable(join(bare, "tiny"), withEntry(tiny()));
      const mute = { ...silent, code: index === 0 ? 1 + MUTE : 71 };
      expect(shell(`exec chroot ${bare} /tiny 2>&1`, [limit])).toEqual(mute);
    });
  }
});

part("objdump reads of the code what that says of itself", [program("objdump")], async () => {
  const file = join(directory, "code");
  const [address, elsewhere] = [0x400000, { runtime: 0x123456 }];
  writeFileSync(file, assemble(ENTRY, address, elsewhere));
  const how = ["-b", "binary", "-m", "i386:x86-64", "-M", "intel", "--no-show-raw-insn"];
  const { stdout } = Bun.spawnSync(["objdump", "-D", ...how, `--adjust-vma=${address}`, file]);
  const read = [...stdout.toString().matchAll(/^ +([0-9a-f]+):\s+(.*)$/gm)].map(([, at, text]) => {
    // What is told by its distance has its address behind it.
    const told = text!.replace(/\[rip\+.*\] +# (0x[0-9a-f]+)/, "[rip+$1]").replaceAll(/ +/g, " ");
    return `0x${at} ${told.trim()}`;
  });
  const said = listing(ENTRY, address, elsewhere);
  expect(said.length).toBeGreaterThan(80);
  expect(read.slice(0, said.length)).toEqual(said); // characters follow
});
