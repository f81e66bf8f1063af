// Knows a manager of services that is made up: a datagram socket that keeps what it is told. It stands in Python, since
// the runtime has no such sockets.

import { until } from "./deadline.ts";
import { program } from "./missing.ts";

export const notified = [program("python3")];

const SCRIPT = `
import socket, sys
name = sys.argv[1]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("\\0" + name[1:] if name[0] == "@" else name)
import os
if name[0] != "@": os.chmod(name, 0o666)
print("up", flush=True)
while True: print(s.recv(4096).decode().replace("\\n", " "), flush=True)
`;

export class ServiceManager implements AsyncDisposable {
  readonly #child: Bun.Subprocess<"ignore", "pipe", "inherit">;
  #heard = "";

  private constructor(name: string) {
    this.#child = Bun.spawn(["python3", "-I", "-c", SCRIPT, name], { stdin: "ignore", stdout: "pipe" });
    void this.#hear();
  }

  /** @param name a path, or "@" and an abstract name */
  static async stand(name: string): Promise<ServiceManager> {
    const manager = new ServiceManager(name);
    await until("a manager", () => manager.#heard.startsWith("up\n") || undefined, 10_000);
    return manager;
  }

  /** What it was told so far, a datagram each. */
  get told(): string[] {
    return this.#heard.split("\n").slice(1, -1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }

  async #hear(): Promise<void> {
    for await (const chunk of this.#child.stdout) this.#heard += new TextDecoder().decode(chunk);
  }
}
