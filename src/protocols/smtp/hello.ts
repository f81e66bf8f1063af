// HELO and EHLO (RFC 5321 section 4.1.1.1; rules A1, A3): the name the client gave, and what it was offered in
// return by the server that is there now. Knows no transaction and no login.

import { isAddressLiteral, isDomain } from "../../wire/domain.ts";
import { offersTls } from "../clear-login.ts";
import type { Setup, Step } from "../protocol.ts";
import { refuse } from "../refusal.ts";
import { isPermanent, isPositive, judged } from "./answers.ts";
import { common, type Offer, rewriteEhlo } from "./extensions.ts";
import { Introduction } from "./introduction.ts";
import type { SmtpOptions } from "./options.ts";
import * as replies from "./replies.ts";
import type { Reply } from "./reply.ts";
import type { Server } from "./server.ts";

/** Before any greeting. */
const NOTHING: Offer = { reply: "", offered: new Set(), mechanisms: [], sizeIsOurs: false };

export class Hello {
  readonly #server: Server;
  readonly #setup: Setup;
  readonly #options: SmtpOptions;
  readonly #isAuthOpen: () => boolean;
  #introduction: Introduction;
  /** As the server was told it. */
  #said: { readonly verb: "EHLO" | "HELO"; readonly name: string } | null = null;
  #count = 0;
  /** What the client was told. */
  #promised = NOTHING;
  /** What of it the server that is there now knows. */
  #offer = NOTHING;

  /** @param isAuthOpen a login may be offered */
  constructor(server: Server, setup: Setup, options: SmtpOptions, isAuthOpen: () => boolean) {
    this.#server = server;
    this.#setup = setup;
    this.#isAuthOpen = isAuthOpen;
    this.#options = options;
    this.#introduction = new Introduction(server, setup, options);
  }

  /** The server has taken one. */
  get isSaid(): boolean {
    return this.#said !== null;
  }

  /** The name the client gave, for the log. */
  get speaker(): { readonly helo?: string } {
    return this.#said === null ? {} : { helo: this.#said.name };
  }

  get offer(): Offer {
    return this.#offer;
  }

  /** @param onTaken what follows from the server's yes besides */
  say(verb: "EHLO" | "HELO", argument: string, onTaken: () => void): Step {
    if (!isDomain(argument) && !isAddressLiteral(argument)) return refuse("syntax", replies.BAD_ARGUMENT);
    const extended = verb === "EHLO" && this.#options.ehlo === "esmtp";
    const said = { verb: extended ? verb : "HELO", name: argument } as const;
    const onReply = (reply: Reply) => {
      if (!isPositive(reply)) return judged(reply, { verb }, false);
      this.#said = said;
      this.#promised = this.#offerOf(reply, extended, verb);
      this.#offer = this.#promised;
      onTaken();
      return { client: this.#promised.reply, next: "command" } as const;
    };
    const step = this.#introduction.greet(said.verb, said.name, onReply, {
      client: replies.unavailable(this.#setup.hostname),
      ...{ next: "close", ends: "server-unavailable" },
    });
    return this.#count++ === 0 ? step : { ...step, idle: true };
  }

  /** A fresh server will greet, and is told who the client is. It may be another one, even one that knows HELO only. */
  again(): Step {
    this.#introduction = new Introduction(this.#server, this.#setup, this.#options);
    return this.#server.awaitGreeting((greeting) =>
      isPositive(greeting) ? this.#repeat(this.#said!) : "fault",
    );
  }

  #repeat({ verb, name }: { readonly verb: "EHLO" | "HELO"; readonly name: string }): Step {
    const extended = verb === "EHLO";
    const onReply = (reply: Reply) => {
      // RFC 5321 section 3.2
      if (extended && isPermanent(reply)) return this.#repeat({ verb: "HELO", name });
      if (!isPositive(reply)) return "fault";
      this.#offer = common(this.#promised, this.#offerOf(reply, extended, "HELO"));
      return { next: "command" } as const;
    };
    return this.#introduction.greet(verb, name, onReply, "fault");
  }

  /** @param verb what the client said: TLS is ours, and no extension of the server's */
  #offerOf(reply: Reply, extended: boolean, verb: "EHLO" | "HELO"): Offer {
    return rewriteEhlo(extended ? reply.lines : [], {
      hostname: this.#setup.hostname,
      maxMessageSize: extended ? this.#options.maxMessageSize : 0,
      auth: this.#isAuthOpen(),
      utf8: this.#options.smtputf8 === "pass",
      startsTls: verb === "EHLO" && offersTls(this.#setup),
    });
  }
}
