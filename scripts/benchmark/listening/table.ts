// Knows how what was measured of listeners is shown: a line for each measure, a column for each listener, and whether
// what was aimed at is there.

/** A figure of every column; undefined where it was not taken. */
export interface Line {
  readonly name: string;
  readonly figures: readonly (number | undefined)[];
  readonly digits: number;
  /** What the last column is to be, by the figures. */
  readonly aim?: Aim | undefined;
}

export interface Aim {
  readonly text: string;
  readonly isMet: (figures: readonly number[]) => boolean;
}

/** The last column's figure as a multiple of another column's. */
export function ratio(at: "most" | "least", limit: number, column = 0, of = ""): Aim {
  return {
    text: `${at === "most" ? "≤" : "≥"} ${limit} ×${of}`,
    isMet(figures) {
      const is = figures.at(-1)! / figures[column]!;
      return at === "most" ? is <= limit : is >= limit;
    },
  };
}

export function most(limit: number, unit: string): Aim {
  return { text: `≤ ${limit} ${unit}`, isMet: (figures) => figures.at(-1)! <= limit };
}

export function both(one: Aim, other: Aim): Aim {
  return {
    text: `${one.text}, ${other.text}`,
    isMet: (figures) => one.isMet(figures) && other.isMet(figures),
  };
}

/** Markdown, so that it can be pasted; in parentheses what a figure is to the first of its line. */
export function show(title: string, columns: readonly string[], lines: readonly Line[]): string {
  const rows = lines.map(({ name, figures, digits, aim }) => {
    const [base] = figures;
    const cells = figures.map((figure, column) => {
      if (figure === undefined) return "";
      const to = column === 0 || base === undefined ? "" : ` (${(figure / base).toFixed(2)})`;
      return `${figure.toFixed(digits)}${to}`;
    });
    const known = figures.map((figure) => figure ?? Number.NaN);
    const verdict = aim === undefined ? "" : `${aim.text}: ${aim.isMet(known) ? "yes" : "missed"}`;
    return `| ${[name, ...cells, verdict].join(" | ")} |`;
  });
  const head = `| ${[title, ...columns, "aim"].join(" | ")} |`;
  const rule = `|${" --- |".repeat(columns.length + 2)}`;
  return [head, rule, ...rows, ""].join("\n");
}

export function quantile(values: readonly number[], at: number): number | undefined {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(at * sorted.length))];
}

export function median(values: readonly number[]): number | undefined {
  return quantile(values, 0.5);
}
