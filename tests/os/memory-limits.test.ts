// How the kernel tells its limits of memory.

import { expect, test } from "bun:test";
import { limitsIn } from "../../src/os/memory-limits.ts";

const table = (data: string, space: string) => `\
Limit                     Soft Limit           Hard Limit           Units     
Max data size             ${data.padEnd(20)} unlimited            bytes     
Max stack size            8388608              unlimited            bytes     
Max address space         ${space.padEnd(20)} 4000000000           bytes     
`;

test("the soft limits of address space and data are told, which count", () => {
  expect(limitsIn(table("1000", "2000"))).toEqual([
    { command: "ulimit -v", of: "address space", octets: 2000 },
    { command: "ulimit -d", of: "data", octets: 1000 },
  ]);
});

test("no limit is none, and neither is one of a table nobody knows", () => {
  expect(limitsIn(table("unlimited", "unlimited"))).toEqual([]);
  expect(limitsIn("Limits: 5")).toEqual([]);
});

test("this system has such a table", () => {
  const source = `${import.meta.dir}/../../src/os/memory-limits.ts`;
  const script = `console.log(JSON.stringify((await import(${JSON.stringify(source)})).memoryLimits()))`;
  const { stdout } = Bun.spawnSync(["prlimit", "--data=5000000000", process.execPath, "-e", script]);
  expect(JSON.parse(stdout.toString())).toContainEqual({ command: "ulimit -d", of: "data", octets: 5e9 });
});
