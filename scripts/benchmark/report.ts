// Knows how results are shown: the table (Markdown, so that it can be pasted) and the JSON.
import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import type { Target } from "./measures.ts";
import type { Figure, Result } from "./results.ts";

export function machine() {
  return {
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    system: /^PRETTY_NAME="(.*)"/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "unknown",
    bun: Bun.version,
    /** Other work on the machine when the run began. */
    load: loadavg()[0]!,
  };
}

export function machineLine(one: ReturnType<typeof machine>): string {
  const { cpu, cores, memoryGiB, system, kernel, bun, load } = one;
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB; ${system}, Linux ${kernel}, Bun ${bun}; load ${load.toFixed(2)}`;
}

/** Three figures, and never fewer than the whole number. */
export function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function cell({ median, quartiles }: Figure): string {
  return `${short(median)} (${quartiles.map(short).join("–")})`;
}

function bound(target: Target | undefined, unit: string): string {
  if (!target) return "";
  return `${target.at === "most" ? "≤" : "≥"} ${target.limit} ${target.of === "ratio" ? "×" : unit}`;
}

export function table(results: readonly Result[], subjects: readonly string[]): string {
  const [yardstick, ...wrappers] = subjects;
  const verdicts = wrappers.map((name) => (wrappers.length === 1 ? "ok" : `ok ${name}`));
  const head = [
    "measure",
    yardstick!,
    ...wrappers.flatMap((name) => [name, "ratio"]),
    "floor",
    "aim",
    ...verdicts,
  ];
  const lines = results.map(({ row, outcomes }) => {
    const figures = subjects.flatMap((name) => {
      const { figure, ratio } = outcomes.get(name) ?? {};
      const own = figure ? cell(figure) : "failed";
      return name === yardstick ? [own] : [own, ratio === undefined ? "" : `${short(ratio)} ×`];
    });
    const targets = [bound(row.floor, row.unit), bound(row.aim, row.unit)];
    const ok = wrappers.map((name) => outcomes.get(name)?.verdict ?? "");
    return [`${row.name}, ${row.unit}`, ...figures, ...targets, ...ok];
  });
  const widths = head.map((_, column) => Math.max(...[head, ...lines].map((line) => line[column]!.length)));
  const print = (line: readonly string[]) =>
    `| ${line.map((text, column) => (column === 0 ? text.padEnd(widths[0]!) : text.padStart(widths[column]!))).join(" | ")} |`;
  const rule = `|${widths.map((width, column) => "-".repeat(width + 1) + (column === 0 ? "-" : ":")).join("|")}|`;
  return [print(head), rule, ...lines.map(print)].join("\n");
}

/** What went wrong, each with the rows it spoiled. */
export function failures(results: readonly Result[]): string[] {
  const spoiled = new Map<string, string[]>();
  for (const { row, outcomes } of results) {
    for (const [name, { failure }] of outcomes) {
      if (failure === undefined) continue;
      const text = `${name}: ${failure}`;
      spoiled.set(text, [...(spoiled.get(text) ?? []), row.id]);
    }
  }
  return [...spoiled].map(([text, ids]) => `${text} (${ids.join(", ")})`);
}

export function json(
  results: readonly Result[],
  about: {
    date: string;
    quick: boolean;
    machine: ReturnType<typeof machine>;
    commands: Record<string, string>;
  },
): string {
  const rows = results.map(({ row, rounds, outcomes }) => ({
    ...row,
    rounds,
    subjects: Object.fromEntries(outcomes),
  }));
  return `${JSON.stringify({ ...about, rows }, null, 2)}\n`;
}
