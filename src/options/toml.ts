// A TOML file as tables, and the line of a key for whoever complains of it. Knows files and the notation;
// not what a key means. Loaded only when --config is given.

import { readFileSync } from "node:fs";
import { parse, TomlError, type TomlTable } from "smol-toml";
import { linesOf, pathOf } from "./toml-lines.ts";
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
    const tables = parse(text, { integersAsBigInt: true });
    let lines: ReadonlyMap<string, number> | null = null; // found out when somebody complains
    return {
      ...{ path, tables },
      place(...key) {
        lines ??= linesOf(text);
        return `${path}:${lines.get(pathOf(key)) ?? 1}`;
      },
    };
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
