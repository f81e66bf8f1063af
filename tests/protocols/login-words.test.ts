// What the login options come to in words, at the edges. The sentences themselves are in tests/cli/check, too.

import { describe, expect, test } from "bun:test";
import { resolve } from "../../src/options/resolve.ts";
import { mayLogIn } from "../../src/protocols/clear-login.ts";
import {
  clearSentence,
  failureSentence,
  guessRows,
  loginDoubts,
  saslSentence,
} from "../../src/protocols/login-words.ts";
import { LOGIN_OPTIONS } from "../../src/protocols/shared-options.ts";
import { settled } from "../settled.ts";

test("what can be tried in a day is told where guesses are counted", () => {
  expect(guessRows({ throttle: "none" })).toEqual([
    ["guesses", "not counted across connections: whoever makes more of them tries more"],
  ]);
  expect(guessRows({ throttle: "redis" })).toEqual([
    ["guesses", "counted in Redis, by all hosts that share it"],
    ["guesses", "of n addresses in a day: n × 3 and 249 at one user, n × 1295 at all"],
    [
      "guesses",
      "at one user and at all: 1 of them 252 and 1295, 200 of them 849 and 259000, 10000 of them 30249 and 12950000",
    ],
  ]);
});

test("attempts are counted as English does", () => {
  const nth = (maxLoginAttempts: number) =>
    / the (\S+) time$/.exec(failureSentence({ maxLoginAttempts, loginDelay: 3 }))?.[1];
  expect([1, 2, 3, 4, 10, 11, 12, 13, 14, 20, 21, 22, 23, 24].map(nth)).toEqual([
    ...[
      "1st",
      "2nd",
      "3rd",
      "4th",
      "10th",
      "11th",
      "12th",
      "13th",
      "14th",
      "20th",
      "21st",
      "22nd",
      "23rd",
      "24th",
    ],
  ]);
  expect([100, 101, 110, 111, 112, 113, 114, 121, 1011, 1021].map(nth)).toEqual([
    ...["100th", "101st", "110th", "111th", "112th", "113th", "114th", "121st", "1011th", "1021st"],
  ]);
});

test("a login that ends nothing, and one that costs nothing, are said so", () => {
  expect(failureSentence({ maxLoginAttempts: 0, loginDelay: 0 })).toBe(
    "a wrong password is answered at once, and never ends the session",
  );
  expect(failureSentence({ maxLoginAttempts: 1, loginDelay: 1 })).toBe(
    "a wrong password is answered after 1 s, doubled each time up to 30, and ends the session the 1st time",
  );
});

test("what becomes of AUTH is said", () => {
  expect([saslSentence({ auth: "off" }), saslSentence({ auth: "pass" })]).toEqual([
    ...["no AUTH", "AUTH by the server, too"],
  ]);
});

const CLEAR = "passwords cross the network as they are";
const TLS = ["off", "optional", "required", "implicit"] as const;

/** By what --login-without-tls says: the sentence for each --tls, and whether it is true of one client. */
const LOGINS: readonly (readonly [given: readonly string[], sentences: readonly string[]])[] = [
  [[], ["in the clear", "in TLS only", "in TLS only", "in TLS only"]],
  [["refuse"], ["of nobody", "in TLS only", "in TLS only", "in TLS only"]],
  [["allow"], ["in the clear", "in TLS, and in the clear", "in TLS only", "in TLS only"]],
  [
    ["10", "::1"],
    [
      "in the clear of clients in 10 or ::1 only",
      "in TLS, in the clear of clients in 10 or ::1 only",
      ...["in TLS only", "in TLS only"],
    ],
  ],
];

for (const [loginWithoutTls, sentences] of LOGINS)
  test(`when logins are taken is said, as it is decided: ${loginWithoutTls.join(" ") || "nothing"} given`, async () => {
    expect(TLS.map((tls) => clearSentence({ loginWithoutTls }, { tls }))).toEqual([...sentences]);
    const argv = loginWithoutTls.flatMap((entry) => ["--login-without-tls", entry]);
    const { protocol, settings } = await settled("pop3", ...argv);
    const { loginWithoutTls: networks } = (await resolve(settings, protocol.options))(null).read(
      LOGIN_OPTIONS,
    );
    for (const [at, tls] of TLS.entries())
      for (const clientAddress of ["10.1.2.3", "192.0.2.1"]) {
        const setup = {
          clientAddress,
          clientPort: null,
          hostname: "x",
          canRestart: false,
          tls: tls === "implicit",
        };
        const tlsOffer = tls === "implicit" ? "off" : tls;
        const mayInClear = !setup.tls && mayLogIn({ ...setup, tlsOffer }, { loginWithoutTls: networks });
        const [, whom] = /in the clear( of clients in 10|$)/.exec(sentences[at]!) ?? [];
        expect(mayInClear).toBe(whom === "" || (whom !== undefined && clientAddress === "10.1.2.3"));
      }
  });

describe("a doubt is said", () => {
  const doubts = (auth: "off" | "pass", tls: (typeof TLS)[number], ...loginWithoutTls: string[]) =>
    loginDoubts({ auth, loginWithoutTls }, { tls }).map((doubt) => doubt.join(" "));

  test("of passwords that cross the network, and of no others", () => {
    expect(doubts("pass", "off")).toEqual([`--auth pass: ${CLEAR}, unless TLS is in front`]);
    expect(doubts("off", "off")).toEqual([]);
    for (const tls of ["optional", "required", "implicit"] as const) {
      expect(doubts("pass", tls)).toEqual([]);
      expect(doubts("pass", tls, "refuse")).toEqual([]);
    }
    expect(doubts("pass", "off", "10")).toEqual([]);
    expect(doubts("pass", "optional", "10")).toEqual([]);
  });

  test("of leave and refusals that come to nothing, or to too much", () => {
    expect(doubts("pass", "off", "allow")).toEqual([
      `--login-without-tls has no effect without --tls: ${CLEAR}`,
    ]);
    expect(doubts("pass", "off", "refuse")).toEqual([
      "--login-without-tls refuse: nobody can log in without --tls",
    ]);
    for (const tls of ["required", "implicit"] as const)
      for (const entry of ["allow", "10"])
        expect(doubts("off", tls, entry)).toEqual([
          `--login-without-tls has no effect with --tls ${tls}: all logins are in TLS`,
        ]);
  });
});
