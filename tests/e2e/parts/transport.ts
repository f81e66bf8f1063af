// Knows the client transports: how a client comes to what is wrapped, which process is its own, and when all that is
// over. A new one is one more entry of TRANSPORTS, and the faults, the latencies and the fuzzer's end-to-end half
// run over each. Knows no protocol.

import { existsSync, readFileSync } from "node:fs";
import type { Conversation } from "./conversation.ts";
import { until, within } from "./deadline.ts";
import { built, type Need, option } from "./missing.ts";
import { onClientThat } from "./onsocket.ts";
import { freePort } from "./port.ts";
import { CLEAR, SECURE, type Speech } from "./speech.ts";
import { protowrap } from "./wrapper.ts";

/** What is put in front of which server; the same whatever way its clients come. */
export interface Wrapping {
  readonly protocol: string;
  readonly options: readonly string[];
  /** `--` and its command line, or `--connect` and where. */
  readonly server: readonly string[];
  /** The file that the log goes to. */
  readonly log: string;
}

export interface Transport {
  readonly name: string;
  readonly needs: readonly Need[];
  /** Whether a client has a process for itself, whose exit code tells how its session was. */
  readonly forks: boolean;
  /** Whether a client can say that it says no more, and still listen. */
  readonly halfCloses: boolean;
  /** Whether it speaks TLS from its first octet on. */
  readonly isSecure: boolean;
  /** Whether every fault is played over it each time, and not in tests/long alone. */
  readonly isPlayedEachTime: boolean;
  /** @returns once clients can come */
  stand(wrapping: Wrapping): Promise<Front>;
}

/** What stands there for all clients, if anything does. */
export interface Front extends AsyncDisposable {
  come(): Promise<Link>;
  /** Ends it when all clients have gone. @returns its exit code, or the signal that ended it; null if nothing stood */
  leave(): Promise<number | string | null>;
}

/** One client that has come. */
export interface Link extends AsyncDisposable {
  readonly talk: Conversation;
  /** The process that a signal reaches it through. */
  readonly pid: number;
  /** What the log tells of it so far. */
  log(): string;
  /** @returns once its session is over: the exit code of its own process, or the signal that ended it; null without one */
  end(ms?: number): Promise<number | string | null>;
}

/** One process for a client, whose socket is on its descriptors 0, 1 and 2. */
function inetd(speech: Speech): Transport {
  return {
    name: `inetd's socket${speech.name}`,
    needs: [built, ...speech.needs],
    forks: true,
    halfCloses: true,
    isSecure: speech === SECURE,
    isPlayedEachTime: speech === CLEAR,
    stand: async (wrapping) => {
      const argv = commandOf(wrapping, ...speech.options(wrapping.log));
      return {
        async come() {
          const wrapper = await onClientThat(speech.dial, argv, "inetd");
          await wrapper.talk.secured;
          return {
            ...wrapper,
            log: () => linesOf(wrapping.log, (line) => line.includes(`[${wrapper.pid}]: `)),
          };
        },
        leave: async () => null,
        async [Symbol.asyncDispose]() {},
      };
    },
  };
}

/** The supervisor accepts a client and passes its socket to a worker. */
function listener(speech: Speech): Transport {
  return {
    name: `--listen${speech.name}`,
    needs: [built, option("smtp", "listen"), ...speech.needs],
    forks: false,
    halfCloses: true,
    isSecure: speech === SECURE,
    isPlayedEachTime: speech === CLEAR,
    async stand(wrapping) {
      const port = await freePort();
      const listens = ["--listen", `127.0.0.1:${port}`, "--workers", "1", ...speech.options(wrapping.log)];
      const child = Bun.spawn(commandOf(wrapping, ...listens), {
        cwd: "/",
        env: { PATH: "/usr/bin:/bin" },
        stdin: "ignore",
        stdout: "ignore",
      });
      const front: Front = {
        async come() {
          const talk = await speech.dial(port);
          await talk.secured;
          const log = () => sessionOf(wrapping.log, ` client=127.0.0.1:${talk.port} `);
          return {
            talk,
            pid: child.pid,
            log,
            async end(ms = 10_000) {
              await until("the end of the session", () => / event=end /.test(log()) || undefined, ms);
              return null;
            },
            [Symbol.asyncDispose]: () => talk[Symbol.asyncDispose](),
          };
        },
        async leave() {
          child.kill("SIGTERM");
          await within(15_000, "the end of the listener", child.exited);
          return child.signalCode ?? child.exitCode;
        },
        async [Symbol.asyncDispose]() {
          child.kill("SIGKILL"); // its workers leave with it
          await child.exited;
        },
      };
      try {
        await until(
          "a listener",
          () => /event=worker state=ready/.test(contentOf(wrapping.log)) || undefined,
          20_000,
        );
      } catch (error) {
        await front[Symbol.asyncDispose]();
        throw error;
      }
      return front;
    },
  };
}

export const TRANSPORTS: readonly Transport[] = [
  ...[inetd(CLEAR), listener(CLEAR)],
  ...[inetd(SECURE), listener(SECURE)],
];

export function commandOf({ protocol, options, server, log }: Wrapping, ...more: string[]): string[] {
  return [protowrap, protocol, ...more, "--log", `file:${log}`, ...options, ...server];
}

/** The lines of the session that was the latest to be told with this mark: a client's port may come again. */
function sessionOf(log: string, mark: string): string {
  const session = / session=\S+ /.exec(
    linesOf(log, (line) => line.includes(mark))
      .split("\n")
      .at(-2) ?? "",
  )?.[0];
  return session === undefined ? "" : linesOf(log, (line) => line.includes(session));
}

function linesOf(log: string, isOne: (line: string) => boolean): string {
  return contentOf(log)
    .split(/(?<=\n)/)
    .filter(isOne)
    .join("");
}

function contentOf(log: string): string {
  return existsSync(log) ? readFileSync(log, "utf8") : "";
}
