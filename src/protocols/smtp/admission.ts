// Who may come, who may send, and to whom (rules A7): what the options say of a client, a sender and a recipient.
// Knows addresses and options; no state of the conversation and no reply of the server.

import type { Doubted } from "../../policy/recipients.ts";
import { mayRelay, type RelayPolicy } from "../../policy/relay.ts";
import type { Setup } from "../protocol.ts";
import type { Refusal } from "../refusal.ts";
import { formsOf } from "./forms.ts";
import type { Mailbox } from "./mailbox.ts";
import type { SmtpOptions } from "./options.ts";
import * as replies from "./replies.ts";

/** Of those whose names clients may leave out: each costs every rule a look. */
const MOST_HOMES = 100;
/** `doubted`: the list that does not know now, of which the administrator should hear. */
export type RecipientRefusal = Refusal & { readonly doubted?: Doubted };

export class Admission {
  /** Found out at once, while the server starts: a list may be long. */
  readonly #isBlocked: boolean;
  readonly #options: SmtpOptions;
  readonly #relay: RelayPolicy;
  /** Domains in which a name without one may be, once that is asked. */
  #homes: readonly string[] | null = null;
  readonly #hostname: string;

  constructor({ clientAddress, hostname }: Setup, options: SmtpOptions) {
    this.#isBlocked = options.blockIp.has(clientAddress);
    this.#options = options;
    this.#relay = {
      domains: options.relayDomain,
      senderDomains: options.relaySenderDomain,
      clientAllowed: options.relayIp.has(clientAddress),
    };
    this.#hostname = hostname.toLowerCase();
  }

  /** The client may send anywhere, whoever it says it is. */
  get isTrusted(): boolean {
    return this.#relay.clientAllowed;
  }

  /** @returns why the client may not come in, or null */
  client(): Refusal | null {
    if (!this.#isBlocked) return null;
    return { rule: "block-ip", reply: replies.CLIENT_BLOCKED };
  }

  /** @returns why the sender is refused, or null */
  sender(sender: Mailbox | null, isAuthenticated: boolean): Refusal | null {
    if (this.#options.dnsbl.listedBy() !== null && !isAuthenticated)
      return { rule: "dnsbl", reply: replies.CLIENT_LISTED };
    return this.#blocked(sender);
  }

  /** @returns why the recipient is refused, or null */
  recipient(recipient: Mailbox, sender: Mailbox | null, isAuthenticated: boolean): RecipientRefusal | null {
    if (!mayRelay(recipient, sender, isAuthenticated, this.#relay))
      return { rule: "relay", reply: replies.RELAY_DENIED };
    return this.#blocked(recipient) ?? this.#missing(recipient, isAuthenticated);
  }

  /**
   * Mail for whoever is not there would be taken, and sent back to a sender who never wrote it. Where others live only
   * they know who is there; names without a domain are nobody's affair who may send anywhere.
   */
  #missing(recipient: Mailbox, isAuthenticated: boolean): RecipientRefusal | null {
    const { recipient: known, relayDomain } = this.#options;
    if (known === null) return null;
    const isTrusted = this.isTrusted || isAuthenticated;
    if (recipient.domain === null ? isTrusted : !relayDomain.has(recipient.domain)) return null;
    const standing = known.standing(recipient);
    if (standing.is === "known") return null;
    if (standing.is === "unknown") return { rule: "recipient", reply: replies.NO_SUCH_RECIPIENT };
    return { rule: "recipient", reply: replies.RECIPIENTS_UNAVAILABLE, doubted: standing.why };
  }

  #blocked(mailbox: Mailbox | null): Refusal | null {
    const { blockAddress } = this.#options;
    if (blockAddress.length === 0) return null;
    this.#homes ??= [this.#hostname, ...this.#relay.domains.some(MOST_HOMES)];
    const forms = formsOf(mailbox, this.#homes);
    const isBlocked = blockAddress.some((pattern) => forms.some((form) => pattern.test(form)));
    return isBlocked ? { rule: "block-address", reply: replies.ADDRESS_BLOCKED } : null;
  }
}
