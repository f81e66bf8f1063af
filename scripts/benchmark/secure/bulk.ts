// Knows how fast a large message passes inside TLS, to a server that takes it, and from one that gives it, as fast as it
// can: through stunnel and through us.
import { ordinary } from "../bodies.ts";
import { median, ratio, show } from "../listening/table.ts";
import { SMALL_MAIL } from "../small-mail.ts";
import type { Stage } from "../stage.ts";
import { listening, stunnel, wrapping } from "./front.ts";
import { startSecure } from "./start.ts";
import { SecureTalk } from "./talk.ts";

const TIMES = 256;
const LINE = "x".repeat(76);
const LINES = Math.floor((256 << 20) / (LINE.length + 2));

/** @returns MB/s */
async function send(port: number): Promise<number> {
  const talk = await SecureTalk.dial(port);
  await talk.reply("220");
  for (const [line, expected] of SMALL_MAIL.slice(0, 4)) await talk.ask(line, expected);
  const octets = ordinary.chunk.length * TIMES + ordinary.end.length;
  const started = performance.now();
  for (let time = 0; time < TIMES; time++) await talk.write(ordinary.chunk);
  await talk.write(Buffer.from(ordinary.end));
  await talk.reply(`250 2.0.0 took ${octets} octets`);
  const took = performance.now() - started;
  await talk.ask("QUIT", "221");
  talk.close();
  return octets / 1e3 / took;
}

/** @returns MB/s */
async function retrieve(port: number): Promise<number> {
  const talk = await SecureTalk.dial(port);
  await talk.reply("+OK");
  for (const line of ["USER bench", "PASS bench"]) await talk.ask(line, "+OK");
  const started = performance.now();
  await talk.write(Buffer.from("RETR 1\r\n"));
  const octets = await talk.message();
  const took = performance.now() - started;
  if (octets < LINES * (LINE.length + 2)) throw new Error(`only ${octets} octets came`);
  await talk.ask("QUIT", "+OK");
  talk.close();
  return octets / 1e3 / took;
}

export async function benchBulk(path: string, stage: Stage, rounds: number): Promise<string> {
  const trials = [
    { name: `DATA of ${TIMES} MiB, MB/s`, protocol: "smtp", server: stage.bulk("smtp"), once: send },
    {
      name: "RETR of 256 MiB, MB/s",
      protocol: "pop3",
      server: stage.bulk("pop3", String(LINES), LINE),
      once: retrieve,
    },
  ] as const;
  const columns = ["stunnel", "protowrap --listen"];
  const lines = [];
  for (const { name, protocol, server, once } of trials) {
    const commands = [
      (port: number) => stunnel(port, server, stage),
      (port: number) => [
        ...listening(port, wrapping(path, protocol, "implicit", stage)),
        ...["--", ...server],
      ],
    ];
    const speeds = columns.map((): number[] => []);
    for (let count = 1; count <= rounds; count++)
      for (const [at, command] of commands.entries()) {
        console.error(`${name} through ${columns[at]}, round ${count} …`);
        await using running = await startSecure(command, stage);
        await once(running.port); // what is slow at first is over
        speeds[at]!.push(await once(running.port));
      }
    lines.push({ name, figures: speeds.map(median), digits: 0, aim: ratio("least", 1.3) });
  }
  return show("one client inside TLS", columns, lines);
}
