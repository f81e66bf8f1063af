// Two servers behind one wrapper: the first is gone when a refused message needs a fresh one. The second gets
// nothing it did not offer, and the client is told so.

import { afterAll, describe, expect } from "bun:test";
import { spawn } from "node:child_process";
import { type AddressInfo, createServer } from "node:net";
import { Stage } from "../corpus/stage.ts";
import type { StubOptions } from "../fixtures/stub.ts";
import { built, part } from "./parts/missing.ts";
import { pipe } from "./parts/pipe.ts";
import { Scratch } from "./parts/scratch.ts";
import { protowrap } from "./parts/wrapper.ts";

const stage = new Stage();
afterAll(() => stage.remove());

/** A stub on a port of its own, for one client: whoever comes later is refused by the system. */
async function once(options: StubOptions) {
  const record = stage.record();
  const server = createServer((socket) => {
    server.close();
    const [program, ...argv] = stage.stub("smtp", record, options);
    const stub = spawn(program!, argv, { stdio: ["pipe", "pipe", "ignore"] });
    // The wrapper resets the connection of a server it ends; the stub writes on for a moment.
    for (const end of [socket, stub.stdin]) end.on("error", () => stub.kill("SIGKILL"));
    socket.pipe(stub.stdin);
    stub.stdout.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { record, port, [Symbol.dispose]: () => void server.close() };
}

const offers = ["8BITMIME", "DSN", "SIZE", "AUTH PLAIN LOGIN"];
const unknown = "555 5.5.4 Parameter not recognised or not implemented\r\n";

async function conversation(
  second: StubOptions,
  says: (ask: (line: string) => Promise<string>) => Promise<void>,
) {
  await using scratch = new Scratch();
  using first = await once({ ehlo: offers });
  using other = await once(second);
  const drop = process.getuid?.() === 0 ? ["--user", "nobody"] : [];
  // By chance the lighter one comes first in one of a hundred thousand runs.
  const servers = [
    "--connect",
    `127.0.0.1:${first.port},weight=99999`,
    "--connect",
    `127.0.0.1:${other.port}`,
  ];
  const options = ["--log", "none", "--relay-domain", "local.test", "--auth", "pass"];
  await using client = pipe(scratch, [protowrap, "smtp", ...drop, ...options, ...servers]);
  const { talk } = client;
  expect(await talk.read(/^220 [^\r\n]*\r\n/)).toStartWith("220 ");
  const ask = (line: string) => talk.ask(line, /^(?:\d{3}-[^\r\n]*\r\n)*\d{3} [^\r\n]*\r\n/);
  expect(await ask("EHLO c.test")).toContain("250-AUTH PLAIN LOGIN\r\n");
  expect(await ask("MAIL FROM:<a@c.test> BODY=8BITMIME SIZE=9")).toStartWith("250 ");
  expect(await ask("RCPT TO:<u@local.test> NOTIFY=NEVER")).toStartWith("250 ");
  expect(await ask("DATA")).toStartWith("354 ");
  expect(await ask("nul\0\r\n.")).toStartWith("550 5.6.0 ");
  await says(ask);
  expect(await ask("QUIT")).toStartWith("221 ");
  expect(await talk.end()).toBe("");
  expect(await client.exitCode()).toBe(0);
  expect(await client.exitCode()).toBe(0);
  expect(first.record.octets).toContain("MAIL FROM:<a@c.test> BODY=8BITMIME SIZE=9\r\n");
  return other.record.octets;
}

describe("A fresh server that is another one", () => {
  part("is sent no parameter that only the first one offered", [built], async () => {
    const heard = await conversation({ ehlo: ["PIPELINING", "AUTH LOGIN"] }, async (ask) => {
      expect(await ask("MAIL FROM:<a@c.test> BODY=8BITMIME")).toBe(unknown);
      expect(await ask("AUTH PLAIN AHUAc2VjcmV0")).toStartWith("504 5.5.4 ");
      expect(await ask("MAIL FROM:<a@c.test> SIZE=9")).toStartWith("250 ");
      expect(await ask("RCPT TO:<u@local.test> NOTIFY=NEVER")).toBe(unknown);
      expect(await ask("RCPT TO:<u@local.test>")).toStartWith("250 ");
      expect(await ask("DATA")).toStartWith("354 ");
      expect(await ask("two\r\n.")).toStartWith("250 ");
    });
    expect(heard).toBe(
      "EHLO c.test\r\nMAIL FROM:<a@c.test>\r\nRCPT TO:<u@local.test>\r\nDATA\r\ntwo\r\n.\r\nQUIT\r\n",
    );
  });

  part("may know HELO only", [built], async () => {
    const heard = await conversation({ reply: { EHLO: "502 5.5.1 what?\r\n" } }, async (ask) => {
      expect(await ask("MAIL FROM:<a@c.test> BODY=8BITMIME")).toBe(unknown);
      expect(await ask("MAIL FROM:<a@c.test> SIZE=9")).toStartWith("250 ");
    });
    expect(heard).toBe("EHLO c.test\r\nHELO c.test\r\nMAIL FROM:<a@c.test>\r\nQUIT\r\n");
  });
});
