// How lists are written for a page (mdoc). Knows macros; not what is told.

import { prose, WIDTH } from "./prose.ts";

export function item(name: string, sentence: string): string[] {
  return [`.It Li ${name}`, ...prose(`${sentence};`)];
}

/** The last of a list ends with a full stop. */
export function list(items: readonly (readonly string[])[]): string[] {
  const lines = items.flat();
  return [".Bl -tag -width Ds -compact", ...lines.slice(0, -1), lines.at(-1)!.replace(/;$/, "."), ".El"];
}

/** Names with commas between them. */
export function literals(names: readonly string[]): string[] {
  const lines: string[] = [];
  for (const [at, name] of names.entries()) {
    const word = at === names.length - 1 ? name : `${name} ,`;
    const line = lines.at(-1);
    if (line !== undefined && line.length + word.length + 1 <= WIDTH)
      lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(`.Li ${word}`);
  }
  return lines;
}
