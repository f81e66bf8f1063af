// What the login options come to in words, at the edges. The sentences themselves are in tests/cli/check, too.

import { expect, test } from "bun:test";
import { failureSentence, loginDoubts, saslSentence } from "../../src/protocols/login-words.ts";

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

test("passwords that cross the network are doubted, and no others", () => {
  expect(loginDoubts({ auth: "off" })).toEqual([]);
  expect(loginDoubts({ auth: "pass" })).toEqual([
    ["--auth", "pass: passwords cross the network as they are, unless TLS is in front"],
  ]);
  expect([saslSentence({ auth: "off" }), saslSentence({ auth: "pass" })]).toEqual([
    ...["no AUTH", "AUTH by the server, too"],
  ]);
});
