// A transcript as the lines a client sent. Knows the two notations; not what a line means.

/** One line of the client, without its end, and where it stands (from 1). */
export interface Said {
  readonly number: number;
  readonly text: string;
}

/**
 * Either bare lines, as a client sends them, or a dialogue: then those behind "C: " are the client's, and
 * what the server says ("S: ") and remarks are skipped. The first line that is not empty tells which.
 * @param text one UTF-16 unit is one octet; line ends are LF or CRLF
 */
export function clientLines(text: string): Said[] {
  const lines = text.split("\n").map((line, index) => ({ number: index + 1, text: line.replace(/\r$/, "") }));
  if (lines.at(-1)!.text === "") lines.pop();
  const first = lines.find((line) => line.text !== "")?.text ?? "";
  if (!/^[CS]:(?: |$)/.test(first)) return lines;
  return lines
    .filter((line) => /^C:(?: |$)/.test(line.text))
    .map(({ number, text: line }) => ({ number, text: line.slice(3) }));
}
