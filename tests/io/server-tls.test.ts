// A server that is brought to speak TLS, at the moments at which it does not: it is given up, and nobody hangs.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type AddressInfo, connect, createServer } from "node:net";
import { ServerHandshake, type SocketHandlers, type TlsWay } from "../../src/io/server-tls.ts";
import { SocketServer } from "../../src/io/socket-server.ts";
import { connectTcp } from "../../src/io/tcp.ts";
import { smtp } from "../../src/protocols/smtp/smtp.ts";
import { Authority, type Identity } from "../e2e/parts/authority.ts";
import { until, within } from "../e2e/parts/deadline.ts";
import { Scratch } from "../e2e/parts/scratch.ts";
import { smtpServer, TlsServer, type TlsServerPlan } from "../e2e/parts/tlsserver.ts";

const scratch = new Scratch();
let identity: Identity;
let way: TlsWay;
beforeAll(async () => {
  const authority = await Authority.make(scratch);
  identity = await authority.identity("DNS:mx.test");
  const roots = await Bun.file(authority.root.certificate).text();
  const startTls = () => smtp.startTls!("gate.test");
  way = { starts: "starttls", name: "mx.test", roots, startTls, greetsSecured: false };
});
afterAll(() => scratch[Symbol.asyncDispose]());

const to = (port: number) => (socket: SocketHandlers) =>
  Bun.connect({ hostname: "127.0.0.1", port, allowHalfOpen: true, socket });
const server = (plan: Partial<TlsServerPlan>) => new TlsServer({ identity, ...smtpServer(), ...plan });
const text = (octets: Uint8Array | null) => octets && Buffer.from(octets).toString();

describe("A server that", () => {
  test("never says anything is awaited no longer than that", async () => {
    using silent = server({ clear: () => "" });
    const secured = new ServerHandshake(way).run(to(silent.port), { data() {} }, 0.05);
    await expect(within(2000, "an error", secured)).rejects.toThrow("no TLS in time");
    await until("the end of the connection", () => (silent.closed === 1 ? true : undefined));
  });

  test("agrees and then says nothing is awaited no longer than that", async () => {
    using silent = server({ late: "" });
    const secured = new ServerHandshake(way).run(to(silent.port), { data() {} }, 0.1);
    await expect(within(2000, "an error", secured)).rejects.toThrow("no TLS in time");
    await until("the end of the connection", () => (silent.closed === 1 ? true : undefined));
  });

  test("speaks before TLS, which it was to speak from the first octet on, is none", async () => {
    using early = server({});
    const open = async (handlers: SocketHandlers) => {
      const socket = await to(early.port)(handlers);
      await Bun.sleep(50);
      return socket;
    };
    const secured = new ServerHandshake({ ...way, startTls: null }).run(open, { data() {} });
    await expect(within(2000, "an error", secured)).rejects.toThrow("speaks before TLS");
    await secured.catch(() => {});
  });

  test("greets once more in TLS is not heard twice", async () => {
    using twice = server({});
    const { greeting, socket } = await new ServerHandshake({ ...way, greetsSecured: true }).run(
      to(twice.port),
      { data() {} },
    );
    expect(greeting.length).toBe(0);
    socket.terminate();
  });

  test("is not wanted any more is left at once, and nobody is told", async () => {
    using silent = server({ clear: () => "" });
    const told: unknown[] = [];
    const peer = connectTcp({
      first: Promise.resolve(null),
      destinations: [{ host: "127.0.0.1", port: silent.port, weight: 1, tls: null }],
      wayTo: () => way,
      onFailure: (...why) => void told.push(why),
      onUnavailable: () => void told.push("unavailable"),
    });
    await until("a connection", () => (silent.opened === 1 ? true : undefined));
    await Bun.sleep(20);
    await peer.abort();
    await until("the end of the connection", () => (silent.closed === 1 ? true : undefined));
    expect(await peer.read()).toBeNull();
    expect(told).toEqual([]);
  });

  test("is not wanted any more before it is connected is left when it is", async () => {
    using silent = server({ clear: () => "" });
    const peer = new SocketServer();
    const begun = peer.begin(to(silent.port), way);
    begun.catch(() => {}); // it is looked at below
    await peer.abort();
    await expect(begun).rejects.toThrow("closed the connection before TLS");
    await until("the end of the connection", () => (silent.closed === 1 ? true : undefined));
  });

  test("is not wanted any more in the handshake is left at once", async () => {
    using silent = server({ late: "" });
    const peer = new SocketServer();
    const begun = peer.begin(to(silent.port), way);
    begun.catch(() => {}); // it is looked at below
    await until("a handshake", () => (silent.clear.includes("STARTTLS\r\n\x16\x03") ? true : undefined));
    await peer.abort();
    await expect(begun).rejects.toThrow("closed the connection");
    await until("the end of the connection", () => (silent.closed === 1 ? true : undefined));
  });

  test("is ended sees a reset, and no end of what it was told", async () => {
    using ended = server({});
    // The connection itself is looked at: in TLS an end without a word of it looks like a reset.
    const seen: string[] = [];
    const relay = createServer((socket) => {
      const behind = connect(ended.port, "127.0.0.1");
      socket.pipe(behind).pipe(socket);
      socket.on("end", () => seen.push("end")).on("error", (error) => seen.push(String(error)));
      socket.on("close", () => behind.destroy());
    });
    await new Promise<void>((resolve) => relay.listen(0, "127.0.0.1", resolve));
    try {
      const peer = new SocketServer();
      await peer.begin(to((relay.address() as AddressInfo).port), way);
      await peer.read();
      void peer.read();
      await Bun.sleep(50); // nothing is left unread, which would be a reset, too
      await peer.abort();
      const [how] = await until("an end", () => (seen.length > 0 ? seen : undefined));
      expect(how).toContain("ECONNRESET");
    } finally {
      relay.close();
    }
  });

  test("is told in TLS what was written before it spoke it, and then that this was all", async () => {
    using late = server({});
    const peer = new SocketServer();
    const begun = peer.begin(to(late.port), way);
    peer.write(Buffer.from("NOOP\r\n"));
    const flushed = peer.flush();
    peer.end();
    await begun;
    await flushed;
    expect(text(await peer.read())).toBe("220-mx.test here\r\n220 ESMTP\r\n");
    await until("what it was told", () => (late.inside === "NOOP\r\n" ? true : undefined));
    expect(late.clear).not.toContain("NOOP");
    await until("its end", () => (late.ends.includes("end") ? true : undefined));
    expect(await peer.leave()).toEqual({ status: null, signal: null });
  });
});
