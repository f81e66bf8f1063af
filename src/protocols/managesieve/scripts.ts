// The commands about scripts (RFC 5804 section 2): what of each the server gets, and how a script passes that comes as it is.
// Knows which command changes something; how a command is read, and who may say it, is managesieve.ts's.

import { CountedBody } from "../../wire/counted.ts";
import { upload } from "../next.ts";
import type { Step } from "../protocol.ts";
import { type Refusal, refuse } from "../refusal.ts";
import { type Command, writeCommand } from "./commands.ts";
import type { SieveOptions } from "./options.ts";
import * as replies from "./replies.ts";
import { pass, type Server } from "./server.ts";
import { quote, type Word } from "./strings.ts";
import { isName } from "./text.ts";

export const TOO_LARGE: Refusal = { rule: "script-size", reply: replies.TOO_LARGE };

/** What cannot be undone, nor asked for twice at no cost. */
const CHANGES: ReadonlySet<string> = new Set(["PUTSCRIPT", "SETACTIVE", "DELETESCRIPT", "RENAMESCRIPT"]);

export class Scripts {
  readonly #server: Server;
  readonly #most: number;
  /** What the script is for that is passed on; the end of its line ends it. */
  #passing: string | null = null;

  constructor(server: Server, { maxScriptSize }: Pick<SieveOptions, "maxScriptSize">) {
    this.#server = server;
    this.#most = maxScriptSize;
  }

  /** A script of the client's is on its way, or its line has not ended. */
  get isPassing(): boolean {
    return this.#passing !== null;
  }

  isTooLarge(octets: number): boolean {
    return this.#most > 0 && octets > this.#most;
  }

  /** One that has come as a whole. */
  command(command: Command): Step {
    const { verb, words } = command;
    switch (verb) {
      case "LISTSCRIPTS":
        return this.#server.askList(command, listed);
      case "GETSCRIPT":
        return this.#server.askScript(command);
      case "HAVESPACE":
        if (this.isTooLarge(Number(words[1]))) return refuse(TOO_LARGE.rule, TOO_LARGE.reply);
        break;
      case "PUTSCRIPT":
      case "CHECKSCRIPT":
        if (this.isTooLarge(words.at(-1)!.length)) return refuse(TOO_LARGE.rule, TOO_LARGE.reply);
    }
    return changing(
      this.#server.ask(command, (status) => pass(status, verb)),
      verb,
    );
  }

  /** The script comes as it is, behind this; what becomes of it is decided when its line has ended. */
  pass(command: Command, octets: number): Step {
    const { verb } = command;
    this.#passing = verb;
    const head = writeCommand(command, octets);
    const next = upload(new CountedBody(octets), { owed: true });
    return { server: head, shown: head.trimEnd(), told: { verb }, next };
  }

  /** The script is whole, and its line ends. */
  commit(): Step {
    const verb = this.#passing!;
    this.#passing = null;
    const step = this.#server.sendStatus("\r\n", (status) => pass(status, verb));
    return changing(step, verb);
  }
}

/** @returns the line, nothing for a script that no client could ask for, and null for what is no line of a list */
export function listed([name, active, more]: readonly Word[]): string | null {
  const isActive = active?.kind === "atom" && active.text.toUpperCase() === "ACTIVE";
  if (name?.kind !== "string" || (active !== undefined && !isActive) || more !== undefined) return null;
  return isName(name.text) ? `${quote(name.text)}${isActive ? " ACTIVE" : ""}\r\n` : "";
}

function changing(step: Step, verb: string): Step {
  return CHANGES.has(verb) ? { ...step, decides: "delivery" } : step;
}
