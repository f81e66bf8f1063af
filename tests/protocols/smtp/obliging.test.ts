// The server that agrees to everything must follow a login to its end, also when the client gives it up.

import { expect, test } from "bun:test";
import { obliging } from "../../../src/protocols/smtp/obliging.ts";

const WELCOME = "235 2.7.0 welcome\r\n";

test("a login that is cancelled is over", () => {
  const server = obliging();
  expect(server("AUTH LOGIN\r\n")).toBe("334 \r\n");
  expect(server("*\r\n")).toBe("501 5.7.0 cancelled\r\n");
  expect(server("DATA\r\n")).toBe("354 go on\r\n");
});

test("a login is over after the answers its mechanism has", () => {
  const server = obliging();
  expect(["AUTH LOGIN\r\n", "dQ==\r\n", "cA==\r\n"].map(server)).toEqual(["334 \r\n", "334 \r\n", WELCOME]);
  expect(server("AUTH PLAIN AHUAcA==\r\n")).toBe(WELCOME);
  expect(server("QUIT\r\n")).toBe("221 2.0.0 bye\r\n");
});

test("it greets, offers what the wrapper passes, and takes a message when it ends", () => {
  const server = obliging();
  expect(server("")).toMatch(/^220 [ -~]+\r\n$/);
  expect(server("EHLO c.test\r\n")).toMatch(/^(?:250-[ -~]+\r\n)+250 AUTH [ -~]+\r\n$/);
  expect(server("MAIL FROM:<>\r\n")).toBe("250 2.0.0 ok\r\n");
  expect(server(".\r\n")).toBe("250 2.0.0 taken\r\n");
});
