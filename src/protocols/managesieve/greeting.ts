// What the server can do, as a client is told it (RFC 5804 section 1.7): where it is greeted, and where it asks. Knows the
// server's list and whom the server is to hear of before a client is greeted; which capabilities pass is in capabilities.ts.

import { offersTls } from "../clear-login.ts";
import type { Setup, Step } from "../protocol.ts";
import { refusedByServer } from "../refusal.ts";
import { writeXclient, XCLIENT, XCLIENT_MISSING, xclientRefused } from "../xclient.ts";
import type { Authentication } from "./authentication.ts";
import { CapabilityList, filterCapabilities, writeCapabilities } from "./capabilities.ts";
import { type Command, writeCommand } from "./commands.ts";
import type { SieveOptions } from "./options.ts";
import * as replies from "./replies.ts";
import { pass, type Server } from "./server.ts";
import { statusIn, writeStatus } from "./status.ts";
import type { Word } from "./strings.ts";

export class Greeting {
  readonly #server: Server;
  readonly #authentication: Pick<Authentication, "isLoginOpen" | "state">;
  readonly #setup: Setup;
  readonly #options: Pick<SieveOptions, "auth" | "xclient">;
  readonly #list = new CapabilityList();

  constructor(
    server: Server,
    authentication: Pick<Authentication, "isLoginOpen" | "state">,
    setup: Setup,
    options: Pick<SieveOptions, "auth" | "xclient">,
  ) {
    this.#server = server;
    this.#authentication = authentication;
    this.#setup = setup;
    this.#options = options;
  }

  /** A line of the server's greeting. The server's name never shows. */
  greeted(words: readonly Word[]): Step | "fault" {
    const status = this.#list.add(words);
    if (status === null) return { next: "reply" };
    if (status === "fault" || status.word === "NO") return "fault";
    if (status.word === "BYE") {
      const refused = refusedByServer({}, false);
      return { client: writeStatus(status), next: "close", ends: "server-end", ...refused };
    }
    const ready = replies.READY(this.#setup.hostname);
    return this.#introduced({ client: `${this.#shown(this.#list)}${ready}`, next: "command" });
  }

  /** The client asks. */
  list(command: Command): Step {
    const list = new CapabilityList();
    return this.#server.send(writeCommand(command), (words) => {
      const status = list.add(words);
      if (status === null) return { next: "reply" };
      if (status === "fault") return "fault";
      if (status.word !== "OK") return pass(status, command.verb);
      return { client: `${this.#shown(list)}${replies.CAPABILITIES_DONE}`, next: "command" };
    });
  }

  /** @param step what follows once the server has heard whom we speak for */
  #introduced(step: Step): Step {
    if (!this.#options.xclient) return step;
    if (!this.#list.has(XCLIENT)) return { ...step, log: XCLIENT_MISSING };
    return this.#server.send(writeXclient(this.#setup), (words) => {
      const status = statusIn(words);
      if (status?.word === "OK") return step;
      const log = xclientRefused(status === null ? "no status" : writeStatus(status).trimEnd());
      return { client: replies.UNAVAILABLE, next: "close", ends: "server-unavailable", log };
    });
  }

  #shown({ capabilities }: CapabilityList): string {
    const { isLoginOpen, state } = this.#authentication;
    const startsTls = offersTls(this.#setup) && state === "non-authenticated";
    const policy = { auth: this.#options.auth === "pass", isLoginOpen, startsTls };
    return writeCapabilities(filterCapabilities(capabilities, policy));
  }
}
