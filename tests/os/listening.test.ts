// Listening sockets, and clients taken from them.

import { expect, test } from "bun:test";
import { close, readReady } from "../../src/os/libc.ts";
import { type Address, accept, listenOn, turnAway } from "../../src/os/listening.ts";
import { boundTo, connectionOf } from "../../src/os/peer.ts";
import { proveAccepting } from "../../src/serve/proof.ts";

const ANY = { host: "127.0.0.1", port: 0 };

function connect({ host, port }: Address) {
  let heard = "";
  const closed = Promise.withResolvers<string>();
  const socket = Bun.connect({
    hostname: host,
    port,
    socket: {
      open: (opened) => void opened.write("early"),
      data: (_, octets) => {
        heard += octets.toString("latin1");
      },
      close: () => closed.resolve(heard),
    },
  });
  return { socket, closed: closed.promise };
}

test("this runtime's accept loop gives its clients away", async () => {
  await proveAccepting();
});

test.each(["127.0.0.1", "::1"])("a client of %s is taken with its address and its octets", async (host) => {
  const fd = listenOn({ host, port: 0 }, false);
  const port = boundTo(fd).port!;
  const arrived = Promise.withResolvers<number>();
  const accepting = accept(fd, (arrival) => arrived.resolve(arrival.take()));
  const { socket, closed } = connect({ host, port });
  const client = await arrived.promise;
  expect(connectionOf(client, {}).client.address).toBe(host);
  expect(connectionOf(client, {}).server).toEqual({ address: host, port });
  await Bun.sleep(20);
  const octets = new Uint8Array(16);
  expect(readReady(client, octets)).toBe(5);
  close(client);
  expect(await closed).toBe("");
  (await socket).end();
  accepting.stop();
});

test("IPv4 comes to [::] too, unless that listens alone", async () => {
  const both = listenOn({ host: "::", port: 0 }, false);
  const port = boundTo(both).port!;
  expect(() => listenOn({ host: "0.0.0.0", port }, false)).toThrow("somebody listens there already");
  close(both);
  const alone = listenOn({ host: "::", port }, true);
  const four = listenOn({ host: "0.0.0.0", port }, false);
  close(alone);
  close(four);
});

test("an address that is not ours is told as that", () => {
  expect(() => listenOn({ host: "192.0.2.1", port: 0 }, false)).toThrow(
    "192.0.2.1:0 cannot be listened on: this host does not have the address",
  );
});

test("whoever is turned away hears why, whatever they have sent", async () => {
  const fd = listenOn(ANY, false);
  const port = boundTo(fd).port!;
  const accepting = accept(fd, (arrival) => {
    Bun.sleepSync(20);
    turnAway(arrival, new TextEncoder().encode("421 no\r\n"));
  });
  const { closed } = connect({ host: "127.0.0.1", port });
  expect(await closed).toBe("421 no\r\n");
  accepting.stop();
});
