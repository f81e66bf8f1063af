// Knows FAULTS.md: what is played for it, over which transports of a client, how a result is written there, and what must
// hold whatever is written. Knows no test.

import { expect } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import type { Stage } from "../../corpus/stage.ts";
import { type Cell, cellsOf, FAULTS, isPlayable, type Kind, play, type Seen } from "./faults.ts";
import { TRANSPORTS, type Transport } from "./transport.ts";

const PATH = `${import.meta.dir}/../FAULTS.md`;
const AT_ONCE = 10;

const CELLS: Readonly<Record<Kind, readonly Cell[]>> = { smtp: cellsOf("smtp"), pop3: cellsOf("pop3") };

/** Who has the tables; every other transport has a paragraph of where it differs. */
const FIRST = TRANSPORTS[0]!;

/** By cell; a session that never came to its end is told as what went wrong. */
export type Results = ReadonlyMap<Cell, Seen | string>;

/** Every fault that a client of the transport can have. */
export async function playAll(kind: Kind, transport: Transport, stage: Stage): Promise<Results> {
  const cells = CELLS[kind].filter((cell) => isPlayable(cell, transport));
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
export function checkAll(results: Results, { forks }: Transport): void {
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

/** @returns the paragraphs of the transports that were played, as they should stand on the page */
export function paragraphsOf(played: ReadonlyMap<Transport, Results>): string[] {
  const first = played.get(FIRST)!;
  return Array.from(played, ([transport, results]) =>
    (transport === FIRST ? table(results) : differences(first, transport.name, results)).join("\n"),
  );
}

/** @returns the paragraphs that stand there of these transports */
export function written(kind: Kind, transports: Iterable<Transport>): string[] {
  const isOne = [...transports].map((transport) => beginning(transport));
  const all =
    sectionOf(kind)
      .exec(page())?.[0]
      .trimEnd()
      .split(/\n\n(?=A client )/) ?? [];
  return all.filter((paragraph) => isOne.some((begins) => paragraph.startsWith(begins)));
}

export function write(kind: Kind, paragraphs: readonly string[]): void {
  const section = `${paragraphs.join("\n\n")}\n`;
  writeFileSync(
    PATH,
    page().replace(sectionOf(kind), () => section),
  );
}

function page(): string {
  return readFileSync(PATH, "utf8");
}

function sectionOf(kind: Kind): RegExp {
  return new RegExp(`(?<=^## ${kind}\\n\\n)[^]*?(?=\\n## )`, "m");
}

function beginning(transport: Transport): string {
  return transport === FIRST ? "|" : `A client that comes by \`${transport.name}\` `;
}

/** Rows of a Markdown table, its columns aligned as the formatter wants them. */
function table(results: Results): string[] {
  const cells = [...results.keys()];
  const steps = [...new Set(cells.map(({ step }) => step.name))];
  const text = (step: string, fault: string) =>
    asCell(results.get(cells.find((cell) => cell.step.name === step && cell.fault === fault)!)!);
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

function asCell(seen: Seen | string): string {
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
