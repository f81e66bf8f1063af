// Knows how to start a program on a real TCP socket without any super-server in between: on 0, 1 and 2 as
// inetd does it, or as 3 as systemd does it; connected, or still listening.

import { closeFd, OneClient } from "../../corpus/socket.ts";
import { type Conversation, dial } from "./conversation.ts";
import { within } from "./deadline.ts";

export interface Started extends AsyncDisposable {
  readonly pid: number;
  /** Its exit code, or the signal that ended it. */
  readonly end: (ms?: number) => Promise<number | string>;
}

/** `inetd`: on 0, 1 and 2. `systemd`: as 3, for this very process. `foreign`: as 3, for another process. */
export type Place = "inetd" | "systemd" | "foreign";

export function onClient(
  argv: readonly string[],
  place: Place,
  how: { readonly reads: boolean } = { reads: true },
): Promise<Started & { talk: Conversation }> {
  return onClientThat((port) => dial(port, how), argv, place);
}

/** @param dials comes to the port in its own way; nobody answers it before it is there */
export async function onClientThat<Talk extends Conversation>(
  dials: (port: number) => Promise<Talk>,
  argv: readonly string[],
  place: Place,
): Promise<Started & { talk: Talk }> {
  const listener = new OneClient();
  const talk = await dials(listener.port);
  const started = start(argv, place, listener.accept());
  return {
    ...started,
    talk,
    async [Symbol.asyncDispose]() {
      await talk[Symbol.asyncDispose]();
      await started[Symbol.asyncDispose]();
    },
  };
}

export function onListener(argv: readonly string[], place: Place): Started & { readonly port: number } {
  const listener = new OneClient();
  return { ...start(argv, place, listener.take()), port: listener.port };
}

const PASS = 'LISTEN_PID=$$ LISTEN_FDS=1; export LISTEN_PID LISTEN_FDS; exec "$@"';
const MISPASS = 'LISTEN_PID=1 LISTEN_FDS=1; export LISTEN_PID LISTEN_FDS; exec "$@"';

/** @param fd is closed here: it is the program's now */
export function start(argv: readonly string[], place: Place, fd: number): Started {
  const options = { env: { PATH: "/usr/bin:/bin" }, cwd: "/" };
  const passed = (script: string) => ["/bin/sh", "-c", script, "sh", ...argv];
  const child =
    place === "inetd"
      ? Bun.spawn([...argv], { ...options, stdin: fd, stdout: fd, stderr: fd })
      : Bun.spawn(passed(place === "systemd" ? PASS : MISPASS), {
          ...options,
          stdio: ["ignore", "ignore", "ignore", fd],
        });
  closeFd(fd);
  return {
    pid: child.pid,
    end: async (ms = 10_000) =>
      within(ms, `end of ${argv.join(" ")}`, child.exited).then((code) => child.signalCode ?? code),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}
