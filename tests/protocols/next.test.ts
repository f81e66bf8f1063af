// Who can be listened to: what is made is whole, and nothing else passes for it.

import { expect, test } from "bun:test";
import { bodyOf, download, isListening, literal, NEXT, upload, withBody } from "../../src/protocols/next.ts";

const BODY = { ended: false, fault: null, scan: () => 0 };
const OTHER = { ...BODY };

test("a body takes another's place, on its own side", () => {
  for (const made of [upload(BODY, { owed: true }), upload(BODY), download(BODY)]) {
    const other = withBody(made, OTHER);
    expect(bodyOf(other)).toBe(OTHER);
    expect([other.name, other.owed]).toEqual([made.name, made.owed]);
    expect([other.client === null, other.server === null]).toEqual([
      made.client === null,
      made.server === null,
    ]);
  }
});

test("what has no body has none", () => {
  expect([bodyOf(literal(3, "client")), bodyOf(literal(3, "server")), bodyOf(NEXT.command)]).toEqual([
    null,
    null,
    null,
  ]);
});

test("nothing passes for one that was not made", () => {
  expect(isListening(upload(BODY))).toBe(true);
  for (const other of [{ ...upload(BODY) }, { upload: BODY }, "command", null, undefined])
    expect(isListening(other)).toBe(false);
});
