import { expect, test } from "bun:test";
import { PROTOCOLS } from "../../src/protocols/registry.ts";
import { settled } from "../settled.ts";

test.each([
  ["smtp", "lock-step", "421 4.3.0 mx.test Service not available, closing transmission channel\r\n"],
  ["pop3", "lock-step", "-ERR [SYS/TEMP] server unavailable\r\n"],
  ["finger", "stream", "Finger service unavailable\r\n"],
  ["line", "stream", ""],
] as const)("%s is registered under its own name, in %s", async (name, dialogue, unavailable) => {
  const protocol = await PROTOCOLS[name]!.load();
  expect([protocol.name, protocol.dialogue, protocol.unavailable("mx.test")]).toEqual([
    name,
    dialogue,
    unavailable,
  ]);
});

test("a protocol in lock-step can be explained: it has a server that agrees to everything", async () => {
  for (const name of Object.keys(PROTOCOLS)) {
    const { protocol } = await settled(name);
    expect(protocol.obliging !== undefined).toBe(protocol.dialogue === "lock-step");
  }
});
