// Knows Dovecot's ManageSieve server: what it needs, how it is set up, and where a user's scripts stand.

import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import type { Identity } from "./authority.ts";
import { until } from "./deadline.ts";
import { Dovecot, dovecotNeeds } from "./dovecot.ts";
import type { Need } from "./missing.ts";
import { freePort, listening } from "./port.ts";
import type { Scratch } from "./scratch.ts";

const managesieve: Need = {
  name: "dovecot-managesieved",
  there: existsSync("/usr/lib/dovecot/managesieve-login"),
};
export const sieveNeeds: readonly Need[] = [...dovecotNeeds, managesieve];

export interface SievePlan {
  readonly identity?: Identity;
  /** More of its configuration. */
  readonly more?: string;
}

export class SieveServer implements AsyncDisposable {
  readonly port: number;
  readonly #scratch: Scratch;
  readonly #dovecot: Dovecot;

  private constructor(scratch: Scratch, dovecot: Dovecot, port: number) {
    this.#scratch = scratch;
    this.#dovecot = dovecot;
    this.port = port;
  }

  static async start(scratch: Scratch, { identity, more = "" }: SievePlan = {}): Promise<SieveServer> {
    const port = await freePort();
    const home = scratch.directory("sieve");
    Bun.spawnSync(["chown", "kituser:", home]);
    const configuration = `
protocols = pop3 imap sieve
auth_failure_delay = 0
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service managesieve-login {
  inet_listener sieve {
    port = ${port}
  }
}
plugin {
  sieve = file:${home}/all;active=${home}/active
}
`;
    const dovecot = await Dovecot.with(scratch, [], identity ?? null, configuration + more);
    await until("Dovecot's ManageSieve", () => listening(port) || undefined);
    return new SieveServer(scratch, dovecot, port);
  }

  /** The same Dovecot has POP3. */
  get pop3Port(): number {
    return this.#dovecot.pop3Port;
  }

  /** The scripts it has, by their names. */
  get scripts(): Readonly<Record<string, string>> {
    const directory = `${this.#scratch.path}/sieve/all`;
    if (!existsSync(directory)) return {};
    const files = readdirSync(directory).filter((name) => name.endsWith(".sieve"));
    return Object.fromEntries(
      files.sort().map((name) => [name.slice(0, -6), readFileSync(`${directory}/${name}`, "latin1")]),
    );
  }

  /** The script that is active. */
  get active(): string | null {
    const link = `${this.#scratch.path}/sieve/active`;
    return existsSync(link) ? basename(readlinkSync(link), ".sieve") : null;
  }

  get log(): string {
    return readFileSync(`${this.#scratch.path}/dovecot.log`, "latin1");
  }

  /** Waits until no process of it serves anybody. */
  idle(): Promise<unknown> {
    return this.#dovecot.idle();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dovecot[Symbol.asyncDispose]();
  }
}
