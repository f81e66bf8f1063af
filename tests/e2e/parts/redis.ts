// Knows how to start Debian's Redis on a port of its own, in the clear or in TLS, with a password or without, keeping
// nothing; and how to stop it in the middle.

import { program } from "./missing.ts";
import { freePort } from "./port.ts";
import { Service } from "./process.ts";
import type { Scratch } from "./scratch.ts";

export const redisServer = program("redis-server");

export interface RedisPlan {
  readonly password?: string;
  readonly tls?: { readonly certificate: string; readonly key: string };
  readonly port?: number;
}

export class Redis implements AsyncDisposable {
  readonly port: number;
  readonly #service: Service;

  private constructor(port: number, service: Service) {
    this.port = port;
    this.#service = service;
  }

  static async start(scratch: Scratch, { password, tls, port: known }: RedisPlan = {}): Promise<Redis> {
    const port = known ?? (await freePort());
    const where =
      tls === undefined
        ? ["--port", String(port)]
        : [
            ...["--port", "0", "--tls-port", String(port), "--tls-auth-clients", "no"],
            ...[
              "--tls-cert-file",
              tls.certificate,
              "--tls-key-file",
              tls.key,
              "--tls-ca-cert-file",
              tls.certificate,
            ],
          ];
    const service = new Service(scratch, [
      ...["redis-server", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", scratch.path],
      ...(password === undefined ? [] : ["--requirepass", password]),
      ...where,
    ]);
    await service.listens(port);
    return new Redis(port, service);
  }

  /** It answers nobody, and hangs up on nobody, until it is told to go on. */
  pause(): void {
    process.kill(this.#service.pid, "SIGSTOP");
  }

  resume(): void {
    process.kill(this.#service.pid, "SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.resume();
    await this.#service[Symbol.asyncDispose]();
  }
}
