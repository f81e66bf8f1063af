// Knows how one line of TypeScript is made wrong: one small change that still compiles, as a careless hand would
// make it. Comments, imports and types are left alone.

export interface Mutant {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly before: string;
  readonly after: string;
  /** The function it is in, or the nearest above whose head is one line; empty where there is none. */
  readonly within: string;
}

const OPERATORS: readonly (readonly [pattern: RegExp, put: string])[] = [
  [/ === /g, " !== "],
  [/ !== /g, " === "],
  [/ && /g, " || "],
  [/ \|\| /g, " && "],
  [/ >= /g, " > "],
  [/ <= /g, " < "],
  [/ > (?=[\w(])/g, " >= "],
  [/ < (?=[\w(])/g, " <= "],
  [/ \+ /g, " - "],
  [/ - /g, " + "],
  [/\btrue\b/g, "false"],
  [/\bfalse\b/g, "true"],
  [/\bif \((?=.*\) \S)/g, "if (!!0 && "],
  [/(?<=(?<![=!])[=(] |return )(?=\w[^;]* \? )/g, "!"],
  // a whole string; not next to a single "|", behind `T[` or in front of ">", which only types have
  [/(?<=^(?:[^"]*"[^"]*")*[^"]*)(?<! \| |\w\[)"[^"]+"(?! \| |>)/g, '""'],
  [/^(\s*)return (?!\{)[^;]+;$/g, "$1return undefined as never;"],
  [/^(\s*)this\.[#\w.]+(?:\(.*\)| = .*|\+\+);$/g, "$1;"],
];

const LEFT_ALONE =
  /^\s*(?:\/\/|\*|\/\*|import |export \* |\} from |export (?:interface|type) |type |readonly \w+[?]?:)/;

/** A type's own strings are no code, nor is what only asks the compiler. */
const TYPE = / satisfies never;|^\s*(?:readonly )?[\w#]+\??: [^=]*;$|: "[^"]+" \||^\s*\| /;

/** The head of a function or method, with its name. */
const FUNCTION = /^(?: {2})?(?:export )?(?:async )?(?:function\*? |get )?(#?\w+)\([^;]*\{$/;

export function mutantsOf(file: string, source: string): Mutant[] {
  let within = "";
  return source.split("\n").flatMap((before, index) => {
    within = FUNCTION.exec(before)?.[1] ?? within;
    if (LEFT_ALONE.test(before) || TYPE.test(before)) return [];
    return changes(before).map((after) => ({ file, line: index + 1, before, after, within }));
  });
}

function changes(line: string): string[] {
  const code = line.replace(/\s+\/\/ .*$/, "");
  const changed: string[] = [];
  for (const [pattern, put] of OPERATORS)
    for (const { 0: found, index } of code.matchAll(pattern)) {
      const mutated = found.replace(new RegExp(pattern.source), put);
      changed.push(code.slice(0, index) + (found === "" ? put : mutated) + code.slice(index + found.length));
    }
  for (const { 0: digits, index } of code.matchAll(/(?<![\w.#"'\\[/])\d+(?![\w.\]}])/g))
    changed.push(code.slice(0, index) + (Number(digits) + 1) + code.slice(index + digits.length));
  return changed.filter((after) => after !== line && after !== code);
}

/** What a judgement is kept under: line numbers move, lines and the functions they are in seldom do. */
export function keyOf({ file, within, before, after }: Mutant): string {
  return `${file}, ${within}: ${before.trim()} => ${after.trim()}`;
}
