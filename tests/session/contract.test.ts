// What a step must keep: each rule broken once, and kept.

import { describe, expect, test } from "bun:test";
import { literal, upload } from "../../src/protocols/next.ts";
import type { Step } from "../../src/protocols/protocol.ts";
import { breachOf, type Standing } from "../../src/session/contract.ts";

const BODY = { ended: false, fault: null, scan: () => 0 };
const HERE: Standing = { dialogue: "lock-step", isDue: true, isServerGone: false, isClientHeard: true };
const ANSWERED: Standing = { ...HERE, isDue: false };
const GONE: Standing = { ...HERE, isServerGone: true };
const READ_AHEAD: Standing = { ...HERE, isClientHeard: false };
const STREAM: Standing = { ...HERE, dialogue: "stream" };

const broken: readonly (readonly [says: string | null, step: Step, at: Standing])[] = [
  ["a command was sent and its reply is not awaited", { server: "a\r\n", next: "command" }, HERE],
  ["a command was sent and its reply is not awaited", { server: "a\r\n", next: literal(1, "client") }, HERE],
  [null, { server: "a\r\n", next: "reply" }, HERE],
  [null, { server: "a\r\n", next: upload(BODY, { owed: true }) }, HERE],
  [null, { server: "a\r\n", next: "command" }, STREAM],
  ["a second reply to one line", { client: "a\r\n", next: "command" }, ANSWERED],
  [null, { client: "a\r\n", next: "close" }, ANSWERED],
  [null, { client: "a\r\n", next: "command" }, STREAM],
  [null, { client: "a\r\n", next: "command" }, HERE],
  ["a line without a reply", { next: "command" }, HERE],
  ["a line without a reply", { next: upload(BODY) }, HERE],
  ["a line without a reply", { part: "+ go\r\n", next: upload(BODY) }, HERE],
  [null, { part: "+ go\r\n", next: upload(BODY, { owed: true }) }, HERE],
  [null, { client: "go\r\n", next: upload(BODY) }, HERE],
  [null, { next: "command" }, ANSWERED],
  [null, { next: "command" }, STREAM],
  ["more of a command that was answered", { client: "a\r\n", next: "more" }, HERE],
  ["more of a command that was answered", { next: literal(1, "server") }, ANSWERED],
  ["more of a command that was answered", { next: "either" }, ANSWERED],
  [null, { next: "more" }, HERE],
  [null, { server: "a\r\n", next: "reply" }, ANSWERED],
  ["a command for a server that is gone", { server: "a\r\n", next: "reply" }, GONE],
  [null, { client: "a\r\n", next: "command" }, GONE],
  ["a command with octets no server may see", { server: "a", next: "reply" }, HERE],
  ["a command with octets no server may see", { server: "a\nb\r\n", next: "reply" }, HERE],
  ["a command with octets no server may see", { server: "a\0\r\n", next: "command" }, STREAM],
  [null, { server: "a {3+}\r\nb c\r\n", next: "reply" }, HERE],
  [null, { server: "a {3+}\r\nb c {0+}\r\n\r\n", next: "reply" }, HERE],
  [null, { server: "{1+}\r\na\r\n", next: "reply" }, HERE],
  [null, { server: "a {5+}\r\n", next: "reply" }, HERE],
  [null, { server: "\r\n", next: "reply" }, HERE],
  ["a command with octets no server may see", { server: "", next: "reply" }, HERE],
  ["a command with octets no server may see", { server: "a\r\nb\r\n", next: "reply" }, HERE],
  ["a command with octets no server may see", { server: "a {3+} \r\nb c\r\n", next: "reply" }, HERE],
  ["a command with octets no server may see", { server: "a {3}\r\nb c\r\n", next: "reply" }, HERE],
  ["a command with octets no server may see", { server: "a {3+}\r\nb c", next: "reply" }, HERE],
  ["a command with octets no server may see", { server: "a {3+}\r\nb", next: "reply" }, HERE],
  ["a command with octets no server may see", { server: "a {4+}\r\nb c\r\n", next: "reply" }, HERE],
  ["a command with octets no server may see", { server: "a {2+}\r\n\r\nc\r\n", next: "reply" }, HERE],
  ["a command with octets no server may see", { server: "a {3+}\r\nb c\r\nd\r\n", next: "reply" }, HERE],
  ["a command with octets no server may see", { server: "a {1+}\r\n\0\r\n", next: "reply" }, HERE],
  ["a reply without its line end", { client: "a\n", next: "command" }, HERE],
  ["a part of a reply without its line end", { part: "+ ", next: "more" }, HERE],
  [null, { part: "", next: "command" }, ANSWERED],
  ["TLS that no line of the client asked for", { client: "a\r\n", next: "secure" }, READ_AHEAD],
  [null, { client: "a\r\n", next: "secure" }, HERE],
  [null, { next: "restart" }, HERE],
  [null, { next: "close" }, HERE],
];

describe("a step", () => {
  for (const [says, step, at] of broken)
    test(`${JSON.stringify(step)}, ${JSON.stringify(at)}: ${says ?? "is kept"}`, () =>
      expect(breachOf(step, at)).toBe(says));
});
