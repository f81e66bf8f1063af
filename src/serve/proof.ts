// Proves, before anybody is served, that this runtime's accept loop gives what the listener is built on, none of
// which it promises: that a client's descriptor can be had, and closed here without a word to the client, with every
// octet of it still unread. Another runtime would show here, and not in a client's session.

import { reader } from "../io/reader.ts";
import { within } from "../io/within.ts";
import { accept, listenOn } from "../os/listening.ts";
import { boundTo, connectionOf } from "../os/peer.ts";

/** Seconds for octets that only go round in the kernel, on a host with much else to do. */
const PATIENCE = 10;
const OCTETS = "proof";

/** @throws when it does not */
export async function proveAccepting(): Promise<void> {
  const listening = listenOn({ host: "127.0.0.1", port: 0 }, false);
  const arrived = Promise.withResolvers<number>();
  const { port } = boundTo(listening);
  const accepting = accept(listening, (arrival) => arrived.resolve(arrival.take()));
  const client = await Bun.connect({ hostname: "127.0.0.1", port: port!, socket: { data() {} } });
  client.write(OCTETS);
  const fd = await within(arrived.promise, PATIENCE);
  accepting.stop();
  const taken = fd === null || fd < 0 ? null : reader(fd);
  const octets = taken === null ? null : await within(taken.read(), PATIENCE);
  const isKnown = fd !== null && connectionOf(fd, {}).client.address === "127.0.0.1";
  taken?.cancel();
  client.terminate();
  if (!isKnown || new TextDecoder().decode(octets ?? new Uint8Array()) !== OCTETS)
    throw new Error("this runtime's accept loop does not give its clients away");
}
