// Two hundred clients at a time that want nothing but to be there, and one that has a mail to send: what the
// first ones cost must be memory, not the machine's time.

import { expect } from "bun:test";
import { type Conversation, dial, pop3Status, smtpReply } from "./parts/conversation.ts";
import { until } from "./parts/deadline.ts";
import { built, part, program, root } from "./parts/missing.ts";
import { Scratch } from "./parts/scratch.ts";
import { tcpserver } from "./parts/tcpserver.ts";
import { protowrap } from "./parts/wrapper.ts";

const FLOOD = 200;
/** How much longer an honest session may take while the flood stands. */
const SLOWER = 10;
const SESSIONS = 15;
/** Milliseconds between two octets of a client that drips. */
const DRIP = 200;
/** Milliseconds until who writes to a client that does not read has filled all there is to fill. */
const SETTLED = 2000;

/** Servers that cost as little as servers can: shell builtins only, until somebody wants the large mail. */
const SERVERS = {
  smtp: `
    printf '220 x\\r\\n'
    while read -r line; do
      case $line in
      DATA*) printf '354 go on\\r\\n'; while read -r line; do case $line in .?) break;; esac; done;;
      QUIT*) printf '221 bye\\r\\n'; exit;;
      esac
      printf '250 ok\\r\\n'
    done`,
  pop3: `
    printf '+OK x\\r\\n'
    while read -r line; do
      case $line in
      STAT*) printf '+OK 2 20000100\\r\\n';;
      'LIST 1'*) printf '+OK 1 100\\r\\n';;
      'LIST 2'*) printf '+OK 2 20000000\\r\\n';;
      LIST*) printf '+OK\\r\\n1 100\\r\\n2 20000000\\r\\n.\\r\\n';;
      'RETR 1'*) printf '+OK\\r\\nSubject: x\\r\\n\\r\\ntext\\r\\n.\\r\\n';;
      'RETR 2'*) printf '+OK\\r\\n'; yes "$(printf 'a line of a large mail\\r')" | head -c 20000000; printf '\\r\\n.\\r\\n';;
      QUIT*) printf '+OK bye\\r\\n'; exit;;
      *) printf '+OK\\r\\n';;
      esac
    done`,
};

type Kind = keyof typeof SERVERS;

const OPTIONS = { smtp: ["--relay-domain", "kit.test"], pop3: [] };

const HONEST: Record<Kind, readonly string[]> = {
  smtp: [
    "EHLO c.test",
    "MAIL FROM:<a@c.test>",
    "RCPT TO:<u@kit.test>",
    "DATA",
    "Subject: x\r\n\r\ntext\r\n.",
    "QUIT",
  ],
  pop3: ["USER u", "PASS p", "STAT", "QUIT"],
};

const REPLY = { smtp: smtpReply, pop3: pop3Status };

/** Milliseconds of a whole session, from the connection to the last reply. */
async function honestSession(kind: Kind, port: number): Promise<number> {
  const started = performance.now();
  await using talk = await dial(port);
  await talk.read(REPLY[kind]);
  for (const line of HONEST[kind]) expect(await talk.ask(line, REPLY[kind])).toMatch(/^(?:[23]|\+OK)/);
  return performance.now() - started;
}

async function median(kind: Kind, port: number): Promise<number> {
  const times: number[] = [];
  for (let count = 0; count < SESSIONS; count++) times.push(await honestSession(kind, port));
  return times.sort((one, other) => one - other)[SESSIONS >> 1]!;
}

/** Joins the flood; resolves when there is nothing more to come of it. */
type Flood = (port: number) => Promise<Conversation>;

const dripping = new Set<Timer>();

const FLOODS: readonly (readonly [what: string, kind: Kind, join: Flood])[] = [
  [
    "say nothing",
    "smtp",
    async (port) => {
      const talk = await dial(port);
      await talk.read(smtpReply, 30_000);
      return talk;
    },
  ],
  [
    "drip an endless line",
    "smtp",
    async (port) => {
      const talk = await dial(port);
      await talk.read(smtpReply, 30_000);
      dripping.add(setInterval(() => void talk.send("x").catch(() => {}), DRIP));
      return talk;
    },
  ],
  [
    "fetch a large mail and do not read it",
    "pop3",
    async (port) => {
      const talk = await dial(port, { reads: false });
      await talk.send("USER u\r\nPASS p\r\nSTAT\r\nRETR 2\r\n");
      return talk;
    },
  ],
];

const user = root.there ? ["--user", "nobody"] : [];

for (const [what, kind, join] of FLOODS)
  part(
    `${FLOOD} clients that ${what} do not keep an honest one waiting`,
    [built, program("tcpserver")],
    async () => {
      await using scratch = new Scratch();
      const server = ["/bin/sh", "-c", `# ${scratch.path}${SERVERS[kind]}`];
      const wrapper = [protowrap, kind, ...user, "--log", "none", ...OPTIONS[kind], "--", ...server];
      await using listener = await tcpserver(scratch, wrapper, FLOOD + 20);
      await honestSession(kind, listener.port); // what the first one loads is there for all
      const idle = await median(kind, listener.port);
      const flood: Conversation[] = [];
      try {
        while (flood.length < FLOOD) {
          const ten = await Promise.all(Array.from({ length: 10 }, () => join(listener.port)));
          flood.push(...ten);
        }
        const wrappers = () => [...scratch.processes().values()].filter((line) => line.startsWith(protowrap));
        await until("the flood", () => (wrappers().length >= FLOOD ? true : undefined), 30_000);
        await Bun.sleep(SETTLED);
        const flooded = await median(kind, listener.port);
        expect(flooded).toBeLessThan(SLOWER * idle);
        expect(wrappers().length).toBeGreaterThanOrEqual(FLOOD); // it still stands
      } finally {
        for (const drip of dripping) clearInterval(drip);
        dripping.clear();
        for (const talk of flood) talk.cut();
      }
      await listener.sessionsEnd(30_000);
    },
    120_000,
  );
