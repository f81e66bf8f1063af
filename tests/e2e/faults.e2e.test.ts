// Everything that can go wrong, at every step of a session: nothing is delivered by half, no process stays,
// the exit code is the documented one. FAULTS.md is the whole result as a table; it is written by
// scripts/faults and compared here, so that it says what is so.

import { afterAll, expect } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { Stage } from "../corpus/stage.ts";
import { CELLS, type Cell, FAULTS, type Kind, play, type Seen } from "./parts/faults.ts";
import { built, part } from "./parts/missing.ts";

const PATH = `${import.meta.dir}/FAULTS.md`;
const AT_ONCE = 10;

const stage = new Stage();
afterAll(() => stage.remove());

/** All cells of one protocol; a session that never came to its end is told as what went wrong. */
async function playAll(kind: Kind): Promise<Map<Cell, Seen | string>> {
  const results = new Map<Cell, Seen | string>();
  const left = CELLS.filter((cell) => cell.kind === kind);
  const work = async () => {
    for (let cell = left.shift(); cell !== undefined; cell = left.shift())
      results.set(cell, await play(cell, stage).catch((error: Error) => error.message));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results;
}

/** Rows of a Markdown table, its columns aligned as the formatter wants them. */
function table(kind: Kind, results: ReadonlyMap<Cell, Seen | string>): string[] {
  const cells = CELLS.filter((cell) => cell.kind === kind);
  const steps = [...new Set(cells.map((cell) => cell.step.name))];
  const text = (step: string, fault: string) =>
    written(results.get(cells.find((cell) => cell.step.name === step && cell.fault === fault)!)!);
  const rows = [["", ...FAULTS], ...steps.map((step) => [step, ...FAULTS.map((fault) => text(step, fault))])];
  const widths = rows[0]!.map((_, column) => Math.max(3, ...rows.map((row) => row[column]!.length)));
  const padded = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)));
  padded.splice(
    1,
    0,
    widths.map((width) => "-".repeat(width)),
  );
  return padded.map((row) => `| ${row.join(" | ")} |`);
}

function written(seen: Seen | string): string {
  if (typeof seen === "string") return `?? ${seen}`;
  const { client, server, final, told, exit } = seen;
  const how = /^\d+$/.test(server) ? `exit ${server}` : server;
  const parts = [client || "–", final, told, how, exit === 0 ? "" : `**${exit}**`];
  return parts.filter((one) => one !== "").join("; ");
}

for (const kind of ["smtp", "pop3"] as const) {
  part(
    `${kind}: what each side sees of each fault is what FAULTS.md says`,
    [built],
    async () => {
      const results = await playAll(kind);
      for (const [cell, seen] of results) {
        const where = `${cell.step.name}, ${cell.fault}`;
        expect(seen, where).toBeObject();
        const { complaints, exit } = seen as Seen;
        expect([where, ...complaints]).toEqual([where]);
        // The service is unavailable only where the server never was.
        const lost = cell.step.name === "greeting" && /^server/.test(cell.fault);
        expect([where, exit]).toEqual([where, lost ? 69 : 0]);
      }
      const now = table(kind, results);
      const page = readFileSync(PATH, "utf8");
      const section = new RegExp(`(?<=^## ${kind}\\n\\n)(?:\\|.*\\n)*`, "m");
      if (process.env.FAULTS === "write")
        writeFileSync(
          PATH,
          page.replace(section, () => now.map((row) => `${row}\n`).join("")),
        );
      else expect(section.exec(page)?.[0].trimEnd().split("\n")).toEqual(now);
    },
    120_000,
  );
}
