import { expect, test } from "bun:test";
import {
  answersOf,
  filterMechanisms,
  isInitialResponse,
  isOffered,
  judgeData,
  MECHANISMS,
  showAuth,
} from "../../src/protocols/sasl.ts";

test.each([
  ...["PLAIN", "plain", "LOGIN", "CRAM-MD5", "XOAUTH2", "OAUTHBEARER", "EXTERNAL"],
  ...["SCRAM-SHA-1", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"],
  ...["SCRAM-SHA-512", "SCRAM-SHA-512-PLUS"],
])("%s is offered", (mechanism) => expect(isOffered(mechanism)).toBe(true));

test.each(["GSSAPI", "DIGEST-MD5", "NTLM", "KERBEROS_V4", "ntlm"])(
  "%s is known: the log may name it, and not what follows it",
  (mechanism) => expect(showAuth(`${mechanism} TlRM`)).toBe(`${mechanism} ***`),
);

test.each([
  ["PLAIN", undefined, 1],
  ["PLAIN", "AHUAcA==", 0],
  ["LOGIN", undefined, 2],
  ["LOGIN", "dQ==", 1],
  ["SCRAM-SHA-256", undefined, 2],
  ["SCRAM-SHA-256", "biws", 1],
  ["XOAUTH2", "dQ==", 0],
])("after AUTH %s %s a client that is right says %i lines", (mechanism, initial, lines) => {
  expect(answersOf(initial === undefined ? [mechanism] : [mechanism, initial])).toBe(lines);
});

test.each(["GSSAPI", "GS2-KRB5", "DIGEST-MD5", "NTLM", "KERBEROS_V4", "ANYTHING", ""])(
  "%j is not offered: it may start a security layer",
  (mechanism) => expect(isOffered(mechanism)).toBe(false),
);

test("a list keeps its order, in upper case, each once", () => {
  expect(filterMechanisms(["login", "GSSAPI", "PLAIN", "Plain", ""])).toEqual(["LOGIN", "PLAIN"]);
  expect(filterMechanisms([...MECHANISMS])).toEqual([...MECHANISMS]);
});

test.each([
  ["", "data"],
  ["AHUAc2VjcmV0", "data"],
  ["a+/9==", "data"],
  ["QUIT", "data"],
  ["*", "cancel"],
  ["=", "data"],
  ["**", "bad"],
  ["a b", "bad"],
  ["a=b", "bad"],
  ["===", "bad"],
  ["a\0", "bad"],
  ["a\r", "bad"],
  ["\xe9", "bad"],
  ["a-_", "bad"],
  ["A".repeat(12286), "data"],
  ["A".repeat(12287), "too-long"],
])("%j is %s", (text, verdict) => expect(judgeData(text)).toBe(verdict as "data"));

test.each([
  ["=", true],
  ["AHUAc2VjcmV0", true],
  ["", false],
  ["*", false],
  ["a b", false],
])("%j as initial response: %p", (text, legal) => expect(isInitialResponse(text)).toBe(legal));
