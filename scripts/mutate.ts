// Knows the mutation run: which files, how many mutants of them, and which survivors are already judged.

import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { Glob } from "bun";
import { Random } from "./fuzzing/random.ts";
import { Copy } from "./mutating/copy.ts";
import { keyOf, type Mutant, mutantsOf } from "./mutating/mutants.ts";

const USAGE = `usage: scripts/mutate [options]
  --sample N     so many mutants, drawn at random (default: all)
  --seed N       the same sample again (default 1)
  --seconds N    start no mutant after this (default: no end)
  --jobs N       so many at a time (default: one a core)
  --only PREFIX  only files whose path begins so; repeatable
Survivors that scripts/mutate.judged.json calls equivalent are not listed. Exit 1 when others survive.`;

const REPOSITORY = resolve(import.meta.dir, "..");
const SOURCES = new Glob("src/**/*.ts");
const MUTATED = /^src\/(?:(?:session|protocols|wire)\/|policy\/[^/]+$)/;

async function all(only: readonly string[]): Promise<Mutant[]> {
  const files = [...SOURCES.scanSync(REPOSITORY)].filter((file) => MUTATED.test(file)).sort();
  const wanted = files.filter((file) => only.length === 0 || only.some((prefix) => file.startsWith(prefix)));
  const each = wanted.map(async (file) => mutantsOf(file, await Bun.file(join(REPOSITORY, file)).text()));
  return (await Promise.all(each)).flat();
}

function drawn(mutants: readonly Mutant[], count: number, seed: number): Mutant[] {
  const random = new Random(seed);
  const left = [...mutants];
  const sample: Mutant[] = [];
  while (sample.length < count && left.length > 0) sample.push(...left.splice(random.below(left.length), 1));
  return sample;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      sample: { type: "string", default: "1000000" },
      seed: { type: "string", default: "1" },
      seconds: { type: "string", default: "1000000" },
      jobs: { type: "string", default: String(availableParallelism()) },
      only: { type: "string", multiple: true, default: [] },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const judged: Record<string, string> = await Bun.file(join(import.meta.dir, "mutate.judged.json")).json();
  const mutants = drawn(await all(values.only), Number(values.sample), Number(values.seed));
  const until = performance.now() + Number(values.seconds) * 1000;
  if (mutants.length === 0) throw new Error(`--only: no file begins so: ${values.only.join(" ")}`);
  const copies = Array.from({ length: Number(values.jobs) }, () => new Copy());
  const survivors: Mutant[] = [];
  const left = [...mutants];
  async function tryWith(copy: Copy): Promise<void> {
    while (performance.now() < until) {
      const mutant = left.shift();
      if (mutant === undefined) return;
      if (await copy.notices(mutant)) continue;
      survivors.push(mutant);
      if (judged[keyOf(mutant)] !== undefined) continue;
      console.log(`${mutant.file}:${mutant.line}\n  - ${mutant.before.trim()}\n  + ${mutant.after.trim()}`);
    }
  }
  try {
    if (!(await copies[0]?.isSound(mutants.map(({ file }) => file))))
      throw new Error("the tests fail without mutants");
    await Promise.all(copies.map(tryWith));
  } finally {
    for (const copy of copies) copy.remove();
  }
  const tried = mutants.length - left.length;
  const fresh = survivors.filter((mutant) => judged[keyOf(mutant)] === undefined).length;
  console.log(
    `${tried} mutants, ${tried - survivors.length} noticed, ${survivors.length} survived, ${fresh} not judged`,
  );
  return fresh > 0 ? 1 : 0;
}

process.exitCode = await main().catch((error: Error) => {
  console.error(`mutate: ${error.message}`);
  return 64;
});
