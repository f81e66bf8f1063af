// A TOML file as tables, and the line of a key for whoever complains of it. Knows files and the notation;
// not what a key means. Loaded only when --config is given.

import { readFileSync } from "node:fs";
import { parse, TomlError, type TomlTable } from "smol-toml";
import { expected, UsageError } from "./usage.ts";

export type { TomlTable, TomlValue } from "smol-toml";

export interface Toml {
  readonly path: string;
  /** Integers as bigint: 1 is not 1.0. */
  readonly tables: TomlTable;
  /** Where a key stands, as an error names it: `FILE:LINE`. */
  place(...key: string[]): string;
}

/** @throws UsageError with the file, and the line of what is no TOML */
export function readToml(path: string): Toml {
  const text = textOf(path);
  try {
    return { path, tables: tablesOf(text), place: (...key) => `${path}:${lineOf(text, key)}` };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    throw new UsageError(`${path}:${error.line}: ${complaint(error, text)}`);
  }
}

/** The parser tells that something is there twice, but not what. */
function complaint({ message, line, column }: TomlError, text: string): string {
  const [first = ""] = message.replace("Invalid TOML document: ", "").split("\n");
  if (!first.startsWith("trying to redefine")) return first;
  const shown = text.split("\n")[line - 1]!;
  const [, name = ""] = /^["']?([^\]"'=]*)/.exec(shown.slice(column - 1))!;
  return `${shown.trimStart().startsWith("[") ? `[${name.trim()}]` : name.trim()}: expected once`;
}

function textOf(path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    throw expected("--config", `a TOML file that can be read (${(error as Error).message})`, path);
  }
}

function tablesOf(text: string): TomlTable {
  return parse(text, { integersAsBigInt: true });
}

/**
 * The parser keeps no positions. What it can read of the file's first lines tells: a key begins behind the
 * last start that can be read and does not have it, however many lines its value takes.
 */
function lineOf(text: string, key: readonly string[]): number {
  const lines = text.split("\n");
  let without = 0;
  for (let count = 1; count <= lines.length; count++) {
    try {
      if (has(tablesOf(lines.slice(0, count).join("\n")), key)) break;
      without = count;
    } catch {
      // In the middle of a value.
    }
  }
  return without + 1;
}

function has(table: unknown, [name, ...rest]: readonly string[]): boolean {
  if (name === undefined) return true;
  if (typeof table !== "object" || table === null || !Object.hasOwn(table, name)) return false;
  return has((table as Record<string, unknown>)[name], rest);
}
