import { expect, test } from "bun:test";
import {
  answersOf,
  filterMechanisms,
  isInitialResponse,
  isOffered,
  judgeData,
  MECHANISMS,
  SaslExchange,
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

test.each([
  ["PLAIN", "\0joe\0p", "joe"],
  ["PLAIN", "admin\0joe\0p", "joe"],
  ["PLAIN", "joe", undefined],
  ["LOGIN", "joe", "joe"],
  ["SCRAM-SHA-256", "n,,n=joe,r=abc", "joe"],
  ["SCRAM-SHA-1", "n,a=admin,n=joe,r=abc", "joe"],
  ["XOAUTH2", "user=joe\x01auth=Bearer t\x01\x01", "joe"],
  ["CRAM-MD5", "joe digest", undefined],
  ["EXTERNAL", "joe", undefined],
])("%s tells who %j is: %p", (mechanism, data, user) => {
  const exchange = new SaslExchange(mechanism, btoa(data));
  expect(exchange.login).toEqual({ method: mechanism, ...(user !== undefined && { user }) });
});

test("what is no base64 names nobody, and an exchange without data has none", () => {
  expect(new SaslExchange("PLAIN", "=").login).toEqual({ method: "PLAIN" });
  expect(new SaslExchange("plain", undefined).login).toEqual({ method: "PLAIN" });
  expect(new SaslExchange("PLAIN", undefined).hasData).toBe(false);
  expect(new SaslExchange("PLAIN", "=").hasData).toBe(true);
});

test("the server is told once it has as much as tells a right password from a wrong one", () => {
  const line = (text: string) => ({ text, octets: text.length + 2, tooLong: false });
  expect(new SaslExchange("PLAIN", "AHUAcA==").isTold).toBe(true);
  const login = new SaslExchange("LOGIN", undefined);
  login.answer(line("dQ=="));
  expect(login.isTold).toBe(false);
  login.answer(line("*"));
  expect(login.isTold).toBe(false);
  login.answer(line("cA=="));
  expect(login.isTold).toBe(true);
  expect(login.isRefusedByChallenge).toBe(false);
  expect(new SaslExchange("XOAUTH2", "dQ==").isRefusedByChallenge).toBe(true);
  expect(new SaslExchange("OAUTHBEARER", undefined).isRefusedByChallenge).toBe(false);
});
