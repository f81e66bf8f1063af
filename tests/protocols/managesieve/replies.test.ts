// Every answer of ours is a status that a client can read.

import { expect, test } from "bun:test";
import * as replies from "../../../src/protocols/managesieve/replies.ts";
import { statusIn } from "../../../src/protocols/managesieve/status.ts";
import { wordsOf } from "../../../src/protocols/managesieve/strings.ts";

const { READY, ALIVE, ...constant } = replies;
const all = Object.entries({
  ...constant,
  READY: READY("mx.test"),
  ALIVE: ALIVE(undefined),
  TAGGED: ALIVE('a"\\'),
});

test.each(all)("%s", (_, reply) => {
  expect(reply).toMatch(/^[ -~]+\r\n$/);
  expect(statusIn(wordsOf(reply.trimEnd())!.words)?.text).toBeString();
});

test("the last words are BYE", () => {
  const { LINE_TOO_LONG, LOST, BEHIND_STARTTLS, LAST_FAILED, TOO_MANY_ERRORS, UNAVAILABLE } = replies;
  const last = [LINE_TOO_LONG, LOST, BEHIND_STARTTLS, LAST_FAILED, TOO_MANY_ERRORS, UNAVAILABLE];
  const { IDLE, SHUTTING_DOWN, SESSION_OVER, TOO_MANY } = replies;
  for (const reply of [...last, IDLE, SHUTTING_DOWN, SESSION_OVER, TOO_MANY])
    expect(reply).toStartWith("BYE ");
});

test("a tag comes back as it was", () => expect(ALIVE("a\r\nb")).toBe('OK (TAG {4}\r\na\r\nb) "alive"\r\n'));
