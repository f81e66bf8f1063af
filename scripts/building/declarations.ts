// Knows how the public types become one file: what the compiler emits for src/protocols/module.ts, of which only what
// a name of the public interface leads to is kept. Nothing of it is written by hand.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

const REPOSITORY = resolve(import.meta.dir, "../..");
const ENTRY = "src/protocols/module.ts";

const HEADING = `// The types of a protocol from outside, for protowrap: made from its source, whose comments these are.
// protowrap-protocol(7) tells how they are used.
`;

/** @throws Error when a name is declared twice, or when what is emitted has a shape that is not known here */
export async function declarations(): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "protowrap-types-"));
  try {
    await emit(directory);
    const declared = new Map<string, string>();
    const read = new Set<string>();
    const entry = collect(join(directory, ENTRY.replace(/\.ts$/, ".d.ts")), read, declared);
    const names = exportsOf(entry);
    const kept = reached(names, declared);
    const listed = names.map(([name, as]) => (name === as ? name : `${name} as ${as}`));
    return [HEADING, ...kept, `export type { ${listed.join(", ")} };\n`].join("\n");
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function emit(directory: string): Promise<void> {
  const config = join(directory, "tsconfig.json");
  const options = { noEmit: false, declaration: true, emitDeclarationOnly: true };
  const typeRoots = [join(REPOSITORY, "node_modules/@types")];
  const places = { rootDir: REPOSITORY, outDir: directory, typeRoots };
  const files = [join(REPOSITORY, ENTRY)];
  writeFileSync(
    config,
    JSON.stringify({
      extends: join(REPOSITORY, "tsconfig.json"),
      compilerOptions: { ...options, ...places },
      files,
      include: [],
    }),
  );
  const compiler = Bun.spawn([join(REPOSITORY, "node_modules/.bin/tsc"), "-p", config], { stdout: "pipe" });
  const told = await compiler.stdout.text();
  if ((await compiler.exited) !== 0) throw new Error(`the types cannot be emitted:\n${told}`);
}

/** Adds what a file declares, and the files it imports before it. @returns its text */
function collect(path: string, read: Set<string>, declared: Map<string, string>): string {
  const text = readFileSync(path, "utf8");
  if (read.has(path)) return text;
  read.add(path);
  for (const [, specifier] of text.matchAll(/^(?:import|export) .* from "(\..*)\.ts";$/gm))
    collect(join(dirname(path), `${specifier}.d.ts`), read, declared);
  for (const [name, declaration] of declarationsIn(text)) {
    if (declared.has(name)) throw new Error(`${path}: ${name} is declared elsewhere, too`);
    declared.set(name, declaration);
  }
  return text;
}

/** Where something begins that stands by itself; a comment before it belongs to it. */
const START = /^(?=(?:export|import|declare|type|interface|class)\b)/m;
const NAME = /^(?:export )?(?:declare )?(?:abstract )?(?:interface|type|class|function|const) (\w+)/;
const COMMENT = /\/\*\*(?:[^*]|\*(?!\/))*\*\/\n?/g;
/** What could not be taken over line by line. */
const STRANGE = /^import (?!(?:type )?\{)|import\(|^export \*|^import .* as /m;

function declarationsIn(text: string): [string, string][] {
  if (STRANGE.test(text)) throw new Error(`a shape of declaration that is not known:\n${text}`);
  let comment = "";
  const found: [string, string][] = [];
  for (const part of text.split(START)) {
    const own = part.replace(/(^|\n)\/\*\*(?:[^*]|\*(?!\/))*\*\/\n$/, "$1");
    const name = /^export type \{/.test(own) ? undefined : NAME.exec(own)?.[1];
    if (name !== undefined) found.push([name, comment + own.replace(/^export /, "")]);
    comment = part.slice(own.length);
  }
  return found;
}

/** Name, and the name it is exported by. */
function exportsOf(entry: string): [string, string][] {
  const lists = [...entry.matchAll(/^export type \{(.*)\} from /gm)].map(([, list]) => list!);
  const each = lists
    .flatMap((list) => list.split(",").map((word) => word.trim()))
    .filter((word) => word !== "");
  return each.map((word) => [word.split(" as ")[0]!, word.split(" as ").at(-1)!]);
}

/** The declarations that the names lead to, in the order in which they were found. */
function reached(names: readonly [string, string][], declared: ReadonlyMap<string, string>): string[] {
  const needed = new Set<string>();
  const visit = (name: string) => {
    const declaration = declared.get(name);
    if (declaration === undefined || needed.has(name)) return;
    needed.add(name);
    const code = declaration.replace(COMMENT, "");
    // Not the names of members and parameters.
    for (const [word] of code.matchAll(/\b[A-Za-z]\w*\b(?!\??:)/g)) visit(word);
  };
  for (const [name] of names) {
    if (!declared.has(name)) throw new Error(`${name} is exported and not declared`);
    visit(name);
  }
  return [...declared].filter(([name]) => needed.has(name)).map(([, declaration]) => declaration);
}
