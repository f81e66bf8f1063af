// XCLIENT (the command that Postfix documents, and Dovecot and others know; rules H): the server hears whom we speak
// for, behind the first hello and before anything it could judge. Knows what is said and when; not what any hello means.

import type { Entry } from "../../record/entry.ts";
import type { Setup, Step } from "../protocol.ts";
import type { OnReply } from "../server.ts";
import { XCLIENT_MISSING, xclientRefused } from "../xclient.ts";
import { isPositive } from "./answers.ts";
import type { SmtpOptions } from "./options.ts";
import type { Reply } from "./reply.ts";
import type { Server } from "./server.ts";
import { type Speaker, writeXclient } from "./xclient.ts";

/** One for each server. */
export class Introduction {
  readonly #server: Server;
  readonly #setup: Setup;
  /** Nothing is to be said, or nothing more. */
  #isOver: boolean;

  constructor(server: Server, setup: Setup, { xclient }: Pick<SmtpOptions, "xclient">) {
    this.#server = server;
    this.#setup = setup;
    this.#isOver = !xclient;
  }

  /**
   * Says hello, and where the server offers to hear who that is, says so and hello once more: it begins anew then. Only
   * EHLO tells what is offered, whatever the client says.
   * @param onReply what the reply to the last hello means
   * @param refused what follows if it does not take that: it would judge us instead of the client
   */
  greet(verb: "EHLO" | "HELO", name: string, onReply: OnReply<Reply>, refused: Step | "fault"): Step {
    const hello = () => this.#server.ask(`${verb} ${name}\r\n`, onReply);
    if (this.#isOver) return hello();
    return this.#server.ask(`EHLO ${name}\r\n`, (reply) => {
      const isAnswer = verb === "EHLO";
      if (isAnswer && !isPositive(reply)) return onReply(reply);
      // Not once more, where a transaction may be open: a hello that the client knows nothing of would end it.
      this.#isOver = true;
      const speaker: Speaker = { ...this.#setup, verb, name };
      const command = isPositive(reply) ? writeXclient(reply.lines.slice(1), speaker) : null;
      if (command === null) return telling(XCLIENT_MISSING, isAnswer ? onReply(reply) : hello());
      return this.#server.ask(command, (answer) =>
        answer.code === "220" ? hello() : telling(xclientRefused(said(answer)), refused),
      );
    });
  }
}

function telling(log: Entry, step: Step | "fault"): Step | "fault" {
  return step === "fault" ? step : { ...step, log };
}

function said({ code, lines }: Reply): string {
  return `${code} ${lines.at(-1)!}`;
}
