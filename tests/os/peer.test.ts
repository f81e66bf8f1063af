// Who the client is, on real sockets of the loopback and from the environment; IPv6 as text.

import { dlopen, ptr } from "bun:ffi";
import { afterEach, describe, expect, test } from "bun:test";
import { closeSync, openSync } from "node:fs";
import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { socketName } from "../../src/os/libc.ts";
import { connectionOf } from "../../src/os/peer.ts";
import { writeIPv6 } from "../../src/wire/addresses.ts";

const AF_INET = 2;
const AF_INET6 = 10;
const AF_UNIX = 1;
const STREAM = 1;

const { symbols: libc } = dlopen("libc.so.6", {
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  bind: { args: ["i32", "ptr", "i32"], returns: "i32" },
  listen: { args: ["i32", "i32"], returns: "i32" },
  connect: { args: ["i32", "ptr", "i32"], returns: "i32" },
  accept: { args: ["i32", "ptr", "ptr"], returns: "i32" },
});

const open: number[] = [];

afterEach(() => {
  for (const fd of open.splice(0)) closeSync(fd);
});

function kept(fd: number): number {
  if (fd < 0) throw new Error("a system call failed");
  open.push(fd);
  return fd;
}

/** A struct sockaddr_in or sockaddr_in6. */
function address(family: number, port: number, octets: number[]): Uint8Array {
  const raw = new Uint8Array(family === AF_INET ? 16 : 28);
  raw.set([family, 0, port >> 8, port & 255]);
  raw.set(octets, family === AF_INET ? 4 : 8);
  return raw;
}

function portOf(fd: number): number {
  const raw = socketName(fd, "local")!;
  return (raw[2]! << 8) | raw[3]!;
}

/** A connection over the loopback. @returns the listener's end of it and the client's port */
function connected(listening: number, connecting: number, at: number[], to: number[]) {
  const listener = kept(libc.socket(listening, STREAM, 0));
  const bound = address(listening, 0, at);
  if (libc.bind(listener, ptr(bound), bound.length) !== 0) throw new Error("bind failed");
  libc.listen(listener, 1);
  const client = kept(libc.socket(connecting, STREAM, 0));
  const remote = address(connecting, portOf(listener), to);
  if (libc.connect(client, ptr(remote), remote.length) !== 0) throw new Error("connect failed");
  const server = kept(libc.accept(listener, null, null));
  return { fd: server, listener, clientPort: portOf(client), serverPort: portOf(server) };
}

const LOOPBACK = [127, 0, 0, 1];
const LIE = { TCPREMOTEIP: "192.0.2.66", TCPREMOTEPORT: "66", TCPLOCALIP: "192.0.2.67", TCPLOCALPORT: "67" };

describe("a socket", () => {
  test("tells both ends, whatever the environment says", () => {
    const { fd, clientPort, serverPort } = connected(AF_INET, AF_INET, LOOPBACK, LOOPBACK);
    expect(connectionOf(fd, LIE)).toEqual({
      client: { address: "127.0.0.1", port: clientPort },
      server: { address: "127.0.0.1", port: serverPort },
    });
  });

  test("of both families tells an IPv4 client by its IPv4 address", () => {
    const any = Array(16).fill(0);
    const { fd, clientPort } = connected(AF_INET6, AF_INET, any, LOOPBACK);
    expect(connectionOf(fd, {})).toMatchObject({
      client: { address: "127.0.0.1", port: clientPort },
      server: { address: "127.0.0.1" },
    });
  });

  test("of IPv6 tells both ends", () => {
    const loopback = [...Array(15).fill(0), 1];
    const { fd, clientPort } = connected(AF_INET6, AF_INET6, loopback, loopback);
    expect(connectionOf(fd, LIE)).toMatchObject({
      client: { address: "::1", port: clientPort },
      server: { address: "::1" },
    });
  });

  test("of the same machine, whose name is a path, has no address", () => {
    const run = crypto.randomUUID(); // a second run beside this one may have the same process id
    const name = (end: string) => {
      const path = new TextEncoder().encode(`\0protowrap-peer-test-${run}-${end}`);
      const raw = new Uint8Array(2 + path.length);
      raw.set([AF_UNIX, 0]);
      raw.set(path, 2);
      return raw;
    };
    const [at, from] = [name("listener"), name("client")];
    const listener = kept(libc.socket(AF_UNIX, STREAM, 0));
    libc.bind(listener, ptr(at), at.length);
    libc.listen(listener, 1);
    const client = kept(libc.socket(AF_UNIX, STREAM, 0));
    libc.bind(client, ptr(from), from.length);
    libc.connect(client, ptr(at), at.length);
    const fd = kept(libc.accept(listener, null, null));
    expect(socketName(fd, "peer")!.length).toBeGreaterThan(24);
    expect(connectionOf(fd, {}).client).toEqual({ address: null, port: null });
  });

  test("that listens has no client: the environment is asked", () => {
    const { listener } = connected(AF_INET, AF_INET, LOOPBACK, LOOPBACK);
    expect(connectionOf(listener, {})).toEqual({
      client: { address: null, port: null },
      server: { address: null, port: null },
    });
  });
});

describe("what is no socket", () => {
  const from = (env: Record<string, string>) => {
    const fd = kept(openSync("/dev/null", "r"));
    return connectionOf(fd, env);
  };

  test("leaves it to the environment", () => {
    expect(from(LIE)).toEqual({
      client: { address: "192.0.2.66", port: 66 },
      server: { address: "192.0.2.67", port: 67 },
    });
  });

  test.each([
    [{ REMOTE_ADDR: "192.0.2.7", REMOTE_PORT: "9" }, "192.0.2.7", 9],
    [{ REMOTE_HOST: "192.0.2.7" }, "192.0.2.7", null],
    [{ REMOTE_HOST: "2001:DB8::7" }, "2001:db8::7", null],
    [{ REMOTE_HOST: "::ffff:192.0.2.7" }, "192.0.2.7", null],
    [{ REMOTE_HOST: "::ffff:1" }, "::ffff:1", null],
    [{ TCPREMOTEIP: "192.0.2.7", REMOTE_ADDR: "192.0.2.8", REMOTE_HOST: "192.0.2.9" }, "192.0.2.7", null],
    [{ TCPREMOTEIP: "no address", REMOTE_ADDR: "192.0.2.8" }, "192.0.2.8", null],
    [{ REMOTE_ADDR: "192.0.2.7", REMOTE_PORT: "x" }, "192.0.2.7", null],
    [{ NCAT_REMOTE_ADDR: "192.0.2.7", NCAT_REMOTE_PORT: "9" }, "192.0.2.7", 9],
    [{ NCAT_REMOTE_ADDR: "2001:db8::7", NCAT_REMOTE_PORT: "9" }, "2001:db8::7", 9],
    [{ SOCAT_PEERADDR: "192.0.2.7", SOCAT_PEERPORT: "9" }, "192.0.2.7", 9],
    [{ SOCAT_PEERADDR: "[2001:0db8:0000:0000:0000:0000:0000:0007]" }, "2001:db8::7", null],
    [{ SOCAT_PEERADDR: "[0000:0000:0000:0000:0000:ffff:c000:0207]" }, "192.0.2.7", null],
    [{ SOCAT_PEERADDR: "/run/socket" }, null, null],
    [{ SOCAT_PEERADDR: "[192.0.2.7]" }, null, null],
    [
      { REMOTE_HOST: "192.0.2.7", NCAT_REMOTE_ADDR: "192.0.2.8", SOCAT_PEERADDR: "192.0.2.9" },
      "192.0.2.7",
      null,
    ],
    [{ NCAT_REMOTE_ADDR: "192.0.2.8", SOCAT_PEERADDR: "192.0.2.9" }, "192.0.2.8", null],
    // A port is of the same connection as its address.
    [{ REMOTE_ADDR: "192.0.2.7", TCPREMOTEPORT: "9" }, "192.0.2.7", null],
    [{ REMOTE_HOST: "2001:db8:0:0:0:0:192.0.2.7" }, "2001:db8::c000:207", null],
    [{ REMOTE_HOST: "mail.test" }, null, null],
    [{ REMOTE_HOST: "192.0.2.7 " }, null, null],
    [{ REMOTE_HOST: "" }, null, null],
    [{ TCPREMOTEPORT: "25" }, null, null],
    [{ TCPREMOTEHOST: "192.0.2.7", TCPREMOTEINFO: "192.0.2.7" }, null, null],
    [{}, null, null],
  ] as [Record<string, string>, string | null, number | null][])("%j: %p %p", (env, address, port) => {
    expect(from(env).client).toEqual({ address, port });
  });
});

describe("IPv6 as text", () => {
  test.each([
    [[0, 0, 0, 0, 0, 0, 0, 0], "::"],
    [[0, 0, 0, 0, 0, 0, 0, 1], "::1"],
    [[1, 0, 0, 0, 0, 0, 0, 0], "1::"],
    [[0x2001, 0xdb8, 0, 0, 1, 0, 0, 1], "2001:db8::1:0:0:1"],
    [[0x2001, 0xdb8, 0, 1, 1, 1, 1, 1], "2001:db8:0:1:1:1:1:1"],
    [[0, 0, 1, 0, 0, 0, 0, 1], "0:0:1::1"],
    [[0, 0, 0, 0, 0, 0xffff, 0xc000, 0x207], "::ffff:192.0.2.7"],
  ])("%j is %s", (groups, text) => {
    expect(writeIPv6(groups)).toBe(text);
  });

  test("is what an independent writer makes of it, mapped addresses apart", () => {
    const group = fc.oneof(
      { weight: 2, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xffff }) },
    );
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        fc.pre(!(groups.slice(0, 5).every((value) => value === 0) && groups[5] === 0xffff));
        expect(writeIPv6(groups)).toBe(new ipaddr.IPv6(groups).toRFC5952String());
      }),
      { numRuns: 2000 },
    );
  });
});
