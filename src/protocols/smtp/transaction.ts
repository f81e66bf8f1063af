// The mail transaction (RFC 5321 section 3.3; rules A1, A2): the sender and the recipients that the server has
// taken. Knows MAIL and RCPT; whom the options let send is in admission.ts, the message itself in delivery.ts.
//
//   none ─MAIL─► open ─RCPT─► with recipients ─(message, RSET, HELO)─► none

import type { Step } from "../protocol.ts";
import { type Refusal, refuse } from "../refusal.ts";
import type { Admission, RecipientRefusal } from "./admission.ts";
import { isPositive, judged } from "./answers.ts";
import { type Envelope, parseEnvelope, writeEnvelope } from "./envelope.ts";
import type { Offer } from "./extensions.ts";
import { addressOf, type Mailbox } from "./mailbox.ts";
import type { SmtpOptions } from "./options.ts";
import * as replies from "./replies.ts";
import type { Server } from "./server.ts";

/** What counts of the client while it writes an envelope. */
export interface Sending {
  readonly offer: Offer;
  readonly isAuthenticated: boolean;
}

/** From whom to whom, as the log tells it. */
export interface Addresses {
  readonly from: string;
  readonly to: readonly string[];
}

/** Recipients of a message that the log tells. */
const TOLD_RECIPIENTS = 10;

export class Transaction {
  readonly #server: Server;
  readonly #admission: Admission;
  readonly #options: SmtpOptions;
  #isOpen = false;
  #sender: Mailbox | null = null;
  /** What is said of it may have UTF-8 in it (RFC 6531). */
  #isInternational = false;
  #recipients = 0;
  /** The first of them, for the log. */
  #accepted: string[] = [];
  #recipientRefused = false;

  constructor(server: Server, admission: Admission, options: SmtpOptions) {
    this.#server = server;
    this.#admission = admission;
    this.#options = options;
  }

  /** The server has taken a sender. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  get recipients(): number {
    return this.#recipients;
  }

  get addresses(): Addresses {
    return { from: addressOf(this.#sender), to: this.#accepted };
  }

  /** Why a message would be for nobody, or null. */
  get fault(): Refusal | null {
    if (this.#recipients > 0) return null;
    return this.#recipientRefused
      ? { rule: "no-recipients", reply: replies.NO_RECIPIENTS }
      : { rule: "sequence", reply: replies.BAD_SEQUENCE };
  }

  reset(): void {
    this.#isOpen = false;
    this.#sender = null;
    this.#isInternational = false;
    this.#recipients = 0;
    this.#accepted = [];
    this.#recipientRefused = false;
  }

  /** Only where none is open. */
  mail(argument: string, { offer, isAuthenticated }: Sending): Step {
    const envelope = parseEnvelope("MAIL", argument, offer.offered);
    if ("rule" in envelope) return refuse(envelope.rule, envelope.reply);
    const { mailbox, declaredSize } = envelope;
    const limit = this.#options.maxMessageSize;
    if (limit > 0 && declaredSize !== null && declaredSize > BigInt(limit))
      return refuse("message-size", replies.MESSAGE_TOO_BIG);
    const told = { from: addressOf(mailbox) };
    const refusal = this.#admission.sender(mailbox, isAuthenticated);
    if (refusal !== null) return { ...refuse(refusal.rule, refusal.reply), told };
    return this.#server.ask(write(envelope, offer), (reply) => {
      if (isPositive(reply)) {
        this.#isOpen = true;
        this.#sender = mailbox;
        this.#isInternational = envelope.isInternational;
      }
      return judged(reply, { verb: "MAIL", ...told }, false);
    });
  }

  rcpt(argument: string, sending: Sending): Step {
    if (!this.#isOpen) return refuse("sequence", replies.BAD_SEQUENCE);
    const step = this.#recipient(argument, sending);
    if (step.refused !== undefined) this.#recipientRefused = true;
    return step;
  }

  #recipient(argument: string, { offer, isAuthenticated }: Sending): Step {
    const envelope = parseEnvelope("RCPT", argument, offer.offered, this.#isInternational);
    if ("rule" in envelope) return refuse(envelope.rule, envelope.reply);
    const mailbox = envelope.mailbox!;
    const told = { from: addressOf(this.#sender), to: [addressOf(mailbox)] };
    const refusal = this.#admission.recipient(mailbox, this.#sender, isAuthenticated);
    if (refusal !== null) return { ...refuse(refusal.rule, refusal.reply), ...telling(refusal), told };
    if (this.#options.maxRecipients > 0 && this.#recipients >= this.#options.maxRecipients) {
      // RFC 5321 section 4.5.3.1.10: the client sends the rest in another transaction; no error of its own.
      return { ...refuse("max-recipients", replies.TOO_MANY_RECIPIENTS), error: false, told };
    }
    return this.#server.ask(write(envelope, offer), (reply) => {
      if (isPositive(reply)) {
        this.#recipients++;
        if (this.#accepted.length < TOLD_RECIPIENTS) this.#accepted.push(...told.to);
      } else this.#recipientRefused = true;
      // Whoever asks for one name after the other is told by the server which of them exist.
      return judged(reply, { verb: "RCPT", ...told }, true);
    });
  }
}

/** A list that does not know is no error of the client's; whoever looks after it is told, and not by each client. */
function telling({ doubted }: RecipientRefusal): Pick<Step, "log" | "error"> {
  if (doubted === undefined) return {};
  const { list, error, isNew } = doubted;
  if (!isNew) return { error: false };
  return { error: false, log: { level: 0, event: "list", fields: { state: "doubted", list, error } } };
}

function write(envelope: Envelope, { sizeIsOurs }: Offer): string {
  return writeEnvelope(envelope, sizeIsOurs ? "SIZE" : null);
}
