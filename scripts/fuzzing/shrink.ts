// Knows how a failing input becomes a small one: whatever can go or be simpler while the same oracle fails.

import { type Input, input, marked } from "./input.ts";

const WHOLE = 1_000_000;

/** Candidates tried: a reproduction that is a little longer today is better than the shortest tomorrow. */
const PATIENCE = 2000;

export function shrunk(failing: Input, stillFails: (candidate: Input) => boolean): Input {
  let best = failing;
  let tries = 0;
  for (let better = true; better; ) {
    better = false;
    for (const candidate of simpler(best)) {
      if (++tries > PATIENCE) return best;
      if (!stillFails(candidate)) continue;
      best = candidate;
      better = true;
      break;
    }
  }
  return best;
}

/** One change each, the largest first; every one of them strictly simpler. */
function* simpler(from: Input): Generator<Input> {
  const { units, words, hostile } = from;
  if (from.interruption !== undefined) yield input({ ...from, interruption: undefined });
  if (from.judgements !== undefined) yield input({ ...from, judgements: undefined });
  if (hostile.length > 0) yield input({ ...from, hostile: [], words: [] });
  if (from.sizes.length > 1 || from.sizes[0] !== WHOLE) yield input({ ...from, sizes: [WHOLE] });
  if (from.turns.length > 1) yield input({ ...from, turns: [true] });
  if (from.choices.length > 1) yield input({ ...from, choices: [1] });
  if (from.variant !== 0) yield input({ ...from, variant: 0 });
  for (let size = units.length; size >= 1; size >>= 1)
    for (let at = 0; at < units.length; at += size)
      yield input({ ...from, units: units.toSpliced(at, size) });
  for (const [at, word] of hostile.entries())
    if (word >= 0) yield input({ ...from, hostile: hostile.with(at, -1) });
  for (const [at, word] of words.entries())
    for (const less of halves(word)) yield input({ ...from, words: words.with(at, less) });
  for (const [at, unit] of units.entries())
    for (const less of marked(unit) ? [] : halves(unit))
      yield input({ ...from, units: units.with(at, less) });
}

function* halves(text: string): Generator<string> {
  for (let size = text.length >> 1; size >= 1; size >>= 1)
    for (let at = 0; at + size <= text.length; at += size) yield text.slice(0, at) + text.slice(at + size);
}
