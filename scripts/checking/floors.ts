// Knows which floor of the house each source file stands on, and which floors are pure; no file's content.

/** From the ground up. A path's floor is the longest entry it starts with. */
const FLOORS: readonly (readonly string[])[] = [
  ["src/wire/", "src/record/", "src/exit.ts"],
  ["src/policy/"],
  ["src/options/table.ts", "src/options/run.ts", "src/options/listen.ts", "src/options/tls-options.ts"],
  ["src/protocols/"],
  [
    "src/session/",
    ...["src/serve/allowance.ts", "src/serve/argument.ts", "src/serve/balance.ts", "src/serve/gate.ts"],
    ...["src/serve/counting.ts", "src/serve/judgements.ts", "src/serve/ledger.ts", "src/serve/questions.ts"],
    ...["src/serve/distributions.ts", "src/serve/succession.ts"],
    ...["src/serve/told.ts", "src/serve/words.ts"],
  ],
  ["src/log/", "src/os/"],
  ["src/io/", "src/throttle/"],
  ["src/options/"],
  ["src/run.ts", "src/sitting.ts", "src/sink/"],
  ["src/serve/"],
  ["src/cli/", "src/demo/"],
  ["src/main.ts"],
];

/** Files up to this floor are pure. */
export const PURE = 4;

export function floorOf(path: string): number | null {
  let best = { length: 0, floor: null as number | null };
  for (const [floor, entries] of FLOORS.entries())
    for (const entry of entries)
      if (path.startsWith(entry) && entry.length > best.length) best = { length: entry.length, floor };
  return best.floor;
}

export function isPure(path: string): boolean {
  const floor = floorOf(path);
  return floor !== null && floor <= PURE;
}
