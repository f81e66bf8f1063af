// A client that may come to speak TLS: what is done for it while it reads its greeting.

import { expect, test } from "bun:test";
import { close, connectEnds, SOCKET } from "../../scripts/benchmark/os.ts";
import { securableOn } from "../../src/io/securable.ts";

const NO_TERMS = () => {
  throw new Error("nobody asked for TLS");
};

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("what can wait is done once, behind the first octets that the client is told", async () => {
  const { childIn, childOut, read, write } = connectEnds(SOCKET);
  let done = 0;
  const client = securableOn(childIn, childOut, NO_TERMS, () => void done++);
  try {
    client.flush();
    await turn();
    expect(done).toBe(0);
    client.write(Buffer.from("220 mx.test\r\n"));
    await turn();
    expect(done).toBe(0);
    client.flush();
    expect(done).toBe(0); // the octets are with the kernel first
    await turn();
    expect(done).toBe(1);
    client.write(Buffer.from("250 x\r\n"));
    client.flush();
    await turn();
    expect(done).toBe(1);
  } finally {
    client.close();
    close(read, write);
  }
});
