// Knows how to be a server that is never the bottleneck: it takes a message at the speed of read(2),
// looking only at the end of each chunk for the terminator, and gives one at the speed of write(2).
// Arguments: smtp, or pop3 with the message's size in lines and the line to repeat.
import { readSync, writeSync } from "node:fs";

const [protocol, lines = "0", line = ""] = process.argv.slice(2);
const buffer = Buffer.allocUnsafe(1 << 18);
const TERMINATOR = "\r\n.\r\n";

function say(text: string): void {
  writeSync(1, text);
}

/** Reads the message to its terminator, of which `already` may hold a part; answers its size with it. */
function swallow(already: string): void {
  let octets = already.length;
  // What stands before the message is a line end, so a message of no lines ends as well.
  let tail = `\r\n${already}`.slice(-TERMINATOR.length);
  while (tail !== TERMINATOR) {
    const got = readSync(0, buffer);
    if (got === 0) process.exit(1);
    octets += got;
    const end = buffer.toString("latin1", Math.max(0, got - TERMINATOR.length), got);
    tail = (tail + end).slice(-TERMINATOR.length);
  }
  say(`250 2.0.0 took ${octets} octets\r\n`);
}

function give(): void {
  const one = Buffer.from(`${line}\r\n`);
  const perChunk = Math.max(1, Math.floor((1 << 20) / one.length));
  const chunk = Buffer.alloc(one.length * perChunk, one);
  say("+OK here it is\r\n");
  for (let left = Number(lines); left > 0; left -= perChunk) {
    const end = Math.min(left, perChunk) * one.length;
    for (let at = 0; at < end; ) at += writeSync(1, chunk, at, end - at);
  }
  say(".\r\n");
}

function answer(command: string, rest: string): void {
  const verb = command.slice(0, 4).toUpperCase();
  const size = Number(lines) * (line.length + 2);
  if (verb === "QUIT") {
    say(protocol === "smtp" ? "221 2.0.0 bye\r\n" : "+OK bye\r\n");
    process.exit(0);
  } else if (protocol === "smtp") {
    if (verb === "EHLO") say("250-stub.test\r\n250-PIPELINING\r\n250 8BITMIME\r\n");
    else if (verb === "DATA") {
      say("354 go on\r\n");
      swallow(rest);
    } else say("250 2.0.0 ok\r\n");
  } else if (verb === "RETR") give();
  else if (verb === "STAT") say(`+OK 1 ${size}\r\n`);
  else if (verb === "LIST") say(command.length > 4 ? `+OK 1 ${size}\r\n` : `+OK\r\n1 ${size}\r\n.\r\n`);
  else if (verb === "UIDL") say(command.length > 4 ? "+OK 1 one\r\n" : "+OK\r\n1 one\r\n.\r\n");
  else if (verb === "CAPA") say("+OK\r\nUSER\r\nUIDL\r\n.\r\n");
  else say("+OK\r\n");
}

say(protocol === "smtp" ? "220 stub.test ESMTP\r\n" : "+OK ready\r\n");
for (let pending = ""; ; ) {
  const end = pending.indexOf("\r\n");
  if (end < 0) {
    const got = readSync(0, buffer);
    if (got === 0) break;
    pending += buffer.toString("latin1", 0, got);
  } else {
    const command = pending.slice(0, end);
    const rest = pending.slice(end + 2);
    // All that follows DATA here is the message's: a lock-step client sends nothing behind it yet.
    pending = /^DATA$/i.test(command) ? "" : rest;
    answer(command, rest);
  }
}
