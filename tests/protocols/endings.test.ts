// How streams end: without a word, because any octet of ours would be taken for the server's.

import { expect, test } from "bun:test";
import { finger } from "../../src/protocols/finger.ts";
import { line } from "../../src/protocols/line.ts";
import { SETUP } from "../transcripts.ts";

test.each([
  ["finger", () => finger.converse(SETUP, { maxLineLength: 512 })],
  ["line", () => line.converse(SETUP, { maxLineLength: 200, onLongLine: "refuse", finalLine: "drop" })],
])("%s has no last words", (_name, converse) => {
  const conversation = converse();
  expect(conversation.serverLost(true, "hung-up")).toEqual({ next: "close" });
  expect(conversation.tooManyErrors()).toEqual({ next: "close" });
  for (const what of ["idle", "session", "shutdown"] as const)
    expect(conversation.expired(what)).toEqual({ next: "close" });
});
