// A process beside the server that ends it before its input ends: somebody of the server's own user, who may
// do so where we may not, and who stays when we are killed. It holds the server's input open beside us, and
// waits for a word of ours; if there comes an end instead, we are gone: in a message it then ends the server, at
// any other time the server may find its input ended, and do what it has to. Knows processes, and no session.
//
// What it takes from us are a few words: whoever got hold of us could end our own server by it, and nothing
// else. It looks at the birthday of the process first, because a number may be given again.

import * as libc from "../os/libc.ts";
import { as } from "../os/thread.ts";
import { encode } from "../wire/latin1.ts";

export interface Guard {
  /** Sends the server's whole process group a signal. */
  signal(name: "TERM" | "KILL"): void;
  /** Whether our end would now be taken for the end of a message. */
  hold(message: boolean): void;
  /** Lets go of the server's input: its end is meant from now on, and our own is no alarm any more. */
  release(): void;
  /** There is nothing left to guard. */
  dismiss(): void;
  /** Resolves when it has gone, perhaps because the server is beyond its reach. */
  readonly gone: Promise<void>;
}

const SHELL = "/bin/sh";
const PATH = "/usr/bin:/bin";

/** How it looks to ps(1). */
const NAME = "protowrap-guard";

/** Its standard input is our word, its standard output the input of the server, whose process group is $1. */
const SCRIPT = `
trap '' HUP INT TERM
group=$1 held=
look() {
  seen=
  read -r line </proc/$group/stat || return
  set -f -- \${line##*)}
  seen=\${20}
}
send() {
  look
  [ "$seen" = "$born" ] || [ -z "$seen" ] || exit
  kill -s $1 -- -$group || exit
}
look
born=$seen
while read -r word; do
  case $word in
    TERM | KILL) send $word ;;
    message) held=yes ;;
    idle) held= ;;
    release) exec >&-; held= ;;
    *) exit ;;
  esac
done
[ -n "$held" ] || exit
send TERM
for tenth in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  kill -s 0 -- -$group || exit
  sleep 0.1
done
send KILL`;

/**
 * @param server the process that leads the group
 * @param input the end of the server's input that we write to
 * @param identity the server's, while we are still root; null for whom we are
 * @throws what the system says when no process can be had
 */
export function startGuard(
  server: number,
  input: number,
  identity: { readonly uid: number; readonly gid: number } | null,
): Guard {
  const words = libc.pipe();
  const { promise: gone, resolve } = Promise.withResolvers<void>();
  const spawn = () =>
    Bun.spawn([SHELL, "-c", SCRIPT, NAME, String(server)], {
      stdio: [words.readEnd, input, "ignore"],
      env: { PATH },
      cwd: "/",
      detached: true, // what ends our group, or the server's, is not for it
      onExit: () => resolve(),
    });
  try {
    if (identity === null) spawn();
    else as(identity, spawn);
  } catch (error) {
    libc.close(words.writeEnd);
    throw error;
  } finally {
    libc.close(words.readEnd);
  }

  let open = true;
  const say = (word: string) => {
    if (open) libc.write(words.writeEnd, encode(`${word}\n`)); // or it has gone
  };
  return {
    signal: say,
    hold: (message) => say(message ? "message" : "idle"),
    release: () => say("release"),
    dismiss() {
      say("dismissed");
      if (open) libc.close(words.writeEnd);
      open = false;
    },
    gone,
  };
}
