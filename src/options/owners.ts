// Whose an option is, among several tables. Knows tables only.

import type { Table } from "./table.ts";

/** The names of the tables that have the option. */
export function ownersOf(option: string, tables: ReadonlyMap<string, Table>): string[] {
  return [...tables].filter(([, table]) => Object.hasOwn(table, option)).map(([name]) => name);
}
