// Verdicts as aligned columns of text. Knows terminals' colours; not how a verdict came about.

import type { Verdict } from "./hearing.ts";

/** Columns a cell may take; the rest of it is cut. */
const WIDEST = 60;

const COLOURS = { forwarded: 32, answered: 36, refused: 31, ignored: 2, text: 2, unread: 2 } as const;
const BOLD = 1;

const HEAD = ["no", "client", "verdict", "the server gets / we answer", "rule"];

/** @returns lines, the head first; successive lines of a message's text are one */
export function table(verdicts: readonly Verdict[], coloured: boolean): string[] {
  const rows = gathered(verdicts).map((row) => ({ row, cells: cellsOf(row) }));
  const widths = HEAD.map((title, column) =>
    Math.max(title.length, ...rows.map(({ cells }) => cells[column]!.length)),
  );
  const aligned = (cells: readonly string[]) =>
    cells.map((cell, column) => (column === 0 ? cell.padStart(widths[0]!) : cell.padEnd(widths[column]!)));
  const paint = (text: string, colour: number) => (coloured ? `\x1b[${colour}m${text}\x1b[0m` : text);
  return [
    paint(aligned(HEAD).join("  ").trimEnd(), BOLD),
    ...rows.map(({ row, cells }) => paint(aligned(cells).join("  ").trimEnd(), COLOURS[row.verdict])),
  ];
}

interface Row extends Verdict {
  /** Lines of text it stands for. */
  readonly count: number;
}

function gathered(verdicts: readonly Verdict[]): Row[] {
  const rows: Row[] = [];
  for (const verdict of verdicts) {
    const before = rows.at(-1);
    if (verdict.verdict === "text" && before?.verdict === "text")
      rows[rows.length - 1] = { ...before, count: before.count + 1 };
    else rows.push({ ...verdict, count: 1 });
  }
  return rows;
}

function cellsOf({ line, client, verdict, forwarded, reply, rule, count }: Row): string[] {
  const shown = count > 1 ? `${client} to line ${line! + count - 1}` : client;
  const outcome = verdict === "forwarded" ? forwarded.join(" | ") : (reply.at(-1) ?? "");
  return [line === null ? "" : String(line), cell(shown), verdict, cell(outcome), rule ?? ""];
}

/** Nothing of a client's, a server's or a file's reaches the terminal raw. */
function cell(text: string): string {
  const plain = text.replace(/[^ -~]/g, (octet) => `\\x${octet.charCodeAt(0).toString(16).padStart(2, "0")}`);
  return plain.length > WIDEST ? `${plain.slice(0, WIDEST - 3)}...` : plain;
}
