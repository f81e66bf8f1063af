// A shelf (a toy, with replies as FTP has them, RFC 959 section 4.2): how a protocol has replies in parts. A reply of
// several lines, `214-` to `214 `, goes on line by line, and its last line is the answer. LIST's items are too many for
// that and are streamed, by a body of its own: whole lines, so that last words may stand between two of them.

import type {
  Body,
  Conversation,
  Forward,
  Kit,
  Line,
  Protocol,
  Rule,
  Step,
  Table,
  ValuesOf,
} from "./protowrap-protocol.js";

function optionsOf(kit: Kit) {
  return kit.lineOptions(512, "refuse") satisfies Table;
}
type Options = ValuesOf<ReturnType<typeof optionsOf>>;

const RULES = { item: "an item of the server's that is none, or too long" };
type Own = keyof typeof RULES;

export default function parts(kit: Kit): Protocol<ReturnType<typeof optionsOf>, Own> {
  return {
    ...{ name: "parts", dialogue: "lock-step", rules: RULES, options: optionsOf(kit) },
    converse: (_setup, options) => new PartsConversation(kit, options),
    unavailable: () => "421 not available\r\n",
  };
}

const COMMANDS = /^(?:HELP|LIST|NOOP|QUIT)$/i;
/** Lines of a reply: a server that says more has lost its way. */
const MOST_LINES = 100;

class PartsConversation implements Conversation<Own> {
  readonly #kit: Kit;
  readonly #options: Options;
  #verb = "";
  #isGreeted = false;
  /** The code of the reply whose last line has not come. */
  #code: string | null = null;
  #lines = 0;

  constructor(kit: Kit, options: Options) {
    this.#kit = kit;
    this.#options = options;
  }

  lineLimit(): number {
    return this.#options.maxLineLength;
  }

  clientLine({ text, tooLong }: Line): Step<Own> {
    if (tooLong) return refuse("line-length", "500 line too long");
    if (!COMMANDS.test(text)) return refuse("forbidden-command", "502 no such command");
    this.#verb = text.toUpperCase();
    return { server: `${this.#verb}\r\n`, next: "reply", shown: this.#verb, told: { verb: this.#verb } };
  }

  serverLine(text: string): Step<Own> | "fault" {
    const [, code, more] = /^([1-5][0-9]{2})([ -])[ -~]*$/.exec(text) ?? [];
    if (code === undefined || (this.#code !== null && code !== this.#code)) return "fault";
    const line = `${text}\r\n`;
    if (more === "-") {
      this.#code = code;
      return ++this.#lines > MOST_LINES ? "fault" : { part: line, next: "reply" };
    }
    this.#code = null;
    this.#lines = 0;
    if (!this.#isGreeted) return this.#greeting(code);
    if (code === "150" && this.#verb === "LIST")
      return { part: line, next: this.#kit.download(new ItemsBody(), { owed: true }) };
    if (code.startsWith("1")) return "fault";
    return { client: line, next: this.#verb === "QUIT" || code === "421" ? "close" : "command" };
  }

  /** The line behind the last item ends the reply. */
  bodyEnd(): Step<Own> {
    return { next: "reply" };
  }

  serverLost(due: boolean): Step<Own> {
    return { ...(due ? { client: "421 server lost\r\n" } : {}), next: "close" };
  }

  /** Behind a part of a reply it ends the reply, too: RFC 959 has 421 answer any command. */
  expired(): Step<Own> {
    return { client: "421 closing\r\n", next: "close" };
  }

  tooManyErrors(): Step<Own> {
    return { client: "421 too many errors\r\n", next: "close" };
  }

  #greeting(code: string): Step<Own> | "fault" {
    this.#isGreeted = true;
    return code === "220" ? { client: "220 ready\r\n", next: "command" } : "fault";
  }
}

/** Octets of an item, its end included. */
const LONGEST_ITEM = 80;
const [LF, CR, BLANK, TILDE] = [0x0a, 0x0d, 0x20, 0x7e];

/** Lines that begin with a blank; it ends in front of the first that begins with anything else. */
class ItemsBody implements Body {
  #octets = 0;
  #last = LF;
  #ended = false;
  #fault: Own | null = null;

  get ended(): boolean {
    return this.#ended;
  }

  get fault(): Body["fault"] {
    return this.#fault as Body["fault"];
  }

  get isBetween(): boolean {
    return this.#octets === 0;
  }

  scan(chunk: Uint8Array, at: number, forward: Forward): number {
    let next = at;
    while (next < chunk.length && !this.#ended && this.#fault === null) {
      const octet = chunk[next]!;
      if (this.#octets === 0 && octet !== BLANK) this.#ended = true;
      else if (this.#isNone(octet)) this.#fault = "item";
      else next++;
      if (!this.#ended) this.#take(octet);
    }
    if (next > at) forward(chunk.subarray(at, next));
    return this.#fault === null ? next : chunk.length;
  }

  #take(octet: number): void {
    this.#octets = octet === LF ? 0 : this.#octets + 1;
    this.#last = octet;
  }

  /** Printable, and CR and LF only as an end. */
  #isNone(octet: number): boolean {
    if (this.#octets >= LONGEST_ITEM || (this.#last === CR) !== (octet === LF)) return true;
    return octet !== LF && octet !== CR && (octet < BLANK || octet > TILDE);
  }
}

function refuse(refused: Rule | Own, reply: string): Step<Own> {
  return { client: `${reply}\r\n`, refused, next: "command" };
}
