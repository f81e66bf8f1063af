// Which sockets are opened, kept and closed when what is wished for changes.

import { afterEach, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { closeSync, readFileSync } from "node:fs";
import { duplicate } from "../../src/os/libc.ts";
import { listenOn } from "../../src/os/listening.ts";
import { boundTo } from "../../src/os/peer.ts";
import { Ports, type Wish } from "../../src/serve/ports.ts";

const all: Ports[] = [];
afterEach(() => {
  for (const ports of all.splice(0)) ports.close();
});

function portsWith(...names: (string | null)[]): { ports: Ports; addresses: string[] } {
  const passed = names.map((name) => ({ fd: listenOn({ host: "127.0.0.1", port: 0 }, false), name }));
  const addresses = passed.map(({ fd }) => `127.0.0.1:${boundTo(fd).port}`);
  const ports = new Ports(passed);
  all.push(ports);
  return { ports, addresses };
}

function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}

const wish = (service: string | null, ...ports: number[]): Wish => ({
  ...{ service, where: service ?? "" },
  addresses: ports.map((port) => ({ host: "127.0.0.1", port })),
});

const nobody = { arrived() {} };

/** Whoever gets a client of that port. */
async function owner(port: number, got: readonly string[]): Promise<string | undefined> {
  const before = got.length;
  const socket = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } });
  for (let turn = 0; turn < 100 && got.length === before; turn++) await Bun.sleep(5);
  socket.terminate();
  return got[before];
}

describe("ports", () => {
  test("that stay are not opened again, and change their owner without being closed", async () => {
    const { ports } = portsWith();
    const [one, two] = [freePort(), freePort()];
    const got: string[] = [];
    const ownerOf = (service: string | null) => ({ arrived: () => void got.push(service!) });
    expect(
      ports.take(ports.open([wish("a", one), wish("b", two)]), ownerOf).map(({ service }) => service),
    ).toEqual(["a", "b"]);
    expect([await owner(one, got), await owner(two, got)]).toEqual(["a", "b"]);
    expect(ports.take(ports.open([wish("a", two), wish("b", one)]), ownerOf)).toEqual([]);
    expect([await owner(one, got), await owner(two, got)]).toEqual(["b", "a"]);
  });

  test("that nobody wishes for are closed, and those of an opening that is abandoned", async () => {
    const { ports } = portsWith();
    const [one, two, three] = [freePort(), freePort(), freePort()];
    ports.take(ports.open([wish("a", one, two)]), () => nobody);
    const opening = ports.open([wish("a", one, three)]);
    await (await Bun.connect({ hostname: "127.0.0.1", port: three, socket: { data() {} } })).terminate();
    ports.abandon(opening);
    await expect(
      Bun.connect({ hostname: "127.0.0.1", port: three, socket: { data() {} } }),
    ).rejects.toThrow();
    ports.take(ports.open([wish("a", one)]), () => nobody);
    await expect(Bun.connect({ hostname: "127.0.0.1", port: two, socket: { data() {} } })).rejects.toThrow();
    await (await Bun.connect({ hostname: "127.0.0.1", port: one, socket: { data() {} } })).terminate();
  });

  test("change what they take clients of, also where the old ones stand in the way", async () => {
    const { ports } = portsWith();
    const port = freePort();
    const at = (...hosts: string[]): Wish => ({
      ...{ service: "a", where: "a" },
      addresses: hosts.map((host) => ({ host, port })),
    });
    const reached = async (host: string) => {
      const socket = await Bun.connect({ hostname: host, port, socket: { data() {} } }).catch(() => null);
      socket?.terminate();
      return socket !== null;
    };
    const both = async () => [await reached("127.0.0.1"), await reached("::1")];
    const steps: readonly (readonly [hosts: readonly string[], reached: readonly boolean[]])[] = [
      [
        ["0.0.0.0", "::"],
        [true, true],
      ],
      [["::"], [true, true]],
      [
        ["::", "0.0.0.0"],
        [true, true],
      ],
      [["0.0.0.0"], [true, false]],
      [["127.0.0.1"], [true, false]],
      [["::"], [true, true]],
      [["::1"], [false, true]],
      [
        ["::1", "127.0.0.1"],
        [true, true],
      ],
    ];
    for (const [hosts, expected] of steps) {
      ports.abandon(ports.open([at(...hosts)]));
      ports.take(ports.open([at(...hosts)]), () => nobody);
      expect([hosts, await both()]).toEqual([hosts, [...expected]]);
      const [taken] = hosts;
      expect(() => listenOn({ host: taken!, port }, true)).toThrow("somebody listens there already");
    }
    // What a start would refuse is refused now, too: the one that stays is in the way.
    expect(() => ports.open([at("127.0.0.1", "0.0.0.0")])).toThrow("somebody listens there already");
  });

  test("that nobody wishes for any more give away whom the kernel had for us", async () => {
    const { ports } = portsWith();
    const [one, two] = [freePort(), freePort()];
    const got: string[] = [];
    const ownerOf = (service: string | null) => ({ arrived: () => void got.push(service!) });
    ports.take(ports.open([wish("a", one)]), ownerOf);
    await Bun.sleep(5);
    // No turn of our loop passes meanwhile: none of them is accepted.
    execFileSync("/bin/bash", ["-c", `for n in 1 2 3; do : 3<>/dev/tcp/127.0.0.1/${one}; done`]);
    ports.take(ports.open([wish("b", two)]), ownerOf);
    expect(got).toEqual(["a", "a", "a"]);
  });

  test("are opened all, or none", async () => {
    const { ports } = portsWith();
    const one = freePort();
    using taken = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    expect(() => ports.open([wish("a", one), wish("b", taken.port)])).toThrow("b: 127.0.0.1:");
    await expect(Bun.connect({ hostname: "127.0.0.1", port: one, socket: { data() {} } })).rejects.toThrow();
  });

  test("of two that want the same one are refused to the second, and nowhere is no place", () => {
    const { ports } = portsWith();
    const one = freePort();
    expect(() => ports.open([wish("a", one), wish("b", one)])).toThrow(
      `b: expected an address of its own, got 127.0.0.1:${one}, which a has`,
    );
    expect(() => ports.open([wish("a")])).toThrow(
      "a: expected listen, or a socket of that name passed in, got neither",
    );
  });
});

describe("sockets that were passed", () => {
  test("are those of the only service, whatever they are called", () => {
    const { ports, addresses } = portsWith("x", null);
    const opening = ports.open([wish(null)]);
    expect(ports.strangers(opening)).toEqual([]);
    expect(ports.take(opening, () => nobody).map(({ address }) => address)).toEqual(addresses);
  });

  test("are for the service of that name or address; what is nobody's is told", () => {
    const { ports, addresses } = portsWith("a", "b", "c");
    const second = Number(addresses[1]!.split(":")[1]);
    const opening = ports.open([wish("a"), wish("z", second)]);
    expect(ports.strangers(opening)).toEqual([`${addresses[2]}, named "c"`]);
    const taken = ports.take(opening, () => nobody);
    expect(taken).toEqual([
      { service: "a", address: addresses[0]! },
      { service: "z", address: addresses[1]! },
    ]);
  });

  test("keep whom the kernel has for us for those who come after", async () => {
    const { ports, addresses } = portsWith("a");
    const got: string[] = [];
    const ownerOf = (service: string | null) => ({ arrived: () => void got.push(service!) });
    ports.take(ports.open([wish("a")]), ownerOf);
    await Bun.sleep(5);
    execFileSync("/bin/bash", ["-c", `: 3<>/dev/tcp/${addresses[0]!.replace(":", "/")}`]);
    ports.take(ports.open([wish("b", freePort())]), ownerOf);
    await Bun.sleep(50);
    expect(got).toEqual([]);
    ports.take(ports.open([wish("c", freePort()), wish("a")]), ownerOf);
    for (let turn = 0; turn < 100 && got.length === 0; turn++) await Bun.sleep(5);
    expect(got).toEqual(["a"]);
  });

  test("need no descriptor any more when their turn comes", () => {
    const { ports } = portsWith("a");
    const other = wish("b", freePort()); // it stays: nothing is closed, either
    ports.take(ports.open([other]), () => nobody);
    const opening = ports.open([other, wish("a")]);
    const all: number[] = [];
    const soft = Number(/Max open files +(\d+)/.exec(readFileSync("/proc/self/limits", "latin1"))![1]);
    const limit = (to: number) =>
      execFileSync("/usr/bin/prlimit", [`--pid=${process.pid}`, `--nofile=${to}:`]);
    limit(256);
    try {
      for (let fd = duplicate(0); fd >= 0; fd = duplicate(0)) all.push(fd);
      expect(all.length).toBeGreaterThan(0);
      expect(ports.take(opening, () => nobody)).toHaveLength(1);
    } finally {
      for (const fd of all) closeSync(fd);
      limit(soft);
    }
  });

  test("stay open while nobody wants them, and are had again", async () => {
    const { ports, addresses } = portsWith("a");
    const own = freePort();
    const port = Number(addresses[0]!.split(":")[1]);
    const got: string[] = [];
    const ownerOf = (service: string | null) => ({ arrived: () => void got.push(service!) });
    ports.take(ports.open([wish("a")]), ownerOf);
    ports.take(ports.open([wish("b", own)]), ownerOf);
    const waiting = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } });
    await Bun.sleep(50);
    expect(got).toEqual([]);
    ports.take(ports.open([wish("a")]), ownerOf);
    for (let turn = 0; turn < 100 && got.length === 0; turn++) await Bun.sleep(5);
    expect(got).toEqual(["a"]);
    waiting.terminate();
  });
});
