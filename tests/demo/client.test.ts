// Where the demo's client takes a reply to end, and whom it believes in TLS.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { selfSigned } from "../../src/demo/certificate.ts";
import { Client, type Ending } from "../../src/demo/client.ts";
import { LOOPBACK } from "../../src/demo/listener.ts";

let sent = "";
let ends = false;
const server = createServer((socket) => {
  for (const octet of sent) socket.write(octet);
  if (ends) socket.end();
}).listen(0, LOOPBACK);
await once(server, "listening");
const { port } = server.address() as AddressInfo;

afterAll(() => server.close());

for (const [text, ending, replies] of [
  ["220 one\r\n250-a\r\n250 b\r\n", "status", ["220 one\r\n", "250-a\r\n250 b\r\n"]],
  ["+OK one\r\n-ERR two\r\n", "status", ["+OK one\r\n", "-ERR two\r\n"]],
  ["+OK\r\na\r\n..\r\n.\r\n+OK\r\n.\r\n", "body", ["+OK\r\na\r\n..\r\n.\r\n", "+OK\r\n.\r\n"]],
  ["-ERR no\r\n", "body", ["-ERR no\r\n"]],
] as const satisfies [string, Ending, string[]][]) {
  test(`${JSON.stringify(text)} by its ${ending}`, async () => {
    [sent, ends] = [text, false];
    const client = new Client(port);
    for (const reply of replies) expect(await client.reply(ending)).toBe(reply);
    client.close();
  });
}

test("a connection that ends gives what there is, then nothing", async () => {
  [sent, ends] = ["+OK\r\ncut off", true];
  const client = new Client(port);
  expect(await client.reply("body")).toBe("+OK\r\ncut off");
  expect(await client.reply("status")).toBe("");
});

describe("in TLS", () => {
  const { certificate, key } = selfSigned(["mail.demo.test"], [], 1);
  const secured = createTlsServer({ cert: certificate, key }, (socket) => {
    socket.on("error", () => {});
    socket.on("data", (chunk) => socket.write(`250 ${chunk}`));
  });
  beforeAll(async () => {
    await once(secured.listen(0, LOOPBACK), "listening");
  });
  afterAll(() => secured.close());

  /** What comes of a line that is said after the handshake. */
  async function said(trusted: string, name: string): Promise<string> {
    const client = new Client((secured.address() as AddressInfo).port);
    await client.secure(trusted, name);
    client.send("noop\r\n");
    const reply = await client.reply("status");
    client.close();
    return reply;
  }

  test("it speaks to the one certificate that it was told of", async () => {
    expect(await said(certificate, "mail.demo.test")).toBe("250 noop\r\n");
  });

  test("it speaks to nobody else", async () => {
    const { certificate: another } = selfSigned(["mail.demo.test"], [], 1);
    expect(await said(another, "mail.demo.test")).toBe("");
    expect(await said(certificate, "other.demo.test")).toBe("");
  });
});
