// Text for an engine that may take long over it: somebody is asked within whether to go on. Knows that RE2 reads its text
// a character at a time from the first to the last; knows no rule, and not what is too slow.

/** Whether what was tested has not cost too much already. */
export type MayGoOn = () => boolean;

/** Thrown out of an engine that is not to go on. It is left as it was: it had only asked for a character. */
export class Stopped extends Error {
  readonly #text: string;
  readonly #at: number;

  /** @param at how far it had come in the text */
  constructor(text: string, at: number) {
    super("it has cost too much");
    this.#text = text;
    this.#at = at;
  }

  /** So much of the text, from before the place where it was. */
  near(length: number): string {
    const from = Math.max(0, this.#at - length);
    return this.#text.slice(from, from + length);
  }
}

/** An engine takes it for the text that it stands for; a string is read faster, so what is soon done is given as one. */
export class WatchedText extends String {
  readonly #text: string;
  readonly #stride: number;
  readonly #mayGoOn: MayGoOn;
  #next: number;

  /** @param stride characters that are read between two times that `mayGoOn` is asked */
  constructor(text: string, stride: number, mayGoOn: MayGoOn) {
    super(text);
    this.#text = text;
    this.#stride = stride;
    this.#mayGoOn = mayGoOn;
    this.#next = stride;
  }

  /** @throws Stopped */
  override charCodeAt(at: number): number {
    if (at >= this.#next) this.#look(at);
    return this.#text.charCodeAt(at);
  }

  #look(at: number): void {
    if (!this.#mayGoOn()) throw new Stopped(this.#text, at);
    this.#next = at + this.#stride;
  }
}
