// Knows what a session evaluates: it has the executable serve one client of each mail protocol, on a socket
// and with lock-step as under a super-server, and the runtime write down which functions that took.

import { accessSync, chownSync, closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { SOCKET } from "../benchmark/os.ts";
import { Session } from "../benchmark/session.ts";
import { SMALL_MAIL } from "../benchmark/small-mail.ts";

/** Lines, and how the answer to each begins, or that it is one of POP3 with a message behind it. */
type Dialogue = readonly (readonly [line: string, expected: string | typeof MESSAGE])[];
const MESSAGE = Symbol();

interface Visit {
  readonly protocol: string;
  readonly options: readonly string[];
  readonly greeting: string;
  readonly dialogue: Dialogue;
  /** The shell's cases of a server: what it says to a line that starts so. */
  readonly server: string;
}

/** The most common first: its functions come first in the executable. */
const VISITS: readonly Visit[] = [
  {
    protocol: "smtp",
    options: ["--relay-domain", "bench.test"],
    greeting: "220",
    dialogue: SMALL_MAIL,
    server: `
      EHLO*) printf '250-server.test\\r\\n250-PIPELINING\\r\\n250-SIZE 1000000\\r\\n250 8BITMIME\\r\\n' ;;
      DATA*) printf '354 go on\\r\\n'; while IFS= read -r line && [ "\${line%?}" != . ]; do :; done; printf '250 ok\\r\\n' ;;
      QUIT*) printf '221 bye\\r\\n'; exit ;;
      *) printf '250 ok\\r\\n' ;;`,
  },
  {
    protocol: "pop3",
    options: [],
    greeting: "+OK",
    dialogue: [
      ["CAPA", MESSAGE],
      ["USER profile", "+OK"],
      ["PASS profile", "+OK"],
      ["STAT", "+OK"],
      ["LIST", MESSAGE],
      ["UIDL", MESSAGE],
      ["RETR 1", MESSAGE],
      ["DELE 1", "+OK"],
      ["QUIT", "+OK"],
    ],
    server: `
      CAPA*) printf '+OK\\r\\nUSER\\r\\nUIDL\\r\\nTOP\\r\\n.\\r\\n' ;;
      STAT*) printf '+OK 1 18\\r\\n' ;;
      LIST*) printf '+OK\\r\\n1 18\\r\\n.\\r\\n' ;;
      UIDL*) printf '+OK\\r\\n1 one\\r\\n.\\r\\n' ;;
      RETR*) printf '+OK\\r\\nSubject: x\\r\\n\\r\\ny\\r\\n.\\r\\n' ;;
      QUIT*) printf '+OK bye\\r\\n'; exit ;;
      *) printf '+OK\\r\\n' ;;`,
  },
];

/** Nobody's number on every system: it needs no entry in the user database. */
const NOBODY = 65534;

/**
 * @param directory an empty one, which may become somebody else's
 * @returns the profiles, as the build takes them; none of a protocol whose session failed, which is told
 */
export async function profilesOf(executable: string, directory: string): Promise<string[]> {
  const identity = process.getuid!() === 0 ? ["--user", String(NOBODY)] : [];
  if (identity.length > 0) chownSync(directory, NOBODY, NOBODY); // who writes the profile
  const profiles: string[] = [];
  for (const visit of VISITS) {
    const profile = join(directory, visit.protocol);
    const options = [...identity, ...visit.options, "--log", "stderr"];
    const command = [executable, visit.protocol, ...options, "--", "/bin/sh", "-c", shell(visit)];
    try {
      await serve(["/usr/bin/env", `BUN_BYTECODE_ORDER_OUT=${profile}`, ...command], visit);
      accessSync(profile);
      profiles.push(profile);
    } catch (error) {
      console.error(`no profile of a ${visit.protocol} session, which will start slower: ${error}`);
    }
  }
  return profiles;
}

async function serve(command: string[], { greeting, dialogue }: Visit): Promise<void> {
  const log = openSync("/dev/null", "r+");
  const session = new Session(command, SOCKET, log);
  try {
    session.reply(greeting);
    for (const [line, expected] of dialogue) {
      if (expected !== MESSAGE) session.ask(line, expected);
      else {
        session.write(Buffer.from(`${line}\r\n`));
        session.message();
      }
    }
  } finally {
    await session.end();
    closeSync(log);
  }
}

function shell({ greeting, server }: Visit): string {
  return `printf '${greeting} server.test\\r\\n'; while IFS= read -r line; do case $line in ${server} esac; done`;
}
