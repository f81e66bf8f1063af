// Knows how to draw results: a group of bars for each row, each group to its own scale, with the figures.
import { short } from "./report.ts";
import type { Result } from "./results.ts";

const COLOURS = ["#9aa5b1", "#2563eb", "#d97706", "#059669", "#7c3aed"];
const WIDTH = 760;
const BAR = 16;
const GAP = 14;
const LEFT = 330;
const LONGEST = 290;

const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

function label(x: number, y: number, text: string, extra = ""): string {
  return `<text x="${x}" y="${y}"${extra}>${escaped(text)}</text>`;
}

export function chart(results: readonly Result[], subjects: readonly string[], caption: string): string {
  const colour = (index: number) => COLOURS[index % COLOURS.length]!;
  const parts: string[] = [];
  let y = 24;
  subjects.forEach((name, index) => {
    const x = 12 + index * 180;
    parts.push(`<rect x="${x}" y="${y - 10}" width="12" height="12" fill="${colour(index)}"/>`);
    parts.push(label(x + 18, y, name));
  });
  y += GAP;
  for (const { row, outcomes } of results) {
    const medians = subjects.map((name) => outcomes.get(name)?.figure?.median);
    const most = Math.max(...medians.map((median) => median ?? 0));
    const middle = y + (subjects.length * BAR) / 2 + 4;
    parts.push(label(LEFT - 8, middle, `${row.name}, ${row.unit}`, ' text-anchor="end"'));
    medians.forEach((median, index) => {
      const width = median === undefined ? 0 : Math.max(1, (median / most) * LONGEST);
      const ratio = outcomes.get(subjects[index]!)?.ratio;
      const figure = median === undefined ? "failed" : short(median);
      parts.push(
        `<rect x="${LEFT}" y="${y}" width="${width.toFixed(1)}" height="${BAR - 2}" fill="${colour(index)}"/>`,
        label(
          Math.round(LEFT + width + 6),
          y + BAR - 5,
          index === 0 || ratio === undefined ? figure : `${figure} (${short(ratio)} ×)`,
        ),
      );
      y += BAR;
    });
    y += GAP;
  }
  parts.push(label(12, y + 6, caption, ' font-size="10" fill="#555"'));
  const height = y + 20;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
${parts.join("\n")}
</svg>
`;
}
