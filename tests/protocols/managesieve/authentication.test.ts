// Logging in, answer by answer: what the server may say, or leave unsaid, and what that makes of it.

import { describe, expect, test } from "bun:test";
import type { Conversation } from "../../../src/protocols/protocol.ts";
import { heard } from "../steps.ts";
import { answer, converse, say } from "./converse.ts";

const FAILED = 'NO "authentication failed"\r\n';
const GONE = { client: 'BYE (TRYLATER) "server unavailable"\r\n', next: "close" } as const;

/** The client has said these lines, each but the last answered by a challenge. */
function asked(...lines: readonly string[]): Conversation {
  const conversation = converse("non-authenticated");
  lines.forEach((line, at) => {
    if (at > 0) answer(conversation, '""');
    say(conversation, line);
  });
  return conversation;
}

const PLAIN = 'AUTHENTICATE "PLAIN" "AHUAcA=="';
const XOAUTH2 = 'AUTHENTICATE "XOAUTH2" "dXNlcj11AQ=="';

describe("a login is accepted", () => {
  test.each([
    [[PLAIN], { method: "PLAIN", attempt: 1, user: "u" }],
    [['AUTHENTICATE "PLAIN"', '"AHUAcA=="'], { method: "PLAIN", attempt: 1, user: "u" }],
    [['AUTHENTICATE "EXTERNAL"'], { method: "EXTERNAL", attempt: 1 }],
  ])("after %j", (lines, fields) => {
    const conversation = asked(...lines);
    expect(answer(conversation, 'OK (SASL "eA==") "in"')).toEqual({
      ...{ client: 'OK (SASL "eA==")\r\n', next: "command", log: { level: 2, event: "login", fields } },
    });
    expect(say(conversation, "LISTSCRIPTS")).toMatchObject({ server: "LISTSCRIPTS\r\n" });
  });

  test.each([
    ['OK (SASL "not data") "in"', 'OK "in"'],
    ['OK (SASL "*") "in"', 'OK "in"'],
    ['OK (SASL "") "in"', 'OK (SASL "")'],
    ['OK (TAG "eA==") "in"', 'OK "in"'],
    ["OK (SASL)", "OK"],
    ["OK (WARNINGS)", "OK (WARNINGS)"],
  ])("and of %s the client hears %s", (said, told) =>
    expect(answer(asked(PLAIN), said).client).toBe(`${told}\r\n`),
  );
});

describe("a login is refused", () => {
  test.each(["NO", 'NO "no such user"', "NO (TRANSITION-NEEDED)", 'BYE "you"'])(
    "by %s, in our words",
    (said) =>
      expect(answer(asked(PLAIN), said)).toEqual({
        ...{ client: FAILED, delay: 3, next: "command" },
        log: {
          ...{ level: 1, event: "login-failed" },
          fields: { method: "PLAIN", attempt: 1, reason: "refused", delay: 3, user: "u" },
        },
      }),
  );

  test("by who cannot tell now is not decided", () => {
    expect(answer(asked(PLAIN), "NO (TRYLATER)")).toMatchObject({
      ...{ client: 'NO (TRYLATER) "the server cannot tell now"\r\n', next: "command", undecided: true },
    });
  });

  test("no mechanism is, which refuses nobody", () => {
    expect(answer(asked('AUTHENTICATE "CRAM-MD5"'), "NO")).toEqual({
      ...{ client: 'NO "authentication mechanism not supported"\r\n', next: "command" },
    });
  });

  test.each(["+ go", "a", '"a" "b"', "a (b)"])("by nobody who says %j", (said) =>
    expect(heard(asked(PLAIN), said)).toBe("fault"),
  );
});

describe("a server that was told to stop", () => {
  const stopped = (...lines: string[]) => asked(...lines, '"*"');

  test("has stopped, in our words", () => {
    expect(answer(stopped('AUTHENTICATE "PLAIN"'), 'NO "as you like"')).toEqual({
      ...{ client: 'NO "authentication cancelled"\r\n', error: true, next: "command" },
    });
    expect(answer(asked('AUTHENTICATE "PLAIN"', "x"), "NO")).toMatchObject({
      ...{ client: 'NO "cannot decode authentication data"\r\n', refused: "sasl", next: "command" },
    });
  });

  test("has refused what it was told before, by whichever word", () => {
    for (const said of ["NO", "BYE"])
      expect(answer(stopped(XOAUTH2), said)).toMatchObject({
        ...{ client: FAILED, delay: 3, log: { fields: { reason: "abandoned", user: "u" } } },
      });
  });

  test("cannot say anything else", () => {
    for (const said of ["OK", '""']) expect(heard(stopped(XOAUTH2), said)).toBe("fault");
  });
});

describe("a server that is lost", () => {
  test("instead of an answer has refused by hanging up, and decided nothing by failing", () => {
    expect(asked(PLAIN).serverLost(true, "hung-up")).toMatchObject({ client: FAILED, delay: 3 });
    expect(asked(PLAIN).serverLost(true, "failed")).toEqual(GONE);
    expect(asked('AUTHENTICATE "LOGIN"').serverLost(true, "hung-up")).toEqual(GONE);
  });
});

describe("a login is not even asked about", () => {
  test("where none is taken", () =>
    expect(say(converse("non-authenticated", { auth: "off" }), PLAIN).refused).toBe("auth"));

  test("where TLS comes first", () =>
    expect(say(converse("non-authenticated", {}, { tlsOffer: "optional" }), PLAIN)).toMatchObject({
      ...{ refused: "login-without-tls", client: expect.stringMatching(/^NO \(ENCRYPT-NEEDED\) "/) },
    }));

  test.each([
    ['AUTHENTICATE "GSSAPI"', "mechanism"],
    ['AUTHENTICATE "PLAIN" "*"', "sasl"],
    ['AUTHENTICATE "PLAIN" "a b"', "sasl"],
  ] as const)("by %s", (line, rule) => expect(say(converse("non-authenticated"), line).refused).toBe(rule));
});

describe("where guesses are counted", () => {
  test("a login that may not be tried now is told so, and a server that waits is told to stop", () => {
    const conversation = asked(PLAIN);
    const later = 'NO (TRYLATER) "too many failed logins, try again later"\r\n';
    expect(conversation.throttled!()).toEqual({ client: later, delay: 3, error: true, next: "command" });
    const waiting = asked('AUTHENTICATE "PLAIN"', '"AHUAcA=="');
    expect(waiting.throttled!()).toMatchObject({ server: '"*"\r\n', next: "reply" });
    expect(answer(waiting, "NO").client).toBe(later);
    const strange = asked('AUTHENTICATE "PLAIN"', '"AHUAcA=="');
    strange.throttled!();
    expect(heard(strange, '"go on"')).toBe("fault");
  });

  test("who leaves owes a login, or the rest of one, or nothing", () => {
    expect(converse("non-authenticated").owes!()).toBe("login");
    const open = asked('AUTHENTICATE "PLAIN"');
    answer(open, '""');
    expect(open.owes!()).toBe("credential");
    expect(converse("authenticated").owes!()).toBeNull();
  });
});
