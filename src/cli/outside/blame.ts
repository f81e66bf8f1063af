// Whose mistake it was: from what a module threw to the place in it, by file and line, with the author's own names.
// Knows stacks and the runtime's errors of parsing; no protocol.

import { realpathSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

/** Where the runtime has the files that an executable is made of. */
const BUILT_IN = "/$bunfs/";

export class Origin {
  /** As the command line names it; every place in it is told so. */
  readonly path: string;
  readonly #file: string;

  constructor(path: string) {
    this.path = path;
    this.#file = realOf(resolve(path));
  }

  /** "./nntp.js:42", or the path alone where nothing tells the line. */
  placeOf(error: unknown): string {
    const place = positionOf(error) ?? framesOf(error).find(({ file }) => this.#isTheirs(file));
    return place === undefined ? this.path : `${this.#shown(place.file)}:${place.line}`;
  }

  /** The module itself and what stands beside it or below; never the executable's own. */
  #isTheirs(file: string): boolean {
    return !file.startsWith(BUILT_IN) && !relative(dirname(this.#file), file).startsWith("..");
  }

  #shown(file: string): string {
    if (file === this.#file) return this.path;
    const beside = join(dirname(this.path), relative(dirname(this.#file), file));
    return this.path.startsWith("./") ? `./${beside}` : beside;
  }
}

/** What was thrown, in one line; the first of several errors of a file that cannot be read. */
export function messageOf(error: unknown): string {
  const { message } = parsing(error) ?? {};
  return (message ?? String(error)).split("\n", 1)[0]!;
}

interface Position {
  readonly file: string;
  readonly line: number;
}

/** The runtime's error about a file it cannot parse. */
interface ParseError {
  readonly message: string;
  readonly position: Position;
}

function parsing(error: unknown): ParseError | null {
  const { errors } = Object(error) as { errors?: unknown };
  const first: unknown = Array.isArray(errors) ? errors[0] : error;
  const { position } = Object(first) as Partial<ParseError>;
  return position && typeof position.file === "string" ? (first as ParseError) : null;
}

function positionOf(error: unknown): Position | undefined {
  return parsing(error)?.position;
}

/** The innermost first. */
function framesOf(error: unknown): Position[] {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const frames = stack.matchAll(/^ +at (?:.*\()?(?:file:\/\/)?(\/.*?):(\d+)(?::\d+)?\)?$/gm);
  return [...frames].map(([, file, line]) => ({ file: file!, line: Number(line) }));
}

function realOf(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file; // it is not there, and the import will say so
  }
}
