// Knows how fast a large message passes through a listener, to a server that takes it as fast as it comes.
import { ordinary } from "../bodies.ts";
import { dial } from "../os.ts";
import { SMALL_MAIL } from "../small-mail.ts";
import type { Stage } from "../stage.ts";
import { Talk } from "../talk.ts";
import { listeners, start } from "./listeners.ts";
import { median, ratio, show } from "./table.ts";

const { chunk, times, end } = ordinary;

/** @returns MB/s */
function send(port: number): number {
  const fd = dial(port);
  const talk = new Talk({ read: fd, write: fd });
  try {
    talk.reply("220");
    for (const [line, expected] of SMALL_MAIL.slice(0, 4)) talk.ask(line, expected);
    const octets = chunk.length * times + end.length;
    const started = performance.now();
    for (let time = 0; time < times; time++) talk.write(chunk);
    talk.write(Buffer.from(end));
    talk.reply(`250 2.0.0 took ${octets} octets`);
    const took = performance.now() - started;
    talk.ask("QUIT", "221");
    return octets / 1e3 / took;
  } finally {
    talk.close();
  }
}

export async function benchBulk(path: string, stage: Stage, rounds: number): Promise<string> {
  const all = listeners(path);
  const speeds = new Map(all.map(({ name }) => [name, [] as number[]]));
  for (let count = 1; count <= rounds; count++)
    for (const { name, command } of all) {
      console.error(`DATA through ${name}, round ${count} …`);
      await using running = await start((port) => command(port, stage.bulk("smtp")), stage);
      send(running.port);
      speeds.get(name)!.push(send(running.port));
    }
  const figures = all.map(({ name }) => median(speeds.get(name)!));
  return show(
    "one client, a server that takes everything",
    all.map(({ name }) => name),
    [{ name: `DATA of ${times} MiB, MB/s`, figures, digits: 0, aim: ratio("least", 0.6) }],
  );
}
