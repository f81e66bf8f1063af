import { expect, test } from "bun:test";
import { failureReply, LoginPolicy } from "../../../src/protocols/pop3/login.ts";
import { answer, converse, say } from "./converse.ts";

function failures(count: number, loginDelay: number, maxLoginAttempts: number) {
  const policy = new LoginPolicy({ loginDelay, maxLoginAttempts });
  return Array.from({ length: count }, () => policy.fail());
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
  expect(failures(3, 3, 3).map(({ last }) => last)).toEqual([false, false, true]);
  expect(failures(1, 3, 1).map(({ last }) => last)).toEqual([true]);
  expect(failures(9, 3, 0).some(({ last }) => last)).toBe(false);
});

test.each(["-ERR", "-ERR no such user", "-ERR [AUTH] bad password", "-ERR [X] y", "-ERR text [IN-USE]"])(
  "%j is told as any failure",
  (text) => expect(failureReply(text)).toBe("-ERR authentication failed\r\n"),
);

test.each([
  ["-ERR [IN-USE] /var/mail/u is locked", /^-ERR \[IN-USE\] /],
  ["-ERR [in-use]", /^-ERR \[IN-USE\] /],
  ["-ERR [LOGIN-DELAY] 60", /^-ERR \[LOGIN-DELAY\] /],
  ["-ERR [SYS/TEMP] x", /^-ERR \[SYS\/TEMP\] /],
  ["-ERR [SYS/PERM] x", /^-ERR \[SYS\/PERM\] /],
])("%j keeps its code and loses its text", (text, reply) => {
  expect(failureReply(text)).toMatch(reply);
  expect(failureReply(text)).not.toMatch(/var|60|x\r/);
});

test("a failure is told at the lowest level but one, a login with the connections", () => {
  const [failed, taken] = ["-ERR no", "+OK"].map((words) => {
    const conversation = converse("user");
    say(conversation, "PASS p");
    return answer(conversation, words).log;
  });
  expect(failed).toEqual({
    level: 1,
    event: "login-failed",
    fields: { method: "PASS", user: "u", attempt: 1 },
  });
  expect(taken).toEqual({ level: 2, event: "login", fields: { method: "PASS", user: "u" } });
});
