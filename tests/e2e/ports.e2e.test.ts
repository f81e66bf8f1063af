// The ports that tests are given: tests run beside each other, and each has to find its own server there.

import { expect, test } from "bun:test";
import { freePort, freeUdpPort } from "./parts/port.ts";

test("no port is given to two tests", async () => {
  for (const ask of [freePort, freeUdpPort]) {
    const ports = new Set<number>();
    for (let count = 0; count < 1_000; count += 1) ports.add(await ask());
    expect(ports.size).toBe(1_000);
  }
});

test("no port is given that somebody uses", async () => {
  const mine = await freePort();
  using _ = Bun.listen({ hostname: "127.0.0.1", port: mine + 1, socket: { data() {} } });
  expect(await freePort()).not.toBe(mine + 1);
});

test("no port is given that the kernel may take for a connection", async () => {
  for (const ask of [freePort, freeUdpPort]) expect(await ask()).toBeLessThan(32_768);
});
