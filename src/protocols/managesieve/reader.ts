// A client's command as it comes: lines, and the octets that they announce (RFC 5804 section 4, literal-c2s). Nothing is
// judged before its end but what must not be held, so that no octet of a refused command is taken for another one.
// Knows lines and strings; asks what may become of octets, and knows no command.

import type { Refusal } from "../refusal.ts";
import { mayGoOn, type Word, wordsOf } from "./strings.ts";

/** What must be read next of the command. */
export type Heard =
  /** It has come as a whole: refused for its form, perhaps. */
  | {
      readonly is: "whole";
      readonly text: string;
      readonly words: readonly Word[];
      readonly refusal: Refusal | null;
    }
  /** Octets that are held, and given to `string`. */
  | { readonly is: "string"; readonly octets: number }
  /** Octets that go nowhere. */
  | { readonly is: "refused"; readonly octets: number }
  /** Octets that pass as they are, behind these words: what the line says behind them is no part of this. */
  | { readonly is: "passed"; readonly words: readonly Word[]; readonly octets: number }
  /** Nobody knows where it ends. */
  | { readonly is: "lost" };

/** What becomes of octets that are announced behind these words; `lost` are more than anybody need read. */
export type Fate = "held" | "passed" | "lost" | Refusal;

/** More strings than any command has: nobody need read the rest. */
const MOST_STRINGS = 8;

export class CommandReader {
  readonly #fateOf: (words: readonly Word[], octets: number) => Fate;
  /** What a line is refused with that is none. */
  readonly #noLine: Refusal;
  #words: Word[] = [];
  #refusal: Refusal | null = null;
  #strings = 0;
  /** The line as it came, for whom it is no line. */
  #text = "";

  constructor(noLine: Refusal, fateOf: (words: readonly Word[], octets: number) => Fate) {
    this.#noLine = noLine;
    this.#fateOf = fateOf;
  }

  /** A line of it, without its line end. */
  line(text: string): Heard {
    const isContinued = this.#strings > 0;
    if (!isContinued) this.#text = text;
    const line = wordsOf(text, { isContinued });
    if (line === null) {
      if (mayGoOn(text)) return this.#over({ is: "lost" });
      this.#refusal ??= this.#noLine;
      return this.#whole();
    }
    this.#words.push(...line.words);
    if (line.announced === null) return this.#whole();
    const { octets, isSent } = line.announced;
    // Who asks for leave waits for it, and there is none to be given; who does not wait has sent them.
    if (!isSent || ++this.#strings > MOST_STRINGS) return this.#over({ is: "lost" });
    return this.#announced(octets);
  }

  /** The octets that were to be held. */
  string(octets: string): void {
    this.#words.push({ kind: "string", text: octets });
  }

  #announced(octets: number): Heard {
    const said = this.#fateOf(this.#words, octets);
    if (said === "lost") return this.#over({ is: "lost" });
    const fate = this.#refusal ?? said;
    if (fate === "held") return { is: "string", octets };
    if (fate === "passed") return this.#over({ is: "passed", words: this.#words, octets });
    this.#refusal = fate;
    return { is: "refused", octets };
  }

  #whole(): Heard {
    const [words, refusal, text] = [this.#words, this.#refusal, this.#text];
    return this.#over({ is: "whole", text, words, refusal });
  }

  #over(heard: Heard): Heard {
    this.#words = [];
    this.#refusal = null;
    this.#strings = 0;
    this.#text = "";
    return heard;
  }
}
