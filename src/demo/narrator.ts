// How the demo looks: titles, steps and findings as lines of text, in colour where that is wanted. Knows
// terminals; knows nothing of where the text comes from.

const COLOURS = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
export type Colour = keyof typeof COLOURS;

/** Lines of one text that are shown; the rest is counted. */
const MOST_LINES = 14;
const LABEL = 10;

export class Narrator {
  readonly #write: (text: string) => void;
  readonly #coloured: boolean;

  constructor(write: (text: string) => void, coloured: boolean) {
    this.#write = write;
    this.#coloured = coloured;
  }

  say(text = "", colour: Colour | null = null): void {
    this.#write(`${this.#paint(text, colour)}\n`);
  }

  /** One row of a step: who, and what, line by line; control octets are made visible. */
  row(label: string, text: string, colour: Colour | null): void {
    const lines = text.split("\r\n");
    if (lines.length > 1 && lines.at(-1) === "") lines.pop();
    const shown = lines.slice(0, MOST_LINES).map(visible);
    if (lines.length > MOST_LINES) shown.push(`(${lines.length - MOST_LINES} more lines)`);
    for (const [index, line] of shown.entries()) {
      const left = `  ${(index === 0 ? label : "").padEnd(LABEL)}`;
      this.#write(`${this.#paint(left, "dim")}${this.#paint(line, colour)}\n`);
    }
  }

  #paint(text: string, colour: Colour | null): string {
    return this.#coloured && colour !== null && text !== "" ? `\x1b[${COLOURS[colour]}m${text}\x1b[0m` : text;
  }
}

/** Whether to colour what goes to a terminal or not (no-color.org). */
export function wantsColour(
  isTerminal: boolean,
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  return isTerminal && !environment.NO_COLOR && environment.TERM !== "dumb";
}

function visible(line: string): string {
  return line.replace(/[\0-\x1f\x7f-\xff]/g, (octet) => {
    if (octet === "\n") return "\\n";
    if (octet === "\r") return "\\r";
    return `\\x${octet.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}
