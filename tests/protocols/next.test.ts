// Who can be listened to: what is made is whole, and nothing else passes for it.

import { expect, test } from "bun:test";
import {
  bodyOf,
  download,
  isListening,
  LINE,
  literal,
  NEXT,
  OWN,
  swallow,
  upload,
  withBody,
} from "../../src/protocols/next.ts";

const BODY = { ended: false, fault: null, scan: () => 0 };
const OTHER = { ...BODY };

test("the table says who is listened to, who waits, and what the log calls it", () => {
  const rows = Object.values({ ...NEXT, ...OWN }).map(({ name, client, server, owed }) => {
    const of = (reading: typeof client) => (reading === LINE ? "line" : reading);
    return [name, of(client), of(server), owed];
  });
  expect(rows).toEqual([
    ["command", "line", null, false],
    ["more", "line", null, true],
    ["reply", null, "line", true],
    ["either", "line", "line", true],
    ["greeting", null, "line", true],
    ["command", "line", "any", false],
    ["login", null, null, true],
    ["delay", null, null, true],
    ["secure", null, null, false],
    ["drain", null, "any", false],
    ["closed", null, null, false],
  ]);
  const made = [upload(BODY), download(BODY), literal(1, "client"), literal(1, "server"), swallow(1)];
  expect(made.map(({ name, owed }) => [name, owed])).toEqual([
    ["upload", false],
    ["download", false],
    ["literal", true],
    ["literal", true],
    ["swallow", true],
  ]);
});

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
