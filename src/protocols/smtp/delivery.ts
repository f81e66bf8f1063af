// The message on its way (RFC 5321 section 4.1.1.4; rules A4): DATA, its octets, and the terminator, which is sent
// only for a message that nothing refuses, and is decided by the server alone. Knows which words a refused message
// earns; its octets are in wire/message.ts, its envelope in transaction.ts.

import type { Rule } from "../../record/rules.ts";
import { FAULTS, MessageBody, TERMINATOR, TEXT_LINE } from "../../wire/message.ts";
import { upload } from "../next.ts";
import type { BodyRefusal, Setup, Step } from "../protocol.ts";
import { refuse } from "../refusal.ts";
import { isPositive, judged } from "./answers.ts";
import type { SmtpOptions } from "./options.ts";
import { queueIdOf } from "./queue.ts";
import * as replies from "./replies.ts";
import { type Reply, writeReply } from "./reply.ts";
import type { Server } from "./server.ts";
import type { Addresses, Transaction } from "./transaction.ts";

/** Who says that it is theirs, as the log tells it. */
export interface Author {
  readonly helo?: string;
  readonly user?: string;
}

/** A message that waits for the server's word. */
interface Message extends Addresses {
  readonly recipients: number;
  readonly octets: number;
}

/** Seconds a server may take (RFC 5321 section 4.5.3.2). */
const PATIENCE = { data: 120, message: 600 };

/** A refused message is swallowed up to this many times the size limit, then the client is cut off. */
const DISCARD_FACTOR = 10;

/** The fault of a message whose server went away while it came: no rule of ours forbids the rest. */
const SERVER_LOST: Rule = "server";

export class Delivery {
  readonly #server: Server;
  readonly #transaction: Transaction;
  readonly #hostname: string;
  readonly #options: SmtpOptions;
  /** The message that the client is sending. */
  #body: MessageBody | null = null;

  constructor(server: Server, transaction: Transaction, { hostname }: Setup, options: SmtpOptions) {
    this.#server = server;
    this.#transaction = transaction;
    this.#hostname = hostname;
    this.#options = options;
  }

  data(argument: string): Step {
    if (argument !== "") return refuse("syntax", replies.BAD_ARGUMENT);
    const { fault, addresses } = this.#transaction;
    if (fault !== null) return refuse(fault.rule, fault.reply);
    const step = this.#server.ask(
      "DATA\r\n",
      (reply) => {
        if (reply.code !== "354") return judged(reply, { verb: "DATA", ...addresses }, false);
        this.#body = messageBody(this.#options);
        return { client: replies.START_INPUT, next: upload(this.#body) };
      },
      PATIENCE.data,
    );
    return { ...step, mayUpload: true };
  }

  /** The server is gone. @returns null where no message is coming; else it is heard to its end, and refused */
  serverLost(): Step | null {
    if (this.#body === null) return null;
    this.#body.refuse(SERVER_LOST);
    return { next: upload(this.#body) };
  }

  /** What the log tells of the message that is coming, which this rule refuses, and how it will be answered. */
  refusal(rule: Rule): BodyRefusal {
    const excess = this.#body?.excess ?? null;
    return {
      told: { verb: "DATA", ...this.#transaction.addresses },
      reply: faultReply(rule).trimEnd(),
      ...(excess === null ? {} : { log: { level: 0, event: "costly-rule", fields: { ...excess } } }),
    };
  }

  /** All of the message has come. @returns "restart" next where it was refused: the session has ended the server */
  end(author: Author): Step {
    const body = this.#body!;
    this.#body = null;
    const { addresses, recipients } = this.#transaction;
    this.#transaction.reset();
    if (body.fault === null) {
      const message = { ...addresses, recipients, octets: body.size };
      const decided = (reply: Reply) => committed(reply, message, author);
      return { ...this.#server.ask(TERMINATOR, decided, PATIENCE.message), decides: "delivery" };
    }
    const unavailable = replies.unavailable(this.#hostname);
    if (body.fault === SERVER_LOST) return { client: unavailable, next: "close" };
    if (body.hopeless) return { client: replies.TOO_MUCH_DATA, next: "close" };
    return { client: faultReply(body.fault), next: "restart" };
  }
}

/** A message, from its first octet on. */
export function messageBody({ maxMessageSize, bareNewline, longText, blockBody }: SmtpOptions): MessageBody {
  const limits = {
    size: maxMessageSize,
    line: longText === "reject" ? TEXT_LINE : 0,
    discard: maxMessageSize * DISCARD_FACTOR,
    bareNewline,
  };
  return new MessageBody(limits, blockBody?.() ?? null);
}

/** The server's word on a message. */
function committed(reply: Reply, { from, to, recipients, octets }: Message, author: Author): Step | "fault" {
  const step = judged(reply, { verb: "DATA", from, to }, true);
  if (step === "fault" || !isPositive(reply)) return step;
  const queue = queueIdOf(reply.lines.at(-1)!);
  const fields = {
    ...(queue === null ? {} : { queue }),
    ...{ octets, recipients, reply: writeReply(reply).trimEnd(), from, to, ...author },
  };
  return { ...step, log: { level: 1, event: "message", fields } };
}

function faultReply(fault: Rule): string {
  switch (fault) {
    case FAULTS.bareNewline:
      return replies.BARE_NEWLINE;
    case FAULTS.nul:
      return replies.NUL_IN_MESSAGE;
    case FAULTS.size:
      return replies.MESSAGE_TOO_BIG;
    case FAULTS.line:
      return replies.TEXT_LINE_TOO_LONG;
    case FAULTS.cost:
      return replies.TOO_COSTLY;
    default: // what --block-body refuses
      return replies.CONTENT_BLOCKED;
  }
}
