// Knows how what ends TLS is started on a free port, and when it serves.
import { freePort } from "../listening/clients.ts";
import type { Running } from "../listening/listeners.ts";
import type { Stage } from "../stage.ts";
import { SecureTalk } from "./talk.ts";

const PATIENCE_MS = 10_000;

/** @returns once a client has been greeted inside TLS, or, of who does nothing but handshakes, has connected */
export async function startSecure(
  command: (port: number) => readonly string[],
  stage: Stage,
  greets: "inside TLS" | "in the clear" | "never" = "inside TLS",
): Promise<Running> {
  const port = await freePort();
  const process = Bun.spawn([...command(port)], {
    stdio: ["pipe", "ignore", stage.errors],
    env: { PATH: `${Bun.env.PATH}` },
  });
  const running: Running = {
    ...{ port, pid: process.pid },
    async [Symbol.asyncDispose]() {
      process.kill();
      await process.exited;
    },
  };
  for (const end = performance.now() + PATIENCE_MS; ; ) {
    try {
      const talk = await SecureTalk.dial(port, greets === "inside TLS");
      if (greets !== "never") await talk.chunk();
      if (greets !== "never") await talk.write(Buffer.from("QUIT\r\n"));
      talk.close();
      return running;
    } catch (error) {
      if (performance.now() < end) await Bun.sleep(50);
      else {
        await running[Symbol.asyncDispose]();
        throw error;
      }
    }
  }
}
