// The places of a page that are written here: between two lines of remark. Knows where they are; not what is in them.

export interface Marks {
  readonly begin: string;
  readonly end: string;
}

/** @param source where it is written from, as the page tells it */
export function marksOf(source: string): Marks {
  return {
    begin: `.\\" What follows is written by scripts/document, from ${source}.`,
    end: `.\\" What scripts/document writes from ${source} ends here.`,
  };
}

/** The page with the text in its place. @throws where it has none */
export function put(page: string, { begin, end }: Marks, text: string): string {
  const [before, rest] = cut(page, `${begin}\n`);
  const [, after] = cut(rest, end);
  return `${before}${begin}\n${text}${end}${after}`;
}

function cut(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  if (at < 0) throw new Error(`the page has no line ${mark.trimEnd()}`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}
