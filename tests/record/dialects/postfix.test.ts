// A session as Postfix's smtpd writes it.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Fields } from "../../../src/record/entry.ts";
import { CLIENT, END, entry, hostile, told } from "./subject.ts";

const failed = (fields: Partial<Fields<"login-failed">> = {}) =>
  entry("login-failed", { method: "PLAIN", attempt: 1, reason: "refused", delay: 3, ...fields });
const message = (fields: Partial<Fields<"message">> = {}) =>
  entry("message", {
    octets: 7,
    recipients: 1,
    reply: "250 ok",
    from: "a@b.test",
    to: ["x@kit.test"],
    ...fields,
  });

describe("Postfix's words", () => {
  test("are a line for who comes, and one for the end", () => {
    const end = entry("end", { ...END, verbs: "ehlo=1 quit=1", commands: 2 });
    expect(told("postfix", [entry("connect", {}), end])).toEqual([
      "connect from unknown[192.0.2.7]",
      "disconnect from unknown[192.0.2.7] ehlo=1 quit=1 commands=2",
    ]);
  });

  test("are of a client whose address nobody knows, or of IPv6", () => {
    expect(told("postfix", [entry("connect", {})], { client: null })).toEqual([
      "connect from unknown[unknown]",
    ]);
    expect(told("postfix", [entry("connect", {})], { client: "2001:db8::7" })).toEqual([
      "connect from unknown[2001:db8::7]",
    ]);
  });

  test("count at the end what was accepted of what was given", () => {
    const over = (fields: Partial<Fields<"end">>) => told("postfix", [entry("end", { ...END, ...fields })]);
    expect(over({ verbs: "rcpt=1/3", refused: 2 })).toEqual([
      "disconnect from unknown[192.0.2.7] rcpt=1/3 commands=2/4",
    ]);
    expect(over({ refused: 5 })).toEqual(["disconnect from unknown[192.0.2.7] commands=0/4"]);
  });

  test("tell that errors were too many, and after what", () => {
    const over = entry("end", { ...END, reason: "too-many-errors", refused: 1 });
    const refused = entry("refused", {
      ...{ rule: "relay", by: "us", verb: "RCPT", reply: "550 5.7.1 no", to: ["v@evil.test"], line: "RCPT" },
    });
    expect(told("postfix", [refused, over])).toContain("too many errors after RCPT from unknown[192.0.2.7]");
    expect(told("postfix", [over])[0]).toBe("too many errors after CONNECT from unknown[192.0.2.7]");
  });

  test("tell a login that fails, POP3's by the mechanism that is alike", () => {
    expect(told("postfix", [failed(), failed({ method: "PASS" })])).toEqual(
      Array(2).fill("warning: unknown[192.0.2.7]: SASL PLAIN authentication failed: authentication failure"),
    );
  });

  test("tell nothing of a password that was tried before, and no more than nothing at the end", () => {
    const again = failed({ repeat: "yes" });
    const end = entry("end", { ...END, verbs: "ehlo=1 auth=0/1 quit=1" });
    const first = entry("end", { ...END, verbs: "auth=0/1 quit=1" });
    expect(told("postfix", [again, end])).toEqual([
      "disconnect from unknown[192.0.2.7] ehlo=1 quit=1 commands=4",
    ]);
    expect(told("postfix", [again, first])).toEqual(["disconnect from unknown[192.0.2.7] quit=1 commands=4"]);
    expect(told("postfix", [again, failed(), end]).at(-1)).toBe(
      "disconnect from unknown[192.0.2.7] ehlo=1 auth=0/1 quit=1 commands=4",
    );
  });

  test("nor of a login that nobody tried, such as one that was held back", () => {
    const end = entry("end", { ...END, verbs: "ehlo=1 auth=0/1 quit=1" });
    expect(told("postfix", [end])).toEqual(["disconnect from unknown[192.0.2.7] ehlo=1 quit=1 commands=4"]);
  });

  test("tell a message by the server's own name for it, without what no queue of theirs has", () => {
    expect(told("postfix", [message({ queue: "1rXyZa-0001Ab-2C" })])).toEqual([
      "1rXyZa0001Ab2C: client=unknown[192.0.2.7]",
    ]);
  });

  test("have names of their own for messages where the server tells none, or a word", () => {
    expect(told("postfix", [message(), message({ queue: "reject" }), message({ queue: "--" })])).toEqual([
      "MH8X2KZ412Z1: client=unknown[192.0.2.7]",
      "MH8X2KZ412Z2: client=unknown[192.0.2.7]",
      "MH8X2KZ412Z3: client=unknown[192.0.2.7]",
    ]);
  });

  test("tell of a message by which login it came", () => {
    const login = (fields: object) => entry("login", { method: "PLAIN", attempt: 1, ...fields });
    const named = message({ queue: "Q1" });
    expect(told("postfix", [login({ user: "j, rip=x" }), named])).toEqual([
      "Q1: client=unknown[192.0.2.7], sasl_method=PLAIN, sasl_username=j??rip=x",
    ]);
    expect(told("postfix", [login({}), named])).toEqual(["Q1: client=unknown[192.0.2.7], sasl_method=PLAIN"]);
  });

  test("tell which list a client is on that is refused for it", () => {
    const listed = entry("dnsbl-listed", { zone: "bl.test", explanation: "no" });
    const fields = { rule: "dnsbl", by: "us", reply: "554 5.7.1 Listed", line: "(connection)" } as const;
    expect(told("postfix", [listed, entry("refused", fields)])).toEqual([
      "NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using bl.test; proto=SMTP",
    ]);
  });

  test("tell who speaks too early, in the words that filters know", () => {
    const fields = { by: "us", reply: "554 5.5.0 Too early", line: "(12 octets)" } as const;
    const refused = (rule: "early-talker" | "syntax") =>
      told("postfix", [entry("refused", { rule, ...fields })]);
    expect(refused("early-talker")).toEqual([
      "improper command pipelining after CONNECT from unknown[192.0.2.7]",
      "NOQUEUE: reject: CONNECT from unknown[192.0.2.7]: 554 5.5.0 <unknown[192.0.2.7]>: Too early; proto=SMTP",
    ]);
    expect(refused("syntax")).toEqual([
      "NOQUEUE: reject: UNKNOWN from unknown[192.0.2.7]: 554 5.5.0 Too early, proto=SMTP",
    ]);
  });

  test("have nothing of other events", () => {
    expect(told("postfix", [entry("truncated", { octets: 7 })])).toEqual([]);
  });

  test("are one line each that begins as it must, and no address is behind a bracket but the client's", () => {
    const form =
      /^(?:connect from|disconnect from|improper command pipelining after CONNECT from|too many errors after [A-Z-]+ from|warning:|[A-Z0-9a-z]+: client=|NOQUEUE: reject: [A-Z-]+ from) ?unknown\[192\.0\.2\.7\](?:$|[:, ])/;
    fc.assert(
      fc.property(hostile, (entries) => {
        for (const line of told("postfix", entries)) {
          expect(line).toMatch(/^[ -~]*$/);
          expect(line).toMatch(form);
          for (const [, address] of line.matchAll(/\[([^\]]*)\]/g)) expect(address).toBe(CLIENT);
          // What readers take for the beginning of what they look for.
          expect(line.split("reject: ").length).toBeLessThanOrEqual(2);
        }
      }),
    );
  });
});
