// The protocol "line": any server that is spoken to in lines, of which nothing else is known. A line is
// passed, cut or dropped by its length and its octets alone; the server's octets pass as they are, prompts
// without a line end too. Knows no commands and no replies.

import { HARD_LIMIT, type Line } from "../../wire/lines.ts";
import { SilentEndings } from "../endings.ts";
import { type Conversation, define, type Step } from "../protocol.ts";
import { type LineOptions, lineProtocolOptions } from "./options.ts";

export const line = define({
  name: "line",
  dialogue: "stream",
  options: lineProtocolOptions,
  converse: (_setup, options) => new LineConversation(options),
  unavailable: () => "",
  describe: ({ finalLine }) => [
    ["last line", `${finalLine === "drop" ? "dropped" : "forwarded"} if it has no end`],
  ],
  doubts: (_options, { server }) => (server.some((name) => /imap/i.test(name)) ? [LOOKS_LIKE_IMAP] : []),
});

const LOOKS_LIKE_IMAP = [
  "line",
  "the server looks like one of IMAP, of which line knows nothing: literals and long commands are cut, STARTTLS and COMPRESS break, logins are not limited",
] as const;

const REFUSED = "Line too long\r\n";

class LineConversation extends SilentEndings implements Conversation {
  readonly #options: LineOptions;
  /** Characters that fit the limit when CRLF is written behind them. */
  readonly #room: number;

  constructor(options: LineOptions) {
    super();
    this.#options = options;
    this.#room = Math.max(0, (options.maxLineLength || HARD_LIMIT) - 2);
  }

  lineLimit(): number {
    return this.#options.maxLineLength;
  }

  clientLine({ text, octets, tooLong }: Line): Step {
    if (!tooLong && text.length <= this.#room) return this.#pass(text);
    const refused = "line-length";
    switch (this.#options.onLongLine) {
      case "refuse":
        return { client: REFUSED, refused, next: "command" };
      case "drop":
        return { refused, next: "command" };
      case "close":
        return { refused, next: "close" };
      case "truncate":
        return {
          ...this.#pass(text.slice(0, this.#room)),
          log: { level: 1, event: "truncated", fields: { octets } },
        };
    }
  }

  clientEnd(rest: string): Step {
    if (rest === "" || this.#options.finalLine === "drop") return { next: "drain" };
    const text = rest.endsWith("\r") ? rest.slice(0, -1) : rest;
    const step = this.clientLine({ text, octets: rest.length, tooLong: false });
    return step.next === "close" ? step : { ...step, next: "drain" };
  }

  /** TAB is text; NUL, bare CR and the other controls are what a server may take for something else. */
  #pass(text: string): Step {
    if (/[\0-\x08\x0a-\x1f]/.test(text)) return { refused: "control-octet", next: "command" };
    return { server: `${text}\r\n`, next: "command" };
  }
}
