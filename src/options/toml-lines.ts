// Where the keys of a TOML file begin: the parser keeps no positions. The text is cut where one statement ends and the
// next begins, and each is given to the parser alone. Knows the notation as far as that takes; judges nothing.

import { parse, type TomlTable, type TomlValue } from "smol-toml";

/** Lines, from 1 on, by the path of a key as `pathOf` writes it. @param text that the parser takes as a whole */
export function linesOf(text: string): ReadonlyMap<string, number> {
  const lines = new Map<string, number>();
  const tell = (path: readonly string[], line: number) => {
    const name = pathOf(path);
    if (!lines.has(name)) lines.set(name, line);
  };
  let table: readonly string[] = [];
  for (const { line, statement } of statementsOf(text)) {
    if (statement.trimStart().startsWith("[")) {
      table = tableOf(statement);
      for (let length = 1; length <= table.length; length++) tell(table.slice(0, length), line);
    } else for (const path of pathsIn(parse(statement))) tell([...table, ...path], line);
  }
  return lines;
}

export function pathOf(path: readonly string[]): string {
  return JSON.stringify(path);
}

interface Statement {
  /** Where it begins. */
  readonly line: number;
  readonly statement: string;
}

/** What quotes, brackets and comments come to, up to the end of a line that no string and no array goes on behind. */
const PARTS =
  /"""(?:[^\\]|\\[\s\S])*?"""+|'''[\s\S]*?'''+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|#[^\n]*|[[{]|[\]}]|\n/g;

function* statementsOf(text: string): Generator<Statement> {
  let [line, from, begun, depth] = [1, 0, 1, 0];
  for (const { 0: part, index } of text.matchAll(PARTS)) {
    if (part === "[" || part === "{") depth++;
    else if (part === "]" || part === "}") depth--;
    line += part.split("\n").length - 1;
    if (part !== "\n" || depth > 0) continue;
    yield { line: begun, statement: text.slice(from, index + 1) };
    [from, begun] = [index + 1, line];
  }
  yield { line: begun, statement: text.slice(from) };
}

/** Of `[a.b]`, or of an entry of `[[a.b]]`. */
function tableOf(header: string): readonly string[] {
  const [path = []] = [...pathsIn(parse(header))].slice(-1);
  return path;
}

/** The paths of all keys, those of a table behind its own. */
function* pathsIn(table: TomlTable, before: readonly string[] = []): Generator<readonly string[]> {
  for (const [key, value] of Object.entries(table)) {
    const path = [...before, key];
    yield path;
    if (isTable(value)) yield* pathsIn(value, path);
  }
}

function isTable(value: TomlValue): value is TomlTable {
  return typeof value === "object" && !Array.isArray(value) && !(value instanceof Date);
}
