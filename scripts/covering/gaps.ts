// Knows what counts mean: what of a file was never reached, and the totals. Nothing of how they were made.

import type { FileCoverage, Place } from "istanbul-lib-instrument";

/** Something that no test reaches. Line and column from 1, as editors count. */
export interface Gap {
  readonly line: number;
  readonly column: number;
  readonly what: string;
}

export interface Total {
  readonly covered: number;
  readonly all: number;
}

/** Adds what another process reached of the same source. */
export function add(sum: FileCoverage, more: FileCoverage): void {
  for (const id in sum.s) sum.s[id]! += more.s[id]!;
  for (const id in sum.f) sum.f[id]! += more.f[id]!;
  for (const id in sum.b) sum.b[id] = sum.b[id]!.map((count, path) => count + more.b[id]![path]!);
}

export function gapsOf(file: FileCoverage): Gap[] {
  const gaps: Gap[] = [];
  for (const [id, { start }] of Object.entries(file.statementMap))
    if (file.s[id] === 0) gaps.push(gap(start, "statement"));
  for (const [id, { name, decl }] of Object.entries(file.fnMap))
    if (file.f[id] === 0) gaps.push(gap(decl.start, `function ${name}`));
  for (const [id, { type, loc, locations }] of Object.entries(file.branchMap))
    for (const [path, { start }] of locations.entries())
      if (file.b[id]![path] === 0)
        gaps.push(gap(start.line === undefined ? loc.start : start, `branch ${path + 1} of ${type}`));
  return gaps.sort((one, other) => one.line - other.line || one.column - other.column);
}

function gap({ line = 0, column = 0 }: Place, what: string): Gap {
  return { line, column: column + 1, what };
}

/** A line is covered when every statement that begins on it is. */
export function linesOf(file: FileCoverage): Total {
  const lines = new Map<number, boolean>();
  for (const [id, { start }] of Object.entries(file.statementMap))
    lines.set(start.line!, (lines.get(start.line!) ?? true) && file.s[id]! > 0);
  return totalOf([...lines.values()]);
}

export function branchesOf(file: FileCoverage): Total {
  return totalOf(Object.values(file.b).flatMap((paths) => paths.map((count) => count > 0)));
}

function totalOf(reached: readonly boolean[]): Total {
  return { covered: reached.filter(Boolean).length, all: reached.length };
}
