// Who may come, who may send, and to whom (rules A7): what the options say of a client, a sender and a recipient.
// Knows addresses and options; no state of the conversation and no reply of the server.

import { canonicalEntry, mayRelay, type RelayPolicy } from "../../policy/relay.ts";
import type { Setup } from "../protocol.ts";
import type { Refusal } from "../refusal.ts";
import { formsOf } from "./forms.ts";
import type { Mailbox } from "./mailbox.ts";
import type { SmtpOptions } from "./options.ts";
import * as replies from "./replies.ts";

/** Of those whose names clients may leave out: each costs every rule a look. */
const MOST_HOMES = 100;

export class Admission {
  readonly #clientAddress: string | null;
  readonly #options: SmtpOptions;
  readonly #relay: RelayPolicy;
  /** Domains in which a name without one may be. */
  readonly #homes: readonly string[];

  constructor({ clientAddress, hostname }: Setup, options: SmtpOptions) {
    this.#clientAddress = clientAddress;
    this.#options = options;
    this.#relay = {
      domains: options.relayDomain.map(canonicalEntry),
      senderDomains: options.relaySenderDomain.map(canonicalEntry),
      clientAllowed: options.relayIp.has(clientAddress),
    };
    const own = this.#relay.domains.filter((entry) => !entry.startsWith("."));
    this.#homes = [hostname.toLowerCase(), ...own.slice(0, MOST_HOMES)];
  }

  /** The client may send anywhere, whoever it says it is. */
  get isTrusted(): boolean {
    return this.#relay.clientAllowed;
  }

  /** @returns why the client may not come in, or null */
  client(): Refusal | null {
    if (!this.#options.blockIp.has(this.#clientAddress)) return null;
    return { rule: "block-ip", reply: replies.CLIENT_BLOCKED };
  }

  /** @returns why the sender is refused, or null */
  sender(sender: Mailbox | null, isAuthenticated: boolean): Refusal | null {
    if (this.#options.dnsbl.listedBy() !== null && !isAuthenticated)
      return { rule: "dnsbl", reply: replies.CLIENT_LISTED };
    return this.#blocked(sender);
  }

  /** @returns why the recipient is refused, or null */
  recipient(recipient: Mailbox, sender: Mailbox | null, isAuthenticated: boolean): Refusal | null {
    if (!mayRelay(recipient, sender, isAuthenticated, this.#relay))
      return { rule: "relay", reply: replies.RELAY_DENIED };
    return this.#blocked(recipient);
  }

  #blocked(mailbox: Mailbox | null): Refusal | null {
    const { blockAddress } = this.#options;
    if (blockAddress.length === 0) return null;
    const forms = formsOf(mailbox, this.#homes);
    const isBlocked = blockAddress.some((pattern) => forms.some((form) => pattern.test(form)));
    return isBlocked ? { rule: "block-address", reply: replies.ADDRESS_BLOCKED } : null;
  }
}
