// Knows how to start the program as a listener, what processes that makes, and how to end it.

import { type Conversation, dial } from "./conversation.ts";
import { until } from "./deadline.ts";
import { root } from "./missing.ts";
import { freePort, listening } from "./port.ts";
import type { Scratch } from "./scratch.ts";
import { Supervised } from "./supervised.ts";
import { protowrap } from "./wrapper.ts";

/** Takes mail, and tells in a file what became of it: whole, half (the end of its input came first), or ended. */
export function mailStub(scratch: Scratch): string[] {
  const script = `
trap 'echo ended >>$0/fate; exit 1' TERM
say() { printf '%s\\r\\n' "$1"; }
say '220 x'
while read -r line; do
  case $line in
    QUIT*) say '221 x'; exit ;;
    DATA*)
      say '354 x'; dot=
      while read -r text; do [ "\${#text}" = 2 ] && [ "\${text%?}" = . ] && dot=yes && break; done
      [ "$dot" ] || { echo half >>$0/fate; exit; }
      echo whole >>$0/fate; say '250 2.0.0 taken' ;;
    *) say '250 2.0.0 fine' ;;
  esac
done`;
  return ["/bin/sh", "-c", script, scratch.path];
}

export interface StandingPlan {
  readonly protocol?: string;
  readonly options?: readonly string[];
  /** The server's command line, or --connect. */
  readonly server?: readonly string[];
  /** Started by another user than root, who keeps what he has. */
  readonly unprivileged?: boolean;
  /** In front of the program: something that passes a socket, for example. */
  readonly by?: (port: number) => readonly string[];
  readonly listens?: (port: number) => readonly string[];
}

/** In front of a command: it runs without any privilege. */
export const UNPRIVILEGED = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

export class Standing extends Supervised {
  readonly port: number;

  private constructor(scratch: Scratch, port: number, child: Bun.Subprocess) {
    super(scratch, child);
    this.port = port;
  }

  /** @returns once clients are accepted */
  static async start(scratch: Scratch, plan: StandingPlan = {}): Promise<Standing> {
    const standing = await Standing.launch(scratch, plan);
    await until("a listener", () => standing.#isUp(), 15_000);
    return standing;
  }

  static async launch(scratch: Scratch, plan: StandingPlan = {}, known?: number): Promise<Standing> {
    const port = known ?? (await freePort());
    const { protocol = "smtp", options = [], server = ["--", ...mailStub(scratch)] } = plan;
    const asRoot = root.there && plan.unprivileged !== true;
    Bun.spawnSync(["chmod", "-R", "a+rwX", scratch.path]);
    const argv = [
      ...(root.there && !asRoot ? UNPRIVILEGED : []),
      ...(plan.by?.(port) ?? []),
      ...[protowrap, protocol, ...(plan.listens?.(port) ?? ["--listen", `127.0.0.1:${port}`])],
      ...(asRoot ? ["--user", "nobody", "--server-user", "daemon"] : []),
      ...(protocol === "smtp" ? ["--relay-domain", "kit.test"] : []),
      ...[...(options.includes("--log") ? [] : ["--log", `file:${scratch.path}/log`]), ...options, ...server],
    ];
    return new Standing(scratch, port, Supervised.spawn(scratch, argv));
  }

  dial(from?: string): Promise<Conversation> {
    return dial(this.port, { reads: true, ...(from === undefined ? {} : { from }) });
  }

  #isUp(): true | undefined {
    this.isStanding();
    return listening(this.port) && /event=worker state=ready|"event":"worker","state":"ready"/.test(this.log)
      ? true
      : undefined;
  }
}
