import { expect, test } from "bun:test";
import { failureReply } from "../../../src/protocols/pop3/failure.ts";

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
