// Knows how a simulated session is written down in the notation of tests/transcripts/README.md.

import { MARKS } from "../../tests/recorder.ts";
import type { Said, Simulation } from "../../tests/simulation.ts";

const EVENTS: ReadonlyMap<string, string> = new Map(
  Object.values(MARKS).map((mark) => [mark, `[${mark.slice(1, -1)}]`]),
);

/** @param options what the session ran with, besides the defaults */
export function transcriptOf(title: string, options: object, { said, recorder }: Simulation): string {
  const lines: string[] = [];
  let told = 0;
  for (const [index, { side, text }] of recorder.writes.entries()) {
    for (; told < said.length && said[told]!.after <= index; told++) lines.push(...spoken(said[told]!));
    lines.push(
      ...(EVENTS.has(text) ? [EVENTS.get(text)!] : written(side === "server" ? ">" : "<", "", text)),
    );
  }
  for (; told < said.length; told++) lines.push(...spoken(said[told]!));
  const json = JSON.stringify({ options });
  return [`## ${title}`, "", "```json", json, "```", "", "```", ...lines, "```", ""].join("\n");
}

function spoken({ who, octets }: Said): string[] {
  if (octets === null) return [`[${who} ends]`];
  return written(who === "client" ? "C" : "S", ":", octets);
}

/** @param mark what stands behind the letter of a line that ends in CRLF */
function written(letter: string, mark: string, octets: string): string[] {
  return octets.split(/(?<=\r\n)/).map((line) => {
    if (line.endsWith("\r\n")) return `${letter}${mark} ${escaped(line.slice(0, -2))}`.trimEnd();
    return `${letter}~ ${escaped(line)}`;
  });
}

const SHORT: Record<string, string> = { "\r": "\\r", "\n": "\\n", "\t": "\\t", "\\": "\\\\" };

function escaped(text: string): string {
  return text
    .replace(/[\\\0-\x1f\x7f-\xff]/g, (octet) => SHORT[octet] ?? hex(octet))
    .replace(/ $/, "\\s")
    .replace(/([A-Za-z0-9])\1{19,}/g, (run, one) => `\\(${one}*${run.length})`);
}

function hex(octet: string): string {
  return `\\x${octet.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
