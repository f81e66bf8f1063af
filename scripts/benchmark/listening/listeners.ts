// Knows the listeners that stand beside each other: their command lines, and how one is started on a free port and ended.
import type { Stage } from "../stage.ts";
import { begun, freePort } from "./clients.ts";

export interface Listener {
  readonly name: string;
  command(port: number, server: readonly string[]): string[];
}

const asRoot = process.getuid!() === 0;
const wrapping = [
  ...["--log", "none", "--relay-domain", "bench.test", "--max-message-size", "0"],
  ...(asRoot ? ["--user", "nobody"] : []),
];

/** As it stands alone, up to `--` and the server, or `--connect`. @param perAddress 0: room for everybody */
export function ours(path: string, port: number, perAddress = 0): string[] {
  const room = ["--max-connections", "1100", "--max-connections-per-ip", `${perAddress}`];
  return [path, "smtp", "--listen", `127.0.0.1:${port}`, ...wrapping, ...room];
}

export const SOCAT = "socat, a fork each";
export const TCPSERVER = "tcpserver + protowrap";
export const OURS = "protowrap --listen";

/** The yardstick first. */
export function listeners(path: string): Listener[] {
  return [
    {
      name: SOCAT,
      command: (port, server) => [
        ...["socat", "-b", "65536", `TCP-LISTEN:${port},bind=127.0.0.1,fork,reuseaddr,backlog=1024`],
        `EXEC:${server.join(" ")},pipes`,
      ],
    },
    {
      name: TCPSERVER,
      command: (port, server) => [
        ...["tcpserver", "-HR", "-l", "0", "-c", "1100", "127.0.0.1", String(port)],
        ...[path, "smtp", ...wrapping, "--", ...server],
      ],
    },
    { name: OURS, command: (port, server) => [...ours(path, port), "--", ...server] },
  ];
}

export interface Running extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
}

/** @returns once a client has been greeted */
export async function start(command: (port: number) => string[], stage: Stage): Promise<Running> {
  const port = await freePort();
  const process = Bun.spawn(command(port), {
    stdio: ["ignore", "ignore", stage.errors],
    env: { PATH: `${Bun.env.PATH}` },
  });
  const running: Running = {
    ...{ port, pid: process.pid },
    async [Symbol.asyncDispose]() {
      process.kill();
      await process.exited;
    },
  };
  try {
    await begun(port);
  } catch (error) {
    await running[Symbol.asyncDispose]();
    throw error;
  }
  return running;
}
