// The pump between peers that are made up: what it does when one of them behaves as no good peer does.

import { expect, test } from "bun:test";
import type { Client, Server } from "../../src/io/peer.ts";
import { pump } from "../../src/io/pump.ts";
import { TlsFailure } from "../../src/io/tls-failure.ts";
import type { Conversation } from "../../src/protocols/protocol.ts";
import { Session } from "../../src/session/session.ts";
import { encode } from "../../src/wire/latin1.ts";
import { converse } from "../reading.ts";
import { PROTOCOLS } from "../subjects.ts";
import { LIMITS, SETUP } from "../transcripts.ts";

const forever = new Promise<never>(() => {});

async function smtpBetween(client: Client, server: Server, Machine = Session): Promise<void> {
  const { protocol, options } = PROTOCOLS.smtp!;
  const conversation = converse(protocol, SETUP, options);
  await pump({
    client,
    isSecure: false,
    startServer: () => server,
    startSession: (output) => new Machine({ ...protocol, converse: () => conversation }, output, LIMITS),
    prepare: async () => {},
    log: () => {},
    throttling: null,
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
    hasUnread: () => false,
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
    hasUnread: () => false,
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

test("octets that a client had sent before it was lost are not heard, and no fault", async () => {
  const lines = ["HELO c.test\r\n", "NOOP\r\n"];
  let greeted = false;
  const client: Client = {
    read: () => (lines.length > 0 ? Promise.resolve(encode(lines.shift()!)) : forever),
    write: () => {},
    flush: () => (greeted ? Promise.reject(new Error("ECONNRESET")) : null),
    isBroken: () => false,
    isReady: () => false,
    hasUnread: () => false,
    end: () => {},
  };
  const told: string[] = [];
  const server: Server = {
    async read() {
      await Bun.sleep(10);
      if (greeted) return null;
      greeted = true;
      return encode("220 server.test\r\n");
    },
    write: (octets) => {
      told.push(Buffer.from(octets).toString("latin1"));
    },
    flush: () => null,
    end: () => {},
    howLost: async () => "hung-up",
    abort: async () => {},
    leave: async () => ({ status: 0, signal: null }),
  };
  await smtpBetween(client, server);
  expect(told).toEqual(["HELO c.test\r\n"]);
});

test("a client that is lost while it is read does not keep the process busy until its last answer", async () => {
  const lines = ["HELO c.test\r\n", "NOOP\r\n"];
  let isLost = false;
  const client: Client = {
    async read() {
      const line = lines.shift();
      if (line === undefined) return forever;
      // The second comes when the loss has been told.
      if (isLost) for (let turn = 0; turn < 100; turn++) await null;
      return encode(line);
    },
    write: () => {
      isLost = true;
    },
    flush: () => (isLost ? Promise.reject(new Error("ECONNRESET")) : null),
    isBroken: () => true,
    isReady: () => false,
    hasUnread: () => false,
    end: () => {},
  };
  let reads = 0;
  const server: Server = {
    async read() {
      if (++reads > 2) return null;
      // No timer rings while a promise waits for the next: its answer takes so many turns instead of a time.
      if (reads === 2) for (let turn = 0; turn < 10_000; turn++) await null;
      else await Bun.sleep(10);
      return encode(reads === 1 ? "220 server.test\r\n" : "250 server.test\r\n");
    },
    write: () => {},
    flush: () => null,
    end: () => {},
    howLost: async () => "hung-up",
    abort: async () => {},
    leave: async () => ({ status: 0, signal: null }),
  };
  let looks = 0;
  class Watched extends Session {
    override get wantsClient(): boolean {
      looks++;
      return super.wantsClient;
    }
  }
  await smtpBetween(client, server, Watched);
  expect(looks).toBeLessThan(50);
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
    hasUnread: () => false,
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
    isSecure: false,
    startServer: () => server,
    startSession: (output) => new Session({ ...protocol, converse: () => conversation }, output, LIMITS),
    prepare: async () => {
      await Bun.sleep(20);
      events.push("known");
    },
    log: () => {},
    throttling: null,
    clientStall: 60,
    serverStall: 60,
  }).done;
  expect(events).toEqual(["known", "asked"]);
});

/** Asks for TLS with its first line, and says "b" when it has it, or has not. */
async function asking(secure?: () => Promise<unknown>): Promise<string[]> {
  const events: string[] = [];
  const lines = ["tls\r\n", "b\r\n"];
  const client: Client = {
    read: async () => (lines.length > 0 ? encode(lines.shift()!) : null),
    write: (octets) => {
      events.push(Buffer.from(octets).toString("latin1").trim());
    },
    flush: () => {
      if (events.at(-1) === "go") events.push("flushed");
      return null;
    },
    isBroken: () => false,
    isReady: () => false,
    hasUnread: () => false,
    end: () => {},
    ...(secure && {
      secure: async () => {
        events.push("handshake");
        await secure();
        return { version: "TLSv1.3", cipher: "TLS_AES_128_GCM_SHA256", cert: "mx.test", serverName: null };
      },
    }),
  };
  const server: Server = {
    read: () => forever,
    write: () => {},
    flush: () => null,
    end: () => {},
    howLost: async () => "hung-up",
    abort: async () => {},
    leave: async () => ({ status: 0, signal: null }),
  };
  const talker = (tls: boolean): Conversation => ({
    lineLimit: () => 100,
    clientLine: ({ text }) =>
      text === "tls" ? { client: "go\r\n", next: "secure" } : { client: `${text} ${tls}\r\n`, next: "close" },
    serverLost: () => ({ next: "close" }),
    expired: () => ({ next: "close" }),
    tooManyErrors: () => ({ next: "close" }),
  });
  await pump({
    client,
    isSecure: false,
    startServer: () => server,
    startSession: (output) =>
      new Session({ dialogue: "lock-step", greets: "nobody", converse: talker }, output, LIMITS),
    prepare: async () => {},
    log: ({ event, fields }) => events.push(`${event} ${JSON.stringify(fields)}`),
    throttling: null,
    clientStall: 60,
    serverStall: 60,
  }).done;
  return events;
}

test("a client that asked for TLS is read again when it speaks it, by another conversation", async () => {
  const events = await asking(() => Bun.sleep(20));
  expect(events.filter((event) => !event.includes("{"))).toEqual(["go", "flushed", "handshake", "b true"]);
});

test("a client whose handshake fails is lost, and never heard in the clear again", async () => {
  const events = await asking(() => Promise.reject(new TlsFailure("alert")));
  expect(events).toContain('tls-failed {"reason":"alert"}');
  expect(events).toContain("go");
  expect(events.join()).not.toContain("b ");
});

test("TLS on a connection that cannot have it is a fault of ours", async () => {
  await expect(asking()).rejects.toThrow("TLS was asked for, and it cannot be had here");
});
