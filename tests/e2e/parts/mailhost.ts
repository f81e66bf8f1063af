// Knows a server over TCP that can be killed, frozen and started again on its port, and how many sessions it served.

import { join } from "node:path";
import { until } from "./deadline.ts";
import { freePort } from "./port.ts";

const SCRIPT = join(import.meta.dir, "../../fixtures/mail-host.ts");

export class MailHost implements AsyncDisposable {
  readonly port: number;
  #child: Bun.Subprocess<"ignore", "pipe", "inherit"> | null = null;
  #said = "";

  private constructor(port: number) {
    this.port = port;
  }

  static async start(): Promise<MailHost> {
    const host = new MailHost(await freePort());
    await host.begin();
    return host;
  }

  /** On the same port again, where it was killed. */
  async begin(): Promise<void> {
    const child = Bun.spawn([process.execPath, SCRIPT, String(this.port)], {
      ...{ stdin: "ignore", stdout: "pipe", stderr: "inherit" },
    });
    this.#child = child;
    this.#said = "";
    void (async () => {
      for await (const text of child.stdout.pipeThrough(new TextDecoderStream() as never))
        if (this.#child === child) this.#said += text;
    })();
    await until("a host", () => (this.#said.includes("listening\n") ? true : undefined), 15_000);
  }

  /** Sessions since it began. */
  get served(): number {
    return this.#said.split("served\n").length - 1;
  }

  freeze(): void {
    this.#child?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#child?.kill("SIGCONT");
  }

  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#child?.exited;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}
