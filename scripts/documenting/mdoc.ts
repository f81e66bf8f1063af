// How lists are written for a manual (mdoc), and where in a page: between two comments. Knows macros; not what is told.

/** Characters of a line of the page. */
const WIDTH = 78;

/** What stands behind what is written. */
export const END = '.\\" What scripts/document writes ends here.';

/** The page with the text behind the comment. @throws where it has no place for it */
export function withWritten(page: string, begin: string, text: string): string {
  const [before, rest] = cut(page, `${begin}\n`);
  const [, after] = cut(rest, END);
  return `${before}${begin}\n${text}${END}${after}`;
}

function cut(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  if (at < 0) throw new Error(`the page has no line ${mark.trimEnd()}`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}

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

/** One sentence a line at least. */
export function prose(text: string): string[] {
  return text.split(/(?<=\.) /).flatMap(wrapped);
}

function wrapped(sentence: string): string[] {
  const lines: string[] = [];
  for (const word of sentence.replaceAll("--", "\\-\\-").split(" ")) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + word.length + 1 <= WIDTH)
      lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
