// What a protocol from outside is handed: the names, and that each is what it says.

import { expect, test } from "bun:test";
import { KIT } from "../../src/protocols/kit.ts";

test("a listing passes whole, its end included", () => {
  const body = new KIT.ListingBody();
  let passed = "";
  const octets = KIT.encode("a\r\n..b\r\n.\r\nmore");
  const next = body.scan(octets, 0, (view) => {
    passed += KIT.decode(view);
  });
  expect([passed, body.ended, next]).toEqual(["a\r\n..b\r\n.\r\n", true, octets.length - "more".length]);
});

test("a message passes without its terminator, which is sent to commit it", () => {
  const body = new KIT.MessageBody({ size: 0, line: 0, discard: 0, bareNewline: "reject" });
  let passed = "";
  body.scan(KIT.encode("a\r\n.\r\n"), 0, (view) => {
    passed += KIT.decode(view);
  });
  expect([passed, body.ended, body.fault]).toEqual(["a\r\n", true, null]);
  expect(KIT.TERMINATOR).toBe(".\r\n");
});
