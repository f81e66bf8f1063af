// The pump between peers that are made up: what it does when one of them behaves as no good peer does.

import { expect, test } from "bun:test";
import type { Client, Server } from "../../src/io/peer.ts";
import { pump } from "../../src/io/pump.ts";
import { Session } from "../../src/session/session.ts";
import { encode } from "../../src/wire/latin1.ts";
import { converse } from "../reading.ts";
import { PROTOCOLS } from "../subjects.ts";
import { LIMITS, SETUP } from "../transcripts.ts";

const forever = new Promise<never>(() => {});

async function smtpBetween(client: Client, server: Server): Promise<void> {
  const { protocol, options } = PROTOCOLS.smtp!;
  const conversation = converse(protocol, SETUP, options);
  await pump({
    client,
    startServer: () => server,
    startSession: (output) => new Session({ ...protocol, converse: () => conversation }, output, LIMITS),
    prepare: async () => {},
    log: () => {},
    clientStall: 60,
    serverStall: 60,
  }).done;
}

test("a server that reads no more, and ends a moment later, does not keep the process busy meanwhile", async () => {
  let flushes = 0;
  let said = "";
  const lines = ["HELO c.test\r\n", "MAIL FROM:<a@c.test>\r\n"];
  const client: Client = {
    read: () => (lines.length > 0 ? Promise.resolve(encode(lines.shift()!)) : forever),
    write: (octets) => {
      said += Buffer.from(octets).toString("latin1");
    },
    flush: () => null,
    isBroken: () => false,
    isReady: () => false,
    end: () => {},
  };
  const output = [encode("220 server.test\r\n")];
  const ended = Bun.sleep(50).then(() => null);
  const server: Server = {
    read: () => (output.length > 0 ? Promise.resolve(output.shift()!) : ended),
    write: () => {},
    // Each time anew: so does the runtime's own writer. Past a thousand the machine's time was taken.
    flush: () => (++flushes > 1000 ? null : Promise.reject(new Error("EPIPE"))),
    end: () => {},
    howLost: async () => "hung-up",
    abort: async () => {},
    leave: async () => ({ status: 0, signal: null }),
  };
  await smtpBetween(client, server);
  expect(said).toMatch(/^220 .*\r\n421 .*\r\n$/);
  expect(flushes).toBeLessThan(10);
});

test("a client that is reset while the server does not read is waited for no longer than a last answer", async () => {
  const lines = ["HELO c.test\r\n", "MAIL FROM:<a@c.test>\r\n"];
  let broken = false;
  const client: Client = {
    read: () => (lines.length > 0 ? Promise.resolve(encode(lines.shift()!)) : forever),
    write: () => {},
    flush: () => null,
    isBroken: () => broken,
    isReady: () => false,
    end: () => {},
  };
  const output = [encode("220 server.test\r\n")];
  const server: Server = {
    read: () => (output.length > 0 ? Promise.resolve(output.shift()!) : forever),
    write: () => {
      broken = true;
    },
    flush: () => (broken ? forever : null),
    end: () => {},
    howLost: async () => "hung-up",
    abort: async () => {},
    leave: async () => ({ status: null, signal: "SIGTERM" }),
  };
  const began = performance.now();
  await smtpBetween(client, server);
  expect(performance.now() - began).toBeLessThan(7500);
});

test("where nobody greets, no line of the client is judged before all is known that must be", async () => {
  const events: string[] = [];
  const lines = ["user\r\n"];
  const client: Client = {
    read: async () => (lines.length > 0 ? encode(lines.shift()!) : null),
    write: () => {},
    flush: () => null,
    isBroken: () => false,
    isReady: () => false,
    end: () => {},
  };
  const asked = Promise.withResolvers<null>();
  const server: Server = {
    read: () => asked.promise,
    write: () => {
      events.push("asked");
      asked.resolve(null);
    },
    flush: () => null,
    end: () => {},
    howLost: async () => "hung-up",
    abort: async () => {},
    leave: async () => ({ status: 0, signal: null }),
  };
  const { protocol, options } = PROTOCOLS.finger!;
  const conversation = converse(protocol, SETUP, options);
  await pump({
    client,
    startServer: () => server,
    startSession: (output) => new Session({ ...protocol, converse: () => conversation }, output, LIMITS),
    prepare: async () => {
      await Bun.sleep(20);
      events.push("known");
    },
    log: () => {},
    clientStall: 60,
    serverStall: 60,
  }).done;
  expect(events).toEqual(["known", "asked"]);
});
