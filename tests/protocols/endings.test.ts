// How streams end: without a word, because any octet of ours would be taken for the server's.

import { expect, test } from "bun:test";
import { converse } from "../reading.ts";
import { PROTOCOLS } from "../subjects.ts";
import { SETUP } from "../transcripts.ts";

test.each(["finger", "line"])("%s has no last words", (name) => {
  const { protocol, options } = PROTOCOLS[name]!;
  const conversation = converse(protocol, SETUP, options);
  expect(conversation.serverLost(true, "hung-up")).toEqual({ next: "close" });
  expect(conversation.tooManyErrors()).toEqual({ next: "close" });
  for (const what of ["idle", "session", "shutdown"] as const)
    expect(conversation.expired(what)).toEqual({ next: "close" });
});
