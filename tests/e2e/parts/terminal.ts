// Knows a shell at a terminal, and how somebody types there. What is entered runs nothing of ours: in that shell
// `protowrap` is a function that notes its arguments.

import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { until, within } from "./deadline.ts";
import { type Need, program } from "./missing.ts";
import type { Scratch } from "./scratch.ts";

export interface Shell {
  readonly name: string;
  readonly need: Need;
  readonly argv: readonly string[];
  /** What is entered first: the function, and that completion shows all it has without a question. */
  readonly setUp: string;
  /** What is typed behind a command line to see what may follow, where the shell does not tell it to a command. */
  readonly list: string | null;
}

const NOTED = "noted";
const LISTED = "listed";
const CALLS = "calls";
const PROMPT = "protowrap> ";
/** Shown once it was run; what makes it shown reads otherwise, as it is shown, too. */
const DONE = "protowrap noted";
const SHOW_DONE = "echo protowrap 'noted'";
const POSIX_NOTE = `protowrap() { printf '%s\\n' "$#" "$@" > ${NOTED}; echo >> ${CALLS}; ${SHOW_DONE}; }; PS1='${PROMPT}'`;
const BASH_LISTS = "bind 'set completion-query-items 0'; bind 'set page-completions off'";
const ZSH_LISTS =
  "autoload -Uz compinit; compinit -u -D; zstyle ':completion:*' verbose no; LISTMAX=0; unsetopt prompt_sp";

export const BASH: Shell = {
  name: "bash",
  need: program("bash"),
  argv: ["bash", "--norc", "--noprofile", "-i"],
  setUp: `${POSIX_NOTE}; ${BASH_LISTS}; set -u`,
  list: "\t\t",
};

export const ZSH: Shell = {
  name: "zsh",
  need: program("zsh"),
  argv: ["zsh", "-f", "-i"],
  setUp: `${POSIX_NOTE}; ${ZSH_LISTS}; set -u`,
  list: "\t",
};

export const FISH: Shell = {
  name: "fish",
  need: program("fish"),
  argv: ["fish", "--no-config", "-i"],
  setUp: `function protowrap; printf '%s\\n' (count $argv) $argv > ${NOTED}; echo >> ${CALLS}; ${SHOW_DONE}; end; function fish_title; end; function fish_prompt; echo -n '${PROMPT}'; end`,
  list: null,
};

/** To its begin, and all behind that: keys that mean nothing to a terminal itself. */
const KILL_LINE = "\x01\x0b";
const PATIENCE_MS = 10_000;

export class Terminal implements AsyncDisposable {
  readonly #shell: Shell;
  readonly #directory: string;
  readonly #child: Bun.Subprocess;
  #shown = "";
  /** How often a command line was entered. */
  entered = 0;

  /** @param script that the shell reads before anything is typed; the terminal is in the scratch directory */
  static async open(scratch: Scratch, shell: Shell, script: string): Promise<Terminal> {
    const terminal = new Terminal(scratch, shell);
    const path = scratch.file(`script.${shell.name}`, script);
    for (const line of [shell.setUp, `source ${path}`]) terminal.#press(`${line}\r`);
    await terminal.enter("protowrap ready");
    return terminal;
  }

  private constructor(scratch: Scratch, shell: Shell) {
    this.#shell = shell;
    this.#directory = scratch.path;
    const decoder = new TextDecoder();
    this.#child = Bun.spawn([...shell.argv], {
      cwd: scratch.path,
      env: { ...scratch.env, TERM: "xterm" },
      terminal: {
        ...{ cols: 200, rows: 100 },
        data: (_, octets) => {
          this.#shown += decoder.decode(octets, { stream: true });
        },
      },
    });
  }

  /** Types a command line, with keys as "\t" in it. @returns the arguments that `protowrap` got */
  async enter(keys: string): Promise<string[]> {
    this.#shown = "";
    this.entered += 1;
    rmSync(join(this.#directory, NOTED), { force: true });
    this.#press(`${keys}\r`);
    const noted = () => {
      const [count, ...words] = this.#lines(NOTED);
      // A shell takes keys as keys only once it has shown its prompt again.
      const [, after] = withoutCommands(this.#shown).split(DONE);
      const isReady = words.length === Number(count) + 1 && after?.includes(PROMPT);
      return isReady ? words.slice(0, -1) : undefined;
    };
    try {
      return await until("a command", noted, PATIENCE_MS);
    } catch (error) {
      throw new Error(`${error}; typed ${JSON.stringify(keys)}, shown ${JSON.stringify(this.#shown)}`);
    }
  }

  /** What the shell lists of what may stand at the end of the line, where that is more than one thing. */
  async list(line: string): Promise<string[]> {
    if (this.#shell.list === null) {
      await this.enter(`complete -C '${line}' > ${LISTED}; protowrap seen`);
      return this.#lines(LISTED).flatMap((found) => (found === "" ? [] : [found.split("\t")[0]!]));
    }
    await this.enter(`${line}${this.#shell.list}${KILL_LINE}protowrap seen`);
    // What was typed stands before the list, and again after it.
    const rows = withoutCommands(this.#shown)
      .split("\n")
      .filter((row) => !row.includes("protowrap"));
    return rows.flatMap((row) => row.split(/\s+/).filter((word) => word !== ""));
  }

  /** How often `protowrap` was run, by whoever. */
  get calls(): number {
    return this.#lines(CALLS).length - 1;
  }

  #press(keys: string): void {
    this.#child.terminal!.write(keys);
  }

  #lines(name: string): string[] {
    try {
      return readFileSync(join(this.#directory, name), "utf8").split("\n");
    } catch {
      return [];
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await within(2_000, `end of ${this.#shell.name}`, this.#child.exited);
    this.#child.terminal!.close();
  }
}

/** What is left without colours and moves: one upwards begins another row. */
function withoutCommands(shown: string): string {
  return shown
    .replace(/\x1b\[[0-9]*A/g, "\n")
    .replace(/\x1b(?:\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07|[()][A-Z0-9])|[\r\x07\b]/g, "");
}
