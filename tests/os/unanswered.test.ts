// How many of a client's connections wait for a first word, as the kernel has it.

import { describe, expect, test } from "bun:test";
import { connect, createServer, type Server, type Socket } from "node:net";
import { hasMoreUnanswered, unanswered } from "../../src/os/unanswered.ts";
import { until } from "../e2e/parts/deadline.ts";

/** Clients of a server that says nothing by itself. */
async function crowd(host: string, clients: readonly string[]): Promise<Crowd> {
  const there: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => there.push(socket.on("error", () => {})));
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as { port: number };
  const here = clients.map((localAddress) =>
    connect({ port, localAddress, host: localAddress.includes(":") ? "::1" : "127.0.0.1" }),
  );
  while (there.length < clients.length) await Bun.sleep(1);
  return { port, there, here, server };
}

interface Crowd {
  readonly port: number;
  readonly there: Socket[];
  readonly here: readonly Socket[];
  readonly server: Server;
}

function leave({ there, here, server }: Crowd): void {
  for (const socket of [...there, ...here]) socket.destroy();
  server.close();
}

const of = (address: string | null, port: number | null) =>
  unanswered({ client: { address, port: 1 }, server: { address: null, port } }, null);

describe("Connections without a word", () => {
  for (const host of ["127.0.0.1", "::"])
    test(`of one address are counted, on ${host}`, async () => {
      const all = await crowd(host, ["127.0.0.1", "127.0.0.2", "127.0.0.1", "127.0.0.1"]);
      expect(of("127.0.0.1", all.port)).toBe(3);
      expect(of("127.0.0.2", all.port)).toBe(1);
      expect(of("127.0.0.3", all.port)).toBe(0);
      expect(of("127.0.0.1", 1)).toBe(0);
      leave(all);
    });

  test("of IPv6 are counted", async () => {
    const all = await crowd("::1", ["::1", "::1"]);
    expect(of("::1", all.port)).toBe(2);
    leave(all);
  });

  test("are those on which we have said nothing, whatever the client says", async () => {
    const all = await crowd("127.0.0.1", ["127.0.0.1", "127.0.0.1", "127.0.0.1"]);
    all.there[0]!.write("220 x\r\n");
    all.here[1]!.end("EHLO x\r\n");
    await until("two that wait", () => (of("127.0.0.1", all.port) === 2 ? true : undefined));
    all.there[1]!.destroy();
    await until("one that waits", () => (of("127.0.0.1", all.port) === 1 ? true : undefined));
    leave(all);
  });

  test("are all found where there are more than one answer holds", async () => {
    const all = await crowd("127.0.0.1", new Array<string>(300).fill("127.0.0.1"));
    expect(of("127.0.0.1", all.port)).toBe(300);
    leave(all);
  });

  test("are more than so many", async () => {
    const all = await crowd("127.0.0.1", new Array<string>(21).fill("127.0.0.1"));
    const connection = {
      client: { address: "127.0.0.1", port: 1 },
      server: { address: null, port: all.port },
    };
    const fd = (all.there[0] as unknown as { _handle: { fd: number } })._handle.fd;
    for (const client of [fd, 0]) {
      expect(hasMoreUnanswered(20, connection, client)).toBe(true);
      expect(hasMoreUnanswered(21, connection, client)).toBe(false);
    }
    leave(all);
  });

  test("of nobody are none", () => {
    expect(of(null, 25)).toBe(0);
    expect(of("127.0.0.1", null)).toBe(0);
  });
});
