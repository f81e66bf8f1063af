// Knows how to put the program, as a listener of POP3 and SMTP, in front of servers that count what they are asked, with
// clients that come from wherever a proxy says.

import { type LoginServer, mailServer, popServer } from "./loginserver.ts";
import { Scratch } from "./scratch.ts";
import { at, ports, type ServiceTable, Serving, type ServingPlan } from "./serving.ts";
import type { Protocol, Trying } from "./trying.ts";

/** POP3 and SMTP, each on a port of its own, in front of servers that count what they are asked. */
export class Stage implements AsyncDisposable {
  readonly scratch: Scratch;
  readonly pop: LoginServer;
  readonly mail: LoginServer;
  readonly #ports: Readonly<Record<Protocol, number>>;
  serving!: Serving;

  private constructor(
    scratch: Scratch,
    pop: LoginServer,
    mail: LoginServer,
    ports: Record<Protocol, number>,
  ) {
    this.scratch = scratch;
    this.pop = pop;
    this.mail = mail;
    this.#ports = ports;
  }

  /** @param more options of both services */
  static async open(more: Partial<ServiceTable> = {}, plan: ServingPlan = {}): Promise<Stage> {
    const [pop3, smtp] = await ports(2);
    const stage = new Stage(new Scratch(), await popServer(), await mailServer(), { pop3, smtp });
    stage.serving = await Serving.start(stage.scratch, stage.services(more), plan);
    return stage;
  }

  services(more: Partial<ServiceTable> = {}): Record<string, ServiceTable> {
    const all = {
      ...{ "accept-proxy": ["127.0.0.1"], "login-delay": 0, "max-login-attempts": 0, "max-errors": 0 },
      ...{ "max-connections-per-ip": 0, auth: "pass", ...more },
    };
    const { pop, mail } = this;
    return {
      pop: { ...all, protocol: "pop3", listen: at(this.#ports.pop3), connect: at(pop.port) },
      mx: {
        ...{ ...all, protocol: "smtp", listen: at(this.#ports.smtp), connect: at(mail.port) },
        "relay-domain": ["kit.test"],
      },
    };
  }

  from(address: string | undefined, protocol: Protocol = "pop3"): Trying {
    return { protocol, port: this.#ports[protocol], ...(address === undefined ? {} : { address }) };
  }

  /** What the servers were asked. */
  get asked(): readonly string[] {
    return [...this.pop.told, ...this.mail.told];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.serving[Symbol.asyncDispose]();
    await this.pop[Symbol.asyncDispose]();
    await this.mail[Symbol.asyncDispose]();
    await this.scratch[Symbol.asyncDispose]();
  }
}
