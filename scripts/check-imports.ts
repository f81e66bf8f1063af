// Proves the house: every file imports only from its own floor and those below, and the pure floors know no
// socket, clock, environment, `async` or runtime module.

import { Glob } from "bun";
import { floorOf, PURE } from "./checking/floors.ts";

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
