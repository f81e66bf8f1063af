// Knows what every super-server of the tests has in common: it listens on a port and starts a program
// for each connection.

import type { Service } from "./process.ts";
import type { Scratch } from "./scratch.ts";

export class Front implements AsyncDisposable {
  readonly port: number;
  readonly pid: number;
  readonly #scratch: Scratch;
  readonly #service: Service;

  constructor(scratch: Scratch, service: Service, port: number) {
    this.#scratch = scratch;
    this.#service = service;
    this.port = port;
    this.pid = service.pid;
  }

  /** Waits until every session has ended with all its processes, deliveries included. */
  sessionsEnd(ms?: number): Promise<void> {
    return this.#scratch.quiet([this.pid], ms);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#service[Symbol.asyncDispose]();
  }
}
