import { expect, test } from "bun:test";
import { filterCapabilities, leastCapabilities } from "../../../src/protocols/pop3/capabilities.ts";

const OPEN = { auth: true, isLoginOpen: true, startsTls: false };

test.each([
  ["TOP", "TOP"],
  ["top", "TOP"],
  ["UIDL", "UIDL"],
  ["USER", "USER"],
  ["RESP-CODES", "RESP-CODES"],
  ["AUTH-RESP-CODE", "AUTH-RESP-CODE"],
  ["PIPELINING", "PIPELINING"],
  ["EXPIRE 30 USER", "EXPIRE 30 USER"],
  ["LOGIN-DELAY 900", "LOGIN-DELAY 900"],
  ["STLS", undefined],
  ["UTF8 USER", undefined],
  ["LANG", undefined],
  ["IMPLEMENTATION Server-1", undefined],
  ["X-ANYTHING", undefined],
  ["TOPX", undefined],
  ["CAPA", undefined],
  ["", undefined],
  ["TOP  x", undefined],
  ["EXPIRE \x1b[2J", undefined],
  ["EXPIRE \xe9", undefined],
  [`EXPIRE ${"9".repeat(503)}`, `EXPIRE ${"9".repeat(503)}`],
  [`EXPIRE ${"9".repeat(504)}`, undefined],
])("%j is shown as %j", (line, shown) => expect(filterCapabilities([line], OPEN)[0]).toBe(shown as string));

test("mechanisms are shown with auth alone, and only those without a security layer", () => {
  expect(filterCapabilities(["SASL PLAIN GSSAPI login"], OPEN)).toEqual(["SASL PLAIN LOGIN"]);
  expect(filterCapabilities(["SASL GSSAPI"], OPEN)).toEqual([]);
  expect(filterCapabilities(["SASL PLAIN"], { ...OPEN, auth: false })).toEqual([]);
});

test("STLS is ours: offered where we have it, once, and never because a server does", () => {
  const startsTls = { ...OPEN, startsTls: true };
  expect(filterCapabilities(["STLS", "TOP"], startsTls)).toEqual(["TOP", "STLS"]);
  expect(leastCapabilities(startsTls)).toEqual(["USER", "STLS"]);
});

test("no login is offered where none is taken", () => {
  const shut = { ...OPEN, isLoginOpen: false };
  expect(filterCapabilities(["USER", "SASL PLAIN", "UIDL"], shut)).toEqual(["UIDL"]);
  expect(leastCapabilities(shut)).toEqual(["STLS"]);
});
