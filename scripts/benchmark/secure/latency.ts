// Knows what TLS costs a client that waits for each answer: a small mail of POP3, and a batch of SMTP with its message,
// over and over in one session, beside the same in the clear.
import { type Line, median, ratio, show } from "../listening/table.ts";
import { BATCH, SMALL_MAIL, SMALL_RETR } from "../small-mail.ts";
import type { Stage } from "../stage.ts";
import type { Protocol } from "../subjects.ts";
import { each, listening, type Tls, wrapping } from "./front.ts";
import { startSecure } from "./start.ts";
import { SecureTalk } from "./talk.ts";

/** As a multiple of what it takes in the clear. */
const MOST = 1.2;
const TIMES = 100;
/** In a round: how processes come to lie on processors is another each time. */
const SESSIONS = 8;

interface Dialogue {
  readonly name: string;
  readonly protocol: Protocol;
  readonly server: readonly string[];
  readonly greeting: string;
  readonly begin: readonly (readonly [line: string, expected: string])[];
  once(talk: SecureTalk): Promise<unknown>;
}

const DIALOGUES: readonly Dialogue[] = [
  {
    name: "RETR of 2 KB",
    protocol: "pop3",
    server: SMALL_RETR,
    greeting: "+OK",
    begin: [
      ["USER bench", "+OK"],
      ["PASS bench", "+OK"],
    ],
    async once(talk) {
      await talk.write(Buffer.from("RETR 1\r\n"));
      await talk.message();
    },
  },
  {
    name: "pipelined MAIL, RCPT, RCPT, DATA and its message",
    protocol: "smtp",
    server: [],
    greeting: "220",
    begin: SMALL_MAIL.slice(0, 1),
    async once(talk) {
      await talk.write(BATCH.octets);
      await talk.replies(BATCH.expected);
      await talk.ask(...BATCH.message);
    },
  },
];

const WAYS = { "a process each": each, "--listen": listening } as const;
const COLUMNS: readonly Tls[] = ["off", "implicit"];

export async function benchLatency(path: string, stage: Stage, rounds: number): Promise<string> {
  const lines: Line[] = [];
  for (const dialogue of DIALOGUES)
    for (const [way, standing] of Object.entries(WAYS)) {
      const took = COLUMNS.map((): number[] => []);
      const command = (tls: Tls) => (port: number) => [
        ...standing(port, wrapping(path, dialogue.protocol, tls, stage)),
        ...["--", ...stage.bulk(dialogue.protocol, ...dialogue.server)],
      ];
      console.error(`${dialogue.name}, ${way} …`);
      await using clear = await startSecure(command("off"), stage, "in the clear");
      await using secure = await startSecure(command("implicit"), stage);
      // One after the other: whatever else the machine does falls on both alike.
      for (let count = 0; count <= rounds * SESSIONS; count++)
        for (const [at, { port }] of [clear, secure].entries()) {
          const typical = await typicalOf(dialogue, port, COLUMNS[at]! !== "off");
          if (count > 0) took[at]!.push(typical); // what is slow at first is over
        }
      lines.push({
        ...{ name: `${dialogue.name}, ${way}, µs`, figures: took.map(median), digits: 0 },
        aim: ratio("most", MOST),
      });
    }
  return show("a client that waits, --tls", COLUMNS, lines);
}

/** @returns the median of many in one session, in microseconds */
async function typicalOf(dialogue: Dialogue, port: number, isSecure: boolean): Promise<number> {
  const talk = await SecureTalk.dial(port, isSecure);
  await talk.reply(dialogue.greeting);
  for (const [line, expected] of dialogue.begin) await talk.ask(line, expected);
  const took: number[] = [];
  for (let time = 0; time < TIMES; time++) {
    const started = performance.now();
    await dialogue.once(talk);
    took.push((performance.now() - started) * 1000);
  }
  await talk.ask("QUIT", dialogue.protocol === "smtp" ? "221" : "+OK");
  talk.close();
  return median(took)!;
}
