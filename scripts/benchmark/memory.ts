// Knows what a running wrapper costs in memory, from /proc.
import { readFileSync } from "node:fs";

function kilobytes(file: string, names: readonly string[]): number {
  const text = readFileSync(file, "latin1");
  return names
    .map((name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? Number.NaN))
    .reduce((sum, one) => sum + one, 0);
}

function family(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").split(" ").filter(Boolean);
  return [pid, ...children.flatMap((child) => family(Number(child)))];
}

/** Private memory of the process and every helper it has started, the server it wraps left out. */
export function privateMebibytes(pid: number, server: readonly string[]): number {
  const served = server.map((argument) => `${argument}\0`).join("");
  return (
    family(pid)
      .filter((one) => readFileSync(`/proc/${one}/cmdline`, "latin1") !== served)
      .map((one) => kilobytes(`/proc/${one}/smaps_rollup`, ["Private_Clean", "Private_Dirty"]))
      .reduce((sum, one) => sum + one, 0) / 1024
  );
}

/** The most that was ever resident, pages shared with others included. */
export function peakMebibytes(pid: number): number {
  return kilobytes(`/proc/${pid}/status`, ["VmHWM"]) / 1024;
}

/** What is resident now. */
export function residentMebibytes(pid: number): number {
  return kilobytes(`/proc/${pid}/status`, ["VmRSS"]) / 1024;
}
