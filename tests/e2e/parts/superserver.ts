// Knows what the tests ask of a super-server: to start a program for each client. And what most of them need
// for that: a port, and a program without arguments where a configuration knows no quotes.

import { Front } from "./front.ts";
import type { Need } from "./missing.ts";
import { freePort } from "./port.ts";
import { Service } from "./process.ts";
import type { Scratch } from "./scratch.ts";
import { shellCommand } from "./shell.ts";

export interface SuperServer {
  readonly name: string;
  readonly needs: readonly Need[];
  /**
   * Whom the program finds at the other end: the client, because it has the client's socket; the super-server
   * itself, because that one is connected to the program over the loopback; or nobody.
   */
  readonly peer: "client" | "super-server" | "nobody";
  /** Clients have to speak TLS to it. */
  readonly tls?: true;
  start(scratch: Scratch, argv: readonly string[]): Promise<Front>;
}

/** Starts it in the foreground on a free port. */
export async function front(
  scratch: Scratch,
  argv: (port: number) => readonly string[] | Promise<readonly string[]>,
): Promise<Front> {
  const port = await freePort();
  const service = new Service(scratch, await argv(port));
  await service.listens(port);
  return new Front(scratch, service, port);
}

/** The same words as a file for /bin/sh. */
export function script(scratch: Scratch, argv: readonly string[]): string {
  return scratch.file("start.sh", `exec ${shellCommand(argv)}\n`);
}
