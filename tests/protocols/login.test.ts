import { expect, test } from "bun:test";
import { type FailureWords, LoginPolicy } from "../../src/protocols/login.ts";

const WORDS: FailureWords = { again: "no\r\n", last: "never\r\n" };
const LOGIN = { method: "PASS", user: "u" };

function failures(count: number, loginDelay: number, maxLoginAttempts: number) {
  const policy = new LoginPolicy({ loginDelay, maxLoginAttempts });
  return Array.from({ length: count }, () => {
    policy.begin(LOGIN);
    return policy.refuse(WORDS);
  });
}

test("the delay doubles up to 30 seconds", () => {
  expect(failures(6, 3, 0).map(({ delay }) => delay)).toEqual([3, 6, 12, 24, 30, 30]);
});

test("a delay that is longer from the start stays as it is", () => {
  expect(failures(3, 60, 0).map(({ delay }) => delay)).toEqual([60, 60, 60]);
});

test("no delay stays none", () => {
  expect(failures(3, 0, 0).map(({ delay }) => delay)).toEqual([0, 0, 0]);
});

test("the Nth failure is the last, not the one after it", () => {
  expect(failures(3, 3, 3).map(({ next }) => next)).toEqual(["command", "command", "close"]);
  expect(failures(3, 3, 3).map(({ client }) => client)).toEqual(["no\r\n", "no\r\n", "never\r\n"]);
  expect(failures(1, 3, 1).map(({ next }) => next)).toEqual(["close"]);
  expect(failures(9, 3, 0).some(({ next }) => next === "close")).toBe(false);
});

test("a failure is told at the lowest level but one, a login with the connections, each attempt by its number", () => {
  const policy = new LoginPolicy({ loginDelay: 3, maxLoginAttempts: 0 });
  policy.begin(LOGIN);
  expect(policy.refuse(WORDS).log).toEqual({
    level: 1,
    event: "login-failed",
    fields: { method: "PASS", attempt: 1, reason: "refused", delay: 3, user: "u" },
  });
  policy.begin({ method: "EXTERNAL" });
  expect(policy.accept()).toEqual({
    level: 2,
    event: "login",
    fields: { method: "EXTERNAL", attempt: 2 },
  });
});

test.each(["hung-up", "unanswered"] as const)("a server that is lost (%s) has refused the login", (how) => {
  const policy = new LoginPolicy({ loginDelay: 3, maxLoginAttempts: 2 });
  policy.begin(LOGIN);
  const [first] = [policy.lose(how, WORDS)];
  expect(first).toMatchObject({ client: WORDS.again, delay: 3, log: { fields: { reason: how } } });
  policy.begin(LOGIN);
  expect(policy.lose(how, WORDS)).toMatchObject({ client: WORDS.last, delay: 6, next: "close" });
});

test("a server that failed has decided nothing, and nothing is counted", () => {
  const policy = new LoginPolicy({ loginDelay: 3, maxLoginAttempts: 1 });
  policy.begin(LOGIN);
  expect(policy.isPending).toBe(true);
  expect(policy.lose("failed", WORDS)).toBeNull();
  expect(policy.isPending).toBe(false);
  expect(policy.lose("hung-up", WORDS)).toBeNull();
  policy.begin(LOGIN);
  policy.suspend();
  expect(policy.lose("hung-up", WORDS)).toBeNull();
  policy.begin(LOGIN);
  expect(policy.refuse(WORDS).delay).toBe(3);
});

test("of a user's name 200 octets are told", () => {
  const policy = new LoginPolicy({ loginDelay: 3, maxLoginAttempts: 0 });
  policy.begin({ method: "PASS", user: "u".repeat(201) });
  expect(policy.accept().fields).toMatchObject({ user: "u".repeat(200) });
});
