// What a wrong command line is told. One wording for all: the option, what was expected, what was given.

/** The administrator's mistake: exit 64, before any octet is read. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export function expected(option: string, what: string, given: unknown): UsageError {
  return new UsageError(`${option}: expected ${what}, got ${JSON.stringify(given)}`);
}

/** The known name that is meant most likely, or null when none is near. */
export function nearest(name: string, known: readonly string[]): string | null {
  const ranked = known
    .map((candidate) => ({ candidate, distance: distance(name, candidate) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best !== undefined && best.distance <= Math.max(2, name.length / 3) ? best.candidate : null;
}

/** Levenshtein's. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}
