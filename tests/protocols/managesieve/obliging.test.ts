// The server that agrees to everything must follow a login to its end, also when the client gives it up.

import { expect, test } from "bun:test";
import { obliging } from "../../../src/protocols/managesieve/obliging.ts";

test("it greets with what a client may want", () => {
  const greeting = obliging()("");
  expect(greeting).toMatch(
    /^"IMPLEMENTATION" "server"\r\n"SASL" "PLAIN LOGIN .*"\r\n("[A-Z]+".*\r\n)+OK\r\n$/,
  );
  expect(obliging()("CAPABILITY\r\n")).toBe(greeting);
});

test("a login that is cancelled is over", () => {
  const server = obliging();
  expect(server('AUTHENTICATE "LOGIN"\r\n')).toBe('""\r\n');
  expect(server('"*"\r\n')).toBe('NO "cancelled"\r\n');
  expect(server('GETSCRIPT "a"\r\n')).toBe('"keep;"\r\nOK\r\n');
});

test("a login is over after the answers its mechanism has, however long they are", () => {
  const server = obliging();
  const long = `{1500+}\r\n${"A".repeat(1500)}\r\n`;
  expect(server('AUTHENTICATE "LOGIN"\r\n')).toBe('""\r\n');
  expect(server('"dQ=="\r\n')).toBe('""\r\n');
  expect(server(long)).toBe("OK\r\n");
  expect(server(`AUTHENTICATE "LOGIN" ${long}`)).toBe('""\r\n');
  expect(server(long)).toBe("OK\r\n");
  expect(server('AUTHENTICATE "PLAIN" "AHUAcA=="\r\n')).toBe("OK\r\n");
});

test("a script is answered when its line has ended", () => {
  const server = obliging();
  expect(server('PUTSCRIPT "a" {5+}\r\n')).toBe("");
  expect(server("\r\n")).toBe("OK\r\n");
});

test("every other command goes", () => {
  const server = obliging();
  for (const line of ['SETACTIVE "a"', "LISTSCRIPTS", "NOOP", "LOGOUT", 'PUTSCRIPT "a" "keep;"'])
    expect(server(`${line}\r\n`)).toBe("OK\r\n");
});
