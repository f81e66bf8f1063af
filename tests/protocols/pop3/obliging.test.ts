// The server that agrees to everything must follow a login to its end, also when the client gives it up.

import { expect, test } from "bun:test";
import { obliging } from "../../../src/protocols/pop3/obliging.ts";

test("a login that is cancelled is over", () => {
  const server = obliging();
  expect(server("AUTH LOGIN\r\n")).toBe("+ \r\n");
  expect(server("*\r\n")).toBe("-ERR cancelled\r\n");
  expect(server("STAT\r\n")).toMatch(/^\+OK [0-9]+ [0-9]+\r\n$/);
});

test("a login is over after the answers its mechanism has", () => {
  const server = obliging();
  expect(server("AUTH LOGIN\r\n")).toBe("+ \r\n");
  expect(server("dQ==\r\n")).toBe("+ \r\n");
  expect(server("cA==\r\n")).toBe("+OK welcome\r\n");
});

test("an initial response is one of the answers", () => {
  expect(obliging()("AUTH PLAIN AHUAcA==\r\n")).toBe("+OK welcome\r\n");
});

test("what it lists has its end", () => {
  const server = obliging();
  for (const command of ["CAPA", "AUTH", "LIST", "UIDL", "RETR 1", "TOP 1 0"])
    expect([command, server(`${command}\r\n`)]).toEqual([
      command,
      expect.stringMatching(/^\+OK\r\n(?:[A-Z][ -~]*\r\n)*\.\r\n$/),
    ]);
  expect(server("LIST 7\r\n")).toBe("+OK 7 1\r\n");
});
