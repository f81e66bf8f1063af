// What a module from outside may return as a step, and what it is told of one that is none.

import { describe, expect, test } from "bun:test";
import { faultOfStep } from "../../../src/cli/outside/step.ts";
import { download, literal, upload } from "../../../src/protocols/next.ts";
import type { Body } from "../../../src/wire/body.ts";

const body = { scan: () => 0, ended: false, fault: null };

describe("a step that a session can follow has no fault", () => {
  const steps: readonly (readonly ["lock-step" | "stream", object])[] = [
    ["lock-step", { client: "200 ok\r\n", next: "command" }],
    ["lock-step", { client: "200 \xff\r\n", next: "command", delay: 0.5, error: false }],
    ["lock-step", { server: "x\r\n", next: "reply", patience: 3, decides: "login", mayUpload: true }],
    [
      "lock-step",
      { server: ".\r\n", next: "reply", shown: "x", told: { verb: "X", to: ["a"] }, secret: "y" },
    ],
    ["lock-step", { client: "354 go\r\n", next: upload(body) }],
    ["lock-step", { server: "APPEND {3}\r\n", next: upload(body, { owed: true }) }],
    ["lock-step", { part: "+ go\r\n", next: literal(3, "client") }],
    ["lock-step", { part: "", next: "command" }],
    ["lock-step", { client: "OK\r\n", next: "secure" }],
    ["lock-step", { next: download(body) }],
    ["lock-step", { next: "restart", refused: "own-rule", by: "server", idle: true }],
    ["lock-step", { next: "close", refused: "syntax", ends: "refused" }],
    [
      "lock-step",
      { next: "command", log: { level: 2, event: "login", fields: { method: "x", attempt: 1 } } },
    ],
    ["lock-step", { next: "close", client: undefined }],
    ["stream", { server: "x\r\n", next: "command" }],
    ["stream", { next: "drain" }],
  ];
  for (const [dialogue, step] of steps)
    test(`${dialogue}: ${JSON.stringify(step)}`, () =>
      expect(faultOfStep(step, { dialogue, rules: ["own-rule"] })).toBe(null));
});

describe("a malformed step is told what was expected and given", () => {
  const next = "close";
  const steps: readonly (readonly [unknown, string | RegExp])[] = [
    [undefined, "expected a step, got nothing"],
    [null, "expected a step, got null"],
    ["close", 'expected a step, got "close"'],
    [[], "expected a step, got a list"],
    [() => 1, "expected a step, got a function"],
    [Promise.resolve({ next }), /^expected a step, got a promise/],
    [{}, /^next: expected command, more, reply, either, restart, secure, close, .*; got nothing$/],
    [{ next: "comand" }, /^next: .*; got "comand"$/],
    [{ next: "drain" }, /^next: .*; got "drain"$/],
    [{ next: { up: body } }, /^next: .*; got an object of up$/],
    [{ next: { upload: body } }, /^next: .*what kit.upload, .* make; got an object of upload$/],
    [{ next: { ...upload(body) } }, /^next: .*; got an object of name, client, server, owed$/],
    [{ next: upload({} as Body) }, /^next: upload: expected a body .*, got an object of nothing$/],
    [
      { next: download({ ...body, fault: undefined as unknown as null }) },
      /^next: download: expected a body/,
    ],
    [{ next, part: "+ go" }, 'part: expected nothing, or octets that end in CRLF, got "+ go"'],
    [{ next, clients: "x\r\n" }, "expected a step, got one with an unknown clients; expected perhaps client"],
    [{ next, wholly: 1 }, "expected a step, got one with an unknown wholly"],
    [{ next, client: 200 }, "client: expected octets that end in CRLF, got 200"],
    [{ next, client: "200\n" }, 'client: expected octets that end in CRLF, got "200\\n"'],
    [{ next, client: "\u20ac\r\n" }, /^client: expected octets/],
    [{ next: "reply", server: "x" }, /^server: expected one line of octets .*, got "x"$/],
    [{ next: "reply", server: "x\ny\r\n" }, /^server: expected one line of octets/],
    [{ next: "reply", server: `${"x".repeat(90)}` }, /got "x{79}\.\.\.$/],
    [
      { next: "command", server: "x\r\n" },
      'next: expected reply, which goes with server, or an upload; got "command"',
    ],
    [{ next, delay: -1 }, "delay: expected seconds, a number from 0, got -1"],
    [{ next, patience: "3" }, /^patience: .*got "3"$/],
    [{ next, mayUpload: false }, "mayUpload: expected true, got false"],
    [{ next, decides: "what" }, /^decides: /],
    [{ next, refused: "no-more" }, /^refused: expected a rule .*, got "no-more"$/],
    [{ next, refused: 1 }, /^refused: expected a rule .*, got 1$/],
    [{ next, ends: "so" }, /^ends: expected why the session ends: quit, .*, got "so"$/],
    [{ next, by: "us" }, /^by: /],
    [{ next, error: 1 }, /^error: /],
    [{ next, told: { "a b": "x" } }, /^told: /],
    [{ next, told: { verb: {} } }, /^told: /],
    [{ next, told: { to: "a" } }, /^told: /],
    [{ next, told: null }, /^told: /],
    [{ next, log: { level: 1, event: "login", fields: { method: "x", attempt: 1 } } }, /^log: /],
    [{ next, log: { level: 2, event: "login", fields: { method: "x" } } }, /^log: /],
    [{ next, log: { level: 2, event: "login", fields: { method: "x", attempt: 1, more: 1 } } }, /^log: /],
    [{ next, log: { level: 2, event: "login", fields: { method: {}, attempt: 1 } } }, /^log: /],
    [{ next, secret: null }, "secret: expected text, got null"],
    [{ next, log: { level: 9, event: "x", fields: {} } }, /^log: expected an entry/],
    [{ next, log: "x" }, /^log: expected an entry/],
  ];
  for (const [step, fault] of steps)
    test(String(fault), () =>
      expect(faultOfStep(step, { dialogue: "lock-step", rules: [] })).toEqual(matching(fault)),
    );

  test("a stream has nothing to wait for", () =>
    expect(faultOfStep({ next: "reply" }, { dialogue: "stream", rules: [] })).toBe(
      'next: expected command, drain, close; got "reply"',
    ));
});

function matching(fault: string | RegExp): string {
  return typeof fault === "string" ? fault : (expect.stringMatching(fault) as unknown as string);
}
