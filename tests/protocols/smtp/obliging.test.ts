// The server that agrees to everything must follow a login to its end, also when the client gives it up.

import { expect, test } from "bun:test";
import { obliging } from "../../../src/protocols/smtp/obliging.ts";

test("a login that is cancelled is over", () => {
  const server = obliging();
  expect(server("AUTH LOGIN\r\n")).toBe("334 \r\n");
  expect(server("*\r\n")).toBe("501 5.7.0 cancelled\r\n");
  expect(server("NOOP\r\n")).toBe("250 2.0.0 ok\r\n");
});

test("a login is over after the answers its mechanism has", () => {
  const server = obliging();
  expect(server("AUTH LOGIN\r\n")).toBe("334 \r\n");
  expect(server("dQ==\r\n")).toBe("334 \r\n");
  expect(server("cA==\r\n")).toBe("235 2.7.0 welcome\r\n");
  expect(server("AUTH LOGIN dQ==\r\n")).toBe("334 \r\n");
  expect(server("cA==\r\n")).toBe("235 2.7.0 welcome\r\n");
  expect(server("AUTH PLAIN AHUAcA==\r\n")).toBe("235 2.7.0 welcome\r\n");
});

test("each command has the answer of its kind", () => {
  const server = obliging();
  expect(server("")).toBe("220 server ESMTP\r\n");
  const lines = server("EHLO c.test\r\n").split("\r\n");
  expect(lines.slice(0, 7)).toEqual([
    "250-server",
    "250-8BITMIME",
    "250-DSN",
    "250-ENHANCEDSTATUSCODES",
    "250-PIPELINING",
    "250-SIZE",
    "250-SMTPUTF8",
  ]);
  expect(lines.slice(7)).toEqual([expect.stringMatching(/^250 AUTH PLAIN LOGIN /), ""]);
  expect(server("HELO c.test\r\n")).toBe("250 2.0.0 ok\r\n");
  expect(server("DATA\r\n")).toBe("354 go on\r\n");
  expect(server(".\r\n")).toBe("250 2.0.0 taken\r\n");
  expect(server("QUIT\r\n")).toBe("221 2.0.0 bye\r\n");
});
