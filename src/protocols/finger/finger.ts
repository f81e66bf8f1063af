// The protocol "finger" (RFC 1288), and the example for a protocol of your own: copy this folder, keep its
// shape, change what it knows. A protocol is one pure module: told of lines, it answers with steps, and the
// session does the rest (splits, limits, deadlines, the log). protocol.ts has the types; read them first.
//
// One query line, one answer, the end. Two things must not get through: a query that is forwarded to another
// host (section 3.2.1), and control octets that play tricks with the reader's terminal (section 3.3).

import type { Rule } from "../../record/rules.ts";
import type { Line } from "../../wire/lines.ts";
import { TerminalText } from "../../wire/text.ts";
import { SilentEndings } from "../endings.ts";
import { type Conversation, define, type Step } from "../protocol.ts";
import { type FingerOptions, fingerOptions } from "./options.ts";

/** This is what gets registered. `stream`: the answer has no form that could be waited for. */
export const finger = define({
  name: "finger",
  dialogue: "stream",
  options: fingerOptions,
  // Options arrive checked and complete.
  converse: (_setup, options) => new FingerConversation(options),
  unavailable: () => "Finger service unavailable\r\n",
});

// Replies are constants: what a client sent is never sent back to it.
const NO_FORWARDING = "Finger forwarding service denied\r\n";
const REFUSED = "Finger query refused\r\n";

/** Section 2.3, "/W" and a name; none of what finger(1) might take for an option or a shell for its own. */
const QUERY = /^(?:(\/W)(?: +|$))?((?:[A-Za-z0-9._][A-Za-z0-9._-]{0,31})?)$/i;

/**
 * A conversation is made for every connection; what it must remember would be its private fields. A stream has no
 * last words: how it ends, endings.ts knows.
 */
class FingerConversation extends SilentEndings implements Conversation {
  readonly #options: FingerOptions;
  readonly #answer = new TerminalText();

  constructor(options: FingerOptions) {
    super();
    this.#options = options;
  }

  lineLimit(): number {
    return this.#options.maxLineLength;
  }

  /** Judge first; what goes to the server is written anew from what was understood. */
  clientLine(line: Line): Step {
    if (line.tooLong) return refuse("line-length", REFUSED);
    if (line.text.includes("@")) return refuse("forwarding", NO_FORWARDING);
    const query = QUERY.exec(line.text);
    if (query === null) return refuse("query", REFUSED);
    const words = [query[1]?.toUpperCase(), query[2]].filter((word) => word);
    // "drain": nothing more is read of the client, and the server's answer passes until it ends.
    return { server: `${words.join(" ")}\r\n`, next: "drain", shown: line.text };
  }

  /** Everything the server says passes here, in chunks of any size: judge octets, not lines. */
  serverOctets(chunk: Uint8Array): Uint8Array {
    return this.#answer.filter(chunk);
  }

  /** The server has said all: what was held back to be judged with what follows. */
  serverRest(): Uint8Array {
    return this.#answer.rest();
  }
}

/** `refused` names the rule for the log; rule names are kebab-case and never change. */
function refuse(refused: Rule, client: string): Step {
  return { client, refused, next: "close" };
}
