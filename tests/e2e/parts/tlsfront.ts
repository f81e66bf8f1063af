// Knows how the built program stands there with TLS, whichever way a client comes to it, what its server heard, and what
// its log tells of one client. Knows no protocol but the words of the two servers here.

import { existsSync, readFileSync } from "node:fs";
import { makeCertificate } from "../../certificate.ts";
import { OneClient } from "../../corpus/socket.ts";
import { until } from "./deadline.ts";
import { built, type Need, option, program, root } from "./missing.ts";
import { start } from "./onsocket.ts";
import type { Scratch } from "./scratch.ts";
import { Standing } from "./standing.ts";
import { TlsTalk } from "./tlstalk.ts";
import { protowrap } from "./wrapper.ts";

/** Whether a process for each client, or one for many. */
export const SITUATIONS = ["inetd's socket", "--listen"] as const;
export type Situation = (typeof SITUATIONS)[number];

export const tlsNeeds: readonly Need[] = [
  built,
  option("smtp", "tls"),
  program("python3"),
  program("openssl"),
];

export interface FrontPlan {
  readonly protocol: string;
  readonly mode: string;
  readonly options?: readonly string[];
  /** In place of --tls-cert and --tls-key of one certificate. */
  readonly certificates?: readonly string[];
  /** A server's command line, in place of one of the two here. */
  readonly server?: readonly string[];
}

export interface Visit extends AsyncDisposable {
  readonly client: TlsTalk;
  /** Ends with the session. */
  readonly end: () => Promise<void>;
  /** Its own process's exit code, where it has one. */
  readonly exit?: () => Promise<number | string>;
  /** What the log tells so far. */
  readonly log: () => string;
  /** The process that serves this client, or may serve it. */
  readonly pid: number;
}

export class TlsFront implements AsyncDisposable {
  readonly #scratch: Scratch;
  readonly #plan: FrontPlan;
  readonly #standing: Standing | null;

  private constructor(scratch: Scratch, plan: FrontPlan, standing: Standing | null) {
    this.#scratch = scratch;
    this.#plan = plan;
    this.#standing = standing;
  }

  static async stand(situation: Situation, scratch: Scratch, plan: FrontPlan): Promise<TlsFront> {
    const given = plan.certificates ?? certificateOf(scratch);
    const tls = ["--tls", plan.mode, ...given];
    const options = [...tls, ...(plan.options ?? [])];
    const server = plan.server ?? serverOf(scratch, plan.protocol);
    const whole = { ...plan, options, server };
    if (situation === "inetd's socket") return new TlsFront(scratch, whole, null);
    const { protocol } = plan;
    const more = ["--max-connections-per-ip", "0", ...options];
    const standing = await Standing.start(scratch, { protocol, options: more, server: ["--", ...server] });
    return new TlsFront(scratch, whole, standing);
  }

  /** Null where nothing stands but for a client. */
  get standing(): Standing | null {
    return this.#standing;
  }

  /** Every line that servers were told. */
  get heard(): string[] {
    return contentOf(`${this.#scratch.path}/heard`).split("\n").slice(0, -1);
  }

  /** How many servers were started. */
  get started(): number {
    return contentOf(`${this.#scratch.path}/started`).length / 2;
  }

  async come(): Promise<Visit> {
    const standing = this.#standing;
    if (standing !== null) {
      const client = await TlsTalk.dial(standing.port);
      const log = () => sessionOf(standing.log, ` client=127.0.0.1:${client.port} `);
      return {
        ...{ client, log, pid: standing.workers[0]! },
        end: async () =>
          void (await until("the session's end", () => / event=end /.test(log()) || undefined, 40_000)),
        [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
      };
    }
    const { protocol, options = [], server = [] } = this.#plan;
    Bun.spawnSync(["chmod", "-R", "a+rwX", this.#scratch.path]);
    const file = `${this.#scratch.path}/log`;
    const drop = root.there ? ["--user", "nobody"] : [];
    const relay = protocol === "smtp" ? ["--relay-domain", "kit.test"] : [];
    const log = ["--log", `file:${file}`];
    const socket = new OneClient();
    const client = await TlsTalk.dial(socket.port);
    const argv = [protowrap, protocol, ...drop, ...relay, ...log, ...options, "--", ...server];
    const wrapper = start(argv, "inetd", socket.accept());
    return {
      ...{ client, pid: wrapper.pid },
      log: () => linesOf(contentOf(file), (line) => line.includes(`[${wrapper.pid}]: `)),
      end: async () => void (await wrapper.end(40_000)),
      exit: () => wrapper.end(10_000),
      async [Symbol.asyncDispose]() {
        await client[Symbol.asyncDispose]();
        await wrapper[Symbol.asyncDispose]();
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#standing?.[Symbol.asyncDispose]();
  }
}

/** What --tls-cert and --tls-key are given for one certificate, whose key is root's alone. */
export function certificateOf(scratch: Scratch, name = "mx", common = "mx.test"): string[] {
  const made = makeCertificate(scratch.directory("certificates"), name, { common });
  return ["--tls-cert", made.certificate, "--tls-key", made.key];
}

/** It agrees to everything, tells in a file what it was told, and ends with `fate whole` where a message was. */
export function serverOf(scratch: Scratch, protocol: string): string[] {
  const script = `
cd "$0"
printf 's\\n' >>started
say() { printf '%s\\r\\n' "$1"; }
hear() { IFS= read -r line || exit 0; line=\${line%?}; printf '%s\\n' "$line" >>heard; }
${SERVERS[protocol] ?? LINE}`;
  return ["/bin/sh", "-c", script, scratch.path];
}

const SMTP = `
say '220 x'
while hear; do case $line in
EHLO*) say '250-x'; say '250-STARTTLS'; say '250-PIPELINING'; say '250 AUTH PLAIN LOGIN';;
AUTH*) say '235 2.7.0 welcome';;
DATA*) say '354 go'; dot=
  while IFS= read -r text; do text=\${text%?}; [ "$text" = . ] && dot=yes && break; printf '%s\\n' "$text" >>message; done
  [ "$dot" ] || { echo half >>fate; exit; }
  echo whole >>fate; say '250 2.0.0 queued';;
QUIT*) say '221 bye'; exit;;
*) say '250 2.0.0 ok';;
esac; done`;

const POP3 = `
say '+OK x'
while hear; do case $line in
CAPA*) say '+OK'; say 'STLS'; say 'USER'; say 'SASL PLAIN'; say '.';;
QUIT*) say '+OK bye'; exit;;
*) say '+OK';;
esac; done`;

const SIEVE = `
list() { say '"IMPLEMENTATION" "x"'; say '"SASL" "PLAIN"'; say '"SIEVE" "fileinto"'; say '"STARTTLS"'; say '"VERSION" "1.0"'; say 'OK'; }
list
while hear; do case $line in
CAPABILITY*) list;;
LOGOUT*) say 'OK'; exit;;
*) say 'OK';;
esac; done`;

const SERVERS: Readonly<Record<string, string>> = { smtp: SMTP, pop3: POP3, managesieve: SIEVE };

const LINE = `
while hear; do say "heard $line"; done`;

/** The lines of the session that was the latest to be told with this mark. */
function sessionOf(log: string, mark: string): string {
  const session = / session=\S+ /.exec(
    linesOf(log, (line) => line.includes(mark))
      .split("\n")
      .at(-2) ?? "",
  )?.[0];
  return session === undefined ? "" : linesOf(log, (line) => line.includes(session));
}

function linesOf(log: string, isOne: (line: string) => boolean): string {
  return log
    .split(/(?<=\n)/)
    .filter(isOne)
    .join("");
}

function contentOf(path: string): string {
  return existsSync(path) ? readFileSync(path, "latin1") : "";
}
