// Sentences as lines of a page (mdoc). Knows how wide a line is; not what it says.

/** Characters of a line of the page. */
export const WIDTH = 78;

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
