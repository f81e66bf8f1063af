// A door that opens for those who whisper (a toy): how a protocol has TLS. `STARTTLS` is answered by us, and after the
// answer the client's octets are a handshake (`next: "secure"`). Then another conversation is made, with `setup.tls`,
// and told the server's greeting again: nothing that was said in the clear is known to it.

import type {
  Conversation,
  Kit,
  Line,
  Protocol,
  Rule,
  Setup,
  Step,
  Table,
  ValuesOf,
} from "./protowrap-protocol.js";

function optionsOf(kit: Kit) {
  return kit.lineOptions(512, "refuse") satisfies Table;
}
type Options = ValuesOf<ReturnType<typeof optionsOf>>;

/** As SMTP, POP3 and IMAP have it: whoever speaks TLS is not greeted once more. */
export default function secured(kit: Kit): Protocol<ReturnType<typeof optionsOf>> {
  return {
    ...{ name: "secured", dialogue: "lock-step", options: optionsOf(kit), asksForTls: true },
    converse: (setup, options) => new SecuredConversation(setup, options),
    unavailable: () => "BYE\r\n",
  };
}

export class SecuredConversation implements Conversation {
  readonly #isSecured: boolean;
  readonly #options: Options;
  #onReply: (text: string) => Step | "fault" = (text) => this.#greeting(text);

  constructor({ tls }: Pick<Setup, "tls">, options: Options) {
    this.#isSecured = tls;
    this.#options = options;
  }

  lineLimit(): number {
    return this.#options.maxLineLength;
  }

  clientLine({ text, tooLong }: Line): Step {
    if (tooLong) return refuse("line-length", "line too long");
    const verb = text.toUpperCase();
    if (verb === "STARTTLS") {
      if (this.#isSecured) return refuse("wrong-state", "TLS is spoken");
      return { client: "OK begin TLS now\r\n", next: "secure", shown: verb, told: { verb } };
    }
    if (verb !== "OPEN" && verb !== "QUIT") return refuse("unknown-command", "no such command");
    if (verb === "OPEN" && !this.#isSecured) return refuse("wrong-state", "STARTTLS first");
    this.#onReply = (reply) => {
      if (!isReply(reply)) return "fault";
      return { client: `${reply}\r\n`, next: verb === "QUIT" ? "close" : "command" };
    };
    return { server: `${verb}\r\n`, next: "reply", shown: verb, told: { verb } };
  }

  serverLine(text: string): Step | "fault" {
    return this.#onReply(text);
  }

  /** Said in the clear behind STARTTLS, it was meant to be taken for something said in TLS. */
  injected(): Step {
    return { ...this.#bye("something behind STARTTLS"), refused: "starttls" };
  }

  serverLost(): Step {
    return this.#bye("server lost");
  }

  expired(): Step {
    return this.#bye("closing");
  }

  tooManyErrors(): Step {
    return this.#bye("too many errors");
  }

  #bye(why: string): Step {
    return { client: `BYE ${why}\r\n`, next: "close" };
  }

  /**
   * The server is asked one thing more, which the client is not told of, and greets by the answer: in TLS it may do
   * what it does not say to everybody.
   */
  #greeting(text: string): Step | "fault" {
    if (!text.startsWith("OK ")) return "fault";
    this.#onReply = (reply) => {
      if (!isReply(reply)) return "fault";
      return { client: `OK ${this.#isSecured ? "OPEN, QUIT" : "STARTTLS, QUIT"}\r\n`, next: "command" };
    };
    return { server: "WHAT\r\n", next: "reply" };
  }
}

function isReply(text: string): boolean {
  return /^(?:OK|NO) [ -~]*$/.test(text);
}

function refuse(refused: Rule, why: string): Step {
  return { client: `NO ${why}\r\n`, refused, next: "command" };
}
