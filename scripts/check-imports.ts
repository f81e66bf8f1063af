// Proves the house: every file imports only from its own floor and those below, and the pure floors know no
// socket, clock, environment, `async` or runtime module.

import { Glob } from "bun";

/** From the ground up. A path's floor is the longest entry it starts with. */
const FLOORS: readonly (readonly string[])[] = [
  [
    "src/wire/",
    "src/log/account.ts",
    "src/log/entry.ts",
    "src/log/format.ts",
    "src/log/secrets.ts",
    "src/exit.ts",
  ],
  ["src/policy/"],
  ["src/protocols/"],
  ["src/session.ts"],
  ["src/log/", "src/os/"],
  ["src/io/"],
  ["src/run.ts", "src/sink/"],
  ["src/cli/", "src/demo/"],
  ["src/main.ts"],
];
/** Files up to this floor are pure. */
const PURE = 3;
const IMPURE = /\b(?:process\.|Bun\.|Date\b|performance\.|setTimeout|setInterval|console\.|async |await )/;
/** The registry loads a protocol when it is asked for: the one dynamic import of the pure floors. */
const LOADS = new Set(["src/protocols/registry.ts"]);

const faults: string[] = [];
for (const path of [...new Glob("src/**/*.ts").scanSync(".")].sort()) {
  const source = await Bun.file(path).text();
  const floor = floorOf(path);
  if (floor === null) faults.push(`${path}: stands on no floor`);
  else check(path, source, floor);
}
for (const fault of faults) console.error(fault);
process.exit(faults.length === 0 ? 0 : 1);

function check(path: string, source: string, floor: number): void {
  for (const [, specifier] of source.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)) {
    if (specifier!.startsWith(".")) {
      const target = new URL(specifier!, `file:///${path}`).pathname.slice(1);
      if (target.startsWith("src/") && (floorOf(target) ?? 99) > floor)
        faults.push(`${path}: imports ${target} from above`);
    } else if (floor <= PURE && /^(?:node|bun):|^bun$/.test(specifier!))
      faults.push(`${path}: imports ${specifier}`);
  }
  if (floor > PURE || LOADS.has(path)) return;
  const code = source.replace(/\/\*.*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|`[^`]*`/gs, "");
  const impure = IMPURE.exec(code);
  if (impure !== null) faults.push(`${path}: knows ${impure[0]}`);
}

function floorOf(path: string): number | null {
  let best = { length: 0, floor: null as number | null };
  for (const [floor, entries] of FLOORS.entries())
    for (const entry of entries)
      if (path.startsWith(entry) && entry.length > best.length) best = { length: entry.length, floor };
  return best.floor;
}
