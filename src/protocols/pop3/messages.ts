// The commands about messages (RFC 1939 sections 5 and 7; rules B2): what of each the server gets, and what is
// learnt from its answer. Knows which command names a message by its number; which numbers there are is in
// mailbox.ts, the form of an answer in server.ts.

import type { Step } from "../protocol.ts";
import { refuse } from "../refusal.ts";
import { type Command, writeCommand } from "./commands.ts";
import { Mailbox } from "./mailbox.ts";
import * as replies from "./replies.ts";
import { pass, type Server } from "./server.ts";
import { statusOf } from "./status.ts";

export class Messages {
  readonly #server: Server;
  readonly #mailbox = new Mailbox();
  /** The hidden STAT was sent. Without an answer to it, numbers are forwarded on their syntax alone. */
  #isAsked = false;

  constructor(server: Server) {
    this.#server = server;
  }

  command(command: Command): Step {
    switch (command.verb) {
      case "STAT":
        return this.#server.ask(command, (text) => {
          this.#mailbox.learnCount(text);
          return pass(text);
        });
      case "RSET":
        return this.#server.ask(command, (text) => {
          if (statusOf(text) === "ok") this.#mailbox.restore();
          return pass(text);
        });
      case "LAST":
        return this.#server.ask(command, pass);
      default:
        return command.words[0] === undefined
          ? this.#whole(command)
          : this.#numbered(command, command.words[0]);
    }
  }

  /** LIST and UIDL of the whole mailbox. */
  #whole(command: Command): Step {
    const learn = (number: string) => this.#mailbox.learnNumber(number);
    return this.#server.ask(command, (text) => this.#server.passBody(text, learn));
  }

  /** A command about one message. How many there are is asked of the server once, if nobody asked yet. */
  #numbered(command: Command, number: string): Step {
    if (this.#isAsked || this.#mailbox.judge(number) !== "unknown") return this.#forward(command, number);
    this.#isAsked = true;
    return this.#server.send("STAT\r\n", (text) => {
      const answer = pass(text);
      if (answer === "fault") return answer;
      this.#mailbox.learnCount(text);
      return this.#forward(command, number);
    });
  }

  #forward(command: Command, number: string): Step {
    const verdict = this.#mailbox.judge(number);
    const line = { shown: writeCommand(command).trimEnd(), told: { verb: command.verb } };
    if (verdict === "deleted") return { ...refuse("deleted-message", replies.MESSAGE_DELETED), ...line };
    if (verdict === "missing") return { ...refuse("no-such-message", replies.NO_SUCH_MESSAGE), ...line };
    switch (command.verb) {
      case "RETR":
      case "TOP":
        return this.#server.ask(command, (text) => this.#server.passBody(text, null));
      case "DELE":
        return this.#server.ask(command, (text) => {
          if (statusOf(text) === "ok") this.#mailbox.delete(number);
          return pass(text);
        });
      default: // LIST and UIDL of one message: one line (RFC 1939 sections 5 and 7)
        return this.#server.ask(command, pass);
    }
  }
}
