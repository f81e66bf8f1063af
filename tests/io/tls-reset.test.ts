// A client inside TLS that is reset: whoever writes to it, or reads of it, hears of it.

import { expect, test } from "bun:test";
import { TlsClient } from "../../src/io/tls.ts";
import { OneClient } from "../corpus/socket.ts";
import { within } from "../e2e/parts/deadline.ts";
import { NAME, onTheSpot } from "../e2e/parts/keypair.ts";
import { dialSecurely } from "../e2e/parts/tlsclient.ts";

async function greeted() {
  const listener = new OneClient();
  const talk = await dialSecurely(listener.port);
  const client = new TlsClient(listener.accept(), 10, () => ({
    credentials: [{ ...onTheSpot(), label: NAME, names: [NAME] }],
    profile: "intermediate",
  }));
  await Promise.all([client.secured, talk.secured]);
  return { client, talk };
}

const seen = (promise: Promise<unknown> | null) =>
  within(3_000, "what becomes of it", Promise.resolve(promise)).then(
    () => "taken",
    (error: Error) => error.message,
  );

test("a write that hears of the reset waits no longer, though the client has said more", async () => {
  const { client, talk } = await greeted();
  await talk.send("x");
  await client.read();
  await talk.send("y"); // will be found, and stop the reading
  talk.cut(); // in the kernel at once: this turn is not over
  client.write(new Uint8Array(50));
  expect(await seen(client.flush())).toBe("no TLS: eof");
  expect(await seen(client.read())).toBe("no TLS: eof");
});

test("a write that waits for the client ends when that is reset behind its end", async () => {
  const { client, talk } = await greeted();
  talk.halfClose();
  expect(await client.read()).toBe(null);
  client.write(new Uint8Array(32 << 20)); // more than sockets hold, and the client's event loop does not get to read all of it
  const flushed = seen(client.flush());
  talk.cut();
  expect(await flushed).toBe("no TLS: eof");
});

test("a client that is read when it is reset has broken, not ended", async () => {
  const { client, talk } = await greeted();
  const read = seen(client.read());
  talk.cut();
  expect(await read).toBe("no TLS: eof");
});
