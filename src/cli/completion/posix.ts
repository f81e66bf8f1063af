// What the scripts for bash and zsh have in common: how text is quoted, and a table is written as a function.

/** Text as one word, in which nothing counts. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A function that sets variables, of which others are cleared, by its first argument. */
export function cases(
  name: string,
  cleared: string,
  each: readonly (readonly [argument: string, assignments: string])[],
): string {
  const lines = each.map(([argument, assignments]) => `    ${quoted(argument)}) ${assignments} ;;\n`);
  return `\n${name}() {\n  ${cleared}\n  case $1 in\n${lines.join("")}  esac\n}\n`;
}
