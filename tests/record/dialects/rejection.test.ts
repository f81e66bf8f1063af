// A refusal in Postfix's words: stage by stage, with the reason where filters and reports look for it.

import { describe, expect, test } from "bun:test";
import { type Refused, rejection, stageOf } from "../../../src/record/dialects/rejection.ts";

const refusee = { client: "unknown[192.0.2.7]", address: "192.0.2.7", zone: "bl.test" };
const line = (fields: Partial<Refused>) =>
  rejection({ rule: "server", by: "server", line: "", reply: "550 5.7.1 no", ...fields } as Refused, refusee);
const envelope = { from: "a@b.test", to: ["x@kit.test", "y@kit.test"], helo: "c.test" };
const details = "from=<a@b.test> to=<x@kit.test> proto=SMTP helo=<c.test>";

describe("of a recipient", () => {
  const rcpt = (fields: Partial<Refused>) => line({ verb: "RCPT", ...envelope, ...fields });
  const at = "reject: RCPT from unknown[192.0.2.7]:";

  test.each([
    ["relay", "550 5.7.1 Relaying denied", "550 5.7.1 <x@kit.test>: Relay access denied"],
    [
      "recipient",
      "550 5.1.1 No such user",
      "550 5.1.1 <x@kit.test>: Recipient address rejected: User unknown",
    ],
    ["recipient", "451 4.3.0 Later", "451 4.3.0 <x@kit.test>: Recipient address rejected: Later"],
    [
      "block-address",
      "550 5.7.1 Blocked",
      "550 5.7.1 <x@kit.test>: Recipient address rejected: Access denied",
    ],
    ["max-recipients", "452 4.5.3 Too many", "452 4.5.3 <x@kit.test>: Recipient address rejected: Too many"],
    ["block-ip", "550 5.7.1 Blocked", "550 5.7.1 <unknown[192.0.2.7]>: Client host rejected: Access denied"],
    [
      "dnsbl",
      "550 5.7.1 Listed",
      "550 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using bl.test",
    ],
  ])("ours by %s", (rule, reply, told) => {
    expect(rcpt({ rule, by: "us", reply })).toBe(`${at} ${told}; ${details}`);
  });

  test.each([
    [
      "550 5.1.1 <x@kit.test>: Recipient address rejected: User unknown in table",
      "550 5.1.1",
      "User unknown",
    ],
    ["550 5.1.1 no mailbox", "550 5.1.1", "User unknown"],
    ["451 5.1.1 odd", "451 5.1.1", "odd"],
    ["550 <x@kit.test>... Relaying denied", "550 5.7.1", "Relaying denied"],
    ["451 4.7.1 Greylisted, come back", "451 4.7.1", "Greylisted - come back"],
    ["421", "421 4.7.1", "Refused"],
    ["550-5.7.1 first\r\n550 5.7.1 second\r\n", "550 5.7.1", "first"],
    ["-ERR no", "550 5.7.1", "ERR no"],
    ["5501 x", "550 5.7.1", "5501 x"],
    ["550 5.7.1x", "550 5.7.1", "5.7.1x"],
    ["", "550 5.7.1", "Refused"],
  ])("the server's %j", (reply, codes, why) => {
    expect(rcpt({ reply })).toBe(
      `${at} ${codes} <x@kit.test>: Recipient address rejected: ${why}; ${details}`,
    );
  });

  test("that is told nothing", () => {
    const fields = { rule: "server", by: "server", verb: "RCPT", line: "" } as const;
    expect(rejection(fields, refusee)).toBe(
      `${at} 550 5.7.1 <>: Recipient address rejected: Refused; proto=SMTP`,
    );
  });

  test("that nobody could read is of nobody", () => {
    expect(line({ verb: "RCPT", rule: "syntax", by: "us", reply: "501 5.1.3 Bad" })).toBe(
      `${at} 501 5.1.3 <>: Recipient address rejected: Bad; proto=SMTP`,
    );
    expect(line({ verb: "RCPT", to: [], reply: "501 5.1.3 Bad" })).toBe(
      `${at} 501 5.1.3 <>: Recipient address rejected: Bad; to=<> proto=SMTP`,
    );
  });
});

describe("elsewhere", () => {
  test("of a sender the reason stands by itself", () => {
    const mail = (fields: Partial<Refused>) => line({ verb: "MAIL", from: "a@b.test", ...fields });
    const at = "reject: MAIL from unknown[192.0.2.7]:";
    expect(mail({ rule: "block-address", by: "us" })).toBe(
      `${at} 550 5.7.1 Sender address rejected: Access denied; from=<a@b.test> proto=SMTP`,
    );
    expect(mail({ rule: "relay", by: "us" })).toBe(
      `${at} 550 5.7.1 Relay access denied; from=<a@b.test> proto=SMTP`,
    );
    expect(mail({ rule: "block-address", reply: "550 5.7.1 <a@b.test>: no" })).toBe(
      `${at} 550 5.7.1 no; from=<a@b.test> proto=SMTP`,
    );
    expect(mail({ reply: "550 5.1.1 no such" })).toBe(`${at} 550 5.1.1 no such; from=<a@b.test> proto=SMTP`);
  });

  test("of DATA it is told whose reason it is", () => {
    expect(line({ verb: "DATA", ...envelope, reply: "554 5.5.1 No valid recipients" })).toBe(
      `reject: DATA from unknown[192.0.2.7]: 554 5.5.1 <DATA>: No valid recipients; ${details}`,
    );
  });

  test("of a client who is not let in", () => {
    const connect = (fields: Partial<Refused>) => line({ by: "us", line: "(connection)", ...fields });
    const at = "reject: RCPT from unknown[192.0.2.7]: 554 5.7.1";
    expect(connect({ rule: "block-ip", reply: "554 5.7.1 Access denied" })).toBe(
      `${at} <unknown[192.0.2.7]>: Client host rejected: Access denied; proto=SMTP`,
    );
    expect(connect({ rule: "dnsbl", reply: "554 5.7.1 Listed" })).toBe(
      `${at} Service unavailable; Client host [192.0.2.7] blocked using bl.test; proto=SMTP`,
    );
    expect(connect({ rule: "early-talker", reply: "554 5.5.0 Early" })).toBe(
      "reject: CONNECT from unknown[192.0.2.7]: 554 5.5.0 <unknown[192.0.2.7]>: Early; proto=SMTP",
    );
  });

  test("of any other command the reason ends with a comma", () => {
    expect(line({ verb: "VRFY", helo: "c.test", reply: "502 5.5.1 Not here" })).toBe(
      "reject: VRFY from unknown[192.0.2.7]: 502 5.5.1 Not here, proto=SMTP helo=<c.test>",
    );
    expect(line({ verb: "VRFY", reply: "502 5.5.1 Not here" })).toBe(
      "reject: VRFY from unknown[192.0.2.7]: 502 5.5.1 Not here, proto=SMTP",
    );
  });
});

describe("a refusal is at the stage", () => {
  test.each([
    [{ verb: "DATA", line: "(message)" }, "END-OF-MESSAGE"],
    [{ verb: "RCPT", line: "RCPT TO:<x>" }, "RCPT"],
    [{ verb: "X>Y", line: "" }, "X?Y"],
    [{ line: "(connection)" }, "CONNECT"],
    [{ rule: "dnsbl", line: "(connection)" }, "RCPT"],
    [{ rule: "block-ip", verb: "EHLO", line: "EHLO x" }, "RCPT"],
    [{ rule: "block-ip", by: "server", verb: "EHLO", line: "EHLO x" }, "EHLO"],
    [{ rule: "early-talker", line: "(12 octets)" }, "CONNECT"],
    [{ line: "(12 octets)" }, "UNKNOWN"],
  ])("of %j: %s", (fields, stage) => {
    expect(stageOf({ rule: "server", by: "us", reply: "", ...fields } as Refused)).toBe(stage);
  });
});
