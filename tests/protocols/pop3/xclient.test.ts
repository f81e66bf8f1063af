import { expect, test } from "bun:test";
import { offersXclient } from "../../../src/protocols/pop3/xclient.ts";

test.each(["+OK [XCLIENT]", "+OK [xclient] Dovecot", "+ok [XCLIENT] "])("%j offers it", (greeting) =>
  expect(offersXclient(greeting)).toBe(true),
);

test.each([
  "+OK",
  "+OK Dovecot [XCLIENT] ready",
  "+OK [XCLIENT]ready",
  "-ERR [XCLIENT] no",
  "+OK  [XCLIENT]",
])("%j does not", (greeting) => expect(offersXclient(greeting)).toBe(false));
