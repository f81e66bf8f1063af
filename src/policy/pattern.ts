// What a compiled expression of the administrator looks like to the rules. Who compiles it, and with what,
// is not known here (patterns come in as values, so that a session without any loads no engine).

export interface Pattern {
  /** The rule's name in the log. */
  readonly name: string;
  /** Whether it matches anywhere in the text; linear in its length. */
  test(text: string): boolean;
}
