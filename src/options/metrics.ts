// --metrics ADDRESS:PORT|unix:PATH: text to place. Knows the notation; opens nothing.

import { parseAddress } from "./address.ts";
import { expected } from "./usage.ts";

export type MetricsPlace = { readonly host: string; readonly port: number } | { readonly path: string };

const WHAT = "ADDRESS:PORT, such as 127.0.0.1:9125, or unix:/PATH";

/** Octets of a path that a socket can have (unix(7)). */
const LONGEST = 107;

/** @throws UsageError */
export function parseMetrics(text: string | null, where: string): MetricsPlace | null {
  if (text === null) return null;
  const path = /^unix:(\/[^\0]+)$/s.exec(text)?.[1];
  if (path === undefined) {
    if (!/^\[|^[0-9.]+:/.test(text)) throw expected(where, WHAT, text);
    return parseAddress(text, where);
  }
  if (new TextEncoder().encode(path).length > LONGEST)
    throw expected(where, `a path of ${LONGEST} octets at most`, text);
  return { path };
}
