// Everything that can go wrong, at every step of a session: nothing is delivered by half, no process stays,
// the exit code is the documented one. FAULTS.md is the whole result as a table, and where another transport of the
// client differs from the first one; it is written by scripts/faults and compared here, so that it says what is so.

import { afterAll, expect } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { Stage } from "../corpus/stage.ts";
import { type Cell, cellsOf, FAULTS, isPlayable, play, type Seen } from "./parts/faults.ts";
import { part } from "./parts/missing.ts";
import { TRANSPORTS, type Transport } from "./parts/transport.ts";

const PATH = `${import.meta.dir}/FAULTS.md`;
const AT_ONCE = 10;

const stage = new Stage();
afterAll(() => stage.remove());

/** By cell; a session that never came to its end is told as what went wrong. */
type Results = ReadonlyMap<Cell, Seen | string>;

async function playAll(cells: readonly Cell[], transport: Transport): Promise<Results> {
  const results = new Map<Cell, Seen | string>();
  const left = [...cells];
  const work = async () => {
    for (let cell = left.shift(); cell !== undefined; cell = left.shift())
      results.set(cell, await play(cell, transport, stage).catch((error: Error) => error.message));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results;
}

/** What holds whatever way a client comes. */
function checkAll(results: Results, { forks }: Transport): void {
  for (const [{ step, fault }, seen] of results) {
    const where = `${step.name}, ${fault}`;
    expect(seen, where).toBeObject();
    const { complaints, exit, left, unserved } = seen as Seen;
    expect([where, ...complaints]).toEqual([where]);
    // The service is unavailable only where the server never was.
    const lost = step.name === "greeting" && /^server/.test(fault);
    expect([where, unserved]).toEqual([where, lost]);
    expect([where, exit, left]).toEqual([where, forks ? (lost ? 69 : 0) : null, forks ? null : 0]);
  }
}

/** Rows of a Markdown table, its columns aligned as the formatter wants them. */
function table(results: Results): string[] {
  const cells = [...results.keys()];
  const steps = [...new Set(cells.map(({ step }) => step.name))];
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
  const exit = typeof seen === "string" || seen.exit === 0 || seen.exit === null ? "" : `**${seen.exit}**`;
  return [sides(seen), exit].filter((one) => one !== "").join("; ");
}

/** A cell but for the exit code, which not every client has one of. */
function sides(seen: Seen | string): string {
  if (typeof seen === "string") return `?? ${seen}`;
  const { client, server, final, told } = seen;
  const how = /^\d+$/.test(server) ? `exit ${server}` : server;
  return [client || "–", final, told, how].filter((one) => one !== "").join("; ");
}

/** Where a transport differs from the first: an item a cell. */
function differences(first: Results, name: string, results: Results): string[] {
  const other = [...results].flatMap(([cell, seen]) => {
    const [was, is] = [sides(first.get(cell)!), sides(seen)];
    return was === is ? [] : [`- ${cell.step.name}, ${cell.fault}: ${is}`];
  });
  const cells =
    results.size === first.size ? "every cell" : `every cell of those it can have (${results.size})`;
  const same = `A client that comes by \`${name}\` sees the same in ${cells}`;
  return other.length === 0 ? [`${same}.`] : [`${same} but these:`, "", ...other];
}

for (const kind of ["smtp", "pop3"] as const) {
  const cells = cellsOf(kind);
  const played = new Map<Transport, Promise<Results>>();
  const by = (transport: Transport) => {
    const playable = cells.filter((cell) => isPlayable(cell, transport));
    const results = played.get(transport) ?? playAll(playable, transport);
    played.set(transport, results);
    return results;
  };

  for (const transport of TRANSPORTS)
    part(
      `${kind} by ${transport.name}: no fault leads to what must never be`,
      transport.needs,
      async () => checkAll(await by(transport), transport),
      180_000,
    );

  part(
    `${kind}: what each side sees of each fault is what FAULTS.md says`,
    TRANSPORTS.flatMap(({ needs }) => needs),
    async () => {
      const [first, ...others] = TRANSPORTS;
      const was = await by(first!);
      const now = [table(was)];
      for (const other of others) now.push(differences(was, other.name, await by(other)));
      const text = `${now.map((rows) => rows.join("\n")).join("\n\n")}\n`;
      const page = readFileSync(PATH, "utf8");
      const section = new RegExp(`(?<=^## ${kind}\\n\\n)[^]*?(?=\\n## )`, "m");
      if (process.env.FAULTS === "write")
        writeFileSync(
          PATH,
          page.replace(section, () => text),
        );
      else expect(section.exec(page)?.[0].split("\n")).toEqual(text.split("\n"));
    },
    360_000,
  );
}
