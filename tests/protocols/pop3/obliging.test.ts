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

test("each command has the answer of its kind", () => {
  const server = obliging();
  expect(server("")).toBe("+OK server <1.1@server>\r\n");
  expect(server("CAPA\r\n")).toMatch(
    /^\+OK\r\nTOP\r\nUIDL\r\nUSER\r\nRESP-CODES\r\nPIPELINING\r\nSASL PLAIN LOGIN .*\r\n\.\r\n$/,
  );
  expect(server("AUTH\r\n")).toMatch(/^\+OK\r\nPLAIN\r\n.*\r\n\.\r\n$/s);
  expect(server("AUTH LOGIN dQ==\r\n")).toBe("+ \r\n");
  expect(server("cA==\r\n")).toBe("+OK welcome\r\n");
  expect(server("AUTH PLAIN AHUAcA==\r\n")).toBe("+OK welcome\r\n");
  expect(server("STAT\r\n")).toBe("+OK 1000000 1000000\r\n");
  for (const verb of ["LIST", "UIDL"]) {
    expect(server(`${verb}\r\n`)).toBe("+OK\r\n.\r\n");
    expect(server(`${verb} 7\r\n`)).toBe("+OK 7 1\r\n");
  }
  for (const line of ["RETR 1", "TOP 1 0"]) expect(server(`${line}\r\n`)).toBe("+OK\r\n.\r\n");
  for (const line of ["USER u", "PASS p", "DELE 1", "QUIT"]) expect(server(`${line}\r\n`)).toBe("+OK\r\n");
});
