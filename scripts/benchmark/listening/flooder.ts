// Knows how to come so many times a second, no more and no less, from one address of which no more are let in; each
// time it hears what it is told, and leaves. Arguments: port, clients a second, seconds, how many are let in.
// Tells in JSON how many came and how many were refused, and what that took.
import { close, dial, readNow } from "../os.ts";

const [port, rate, seconds, letIn] = process.argv.slice(2).map(Number) as [number, number, number, number];

/** 127.0.0.x: not the honest client's. */
const ADDRESS = 2;
/** Milliseconds after which one that came has been told. */
const TOLD = 100;

const held = Array.from({ length: letIn }, () => dial(port, ADDRESS));
Bun.sleepSync(1000);

const heard = new Uint8Array(512);
const here: { readonly fd: number; readonly came: number }[] = [];
let made = 0;
let refused = 0;

function leave(before: number): void {
  while (here.length > 0 && here[0]!.came <= before) {
    const { fd } = here.shift()!;
    const got = readNow(fd, heard) ?? 0;
    if (Buffer.from(heard.subarray(0, got)).toString("latin1").startsWith("421 ")) refused++;
    close(fd);
  }
}

const began = process.cpuUsage();
const started = performance.now();
for (;;) {
  const now = performance.now();
  if (now - started >= seconds * 1000) break;
  for (; made < ((now - started) * rate) / 1000; made++) here.push({ fd: dial(port, ADDRESS), came: now });
  leave(now - TOLD);
  Bun.sleepSync(1);
}
const took = (performance.now() - started) / 1000;
const { user, system } = process.cpuUsage(began);
Bun.sleepSync(TOLD);
leave(Number.POSITIVE_INFINITY);
close(...held);
console.log(JSON.stringify({ made, refused, seconds: took, cpuSeconds: (user + system) / 1e6 }));
