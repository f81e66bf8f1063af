// A session as Dovecot's login processes write it.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Fields } from "../../../src/record/entry.ts";
import { CLIENT, END, entry, hostile, told } from "./subject.ts";

const failed = (fields: Partial<Fields<"login-failed">> = {}) =>
  entry("login-failed", { method: "PASS", attempt: 1, reason: "refused", delay: 3, user: "root", ...fields });
const login = (fields: Partial<Fields<"login">> = {}) =>
  entry("login", { method: "PASS", attempt: 1, user: "j@kit.test", ...fields });
const end = (fields: Partial<Fields<"end">> = {}) => entry("end", { ...END, ...fields });
const where = "rip=192.0.2.7, lip=192.0.2.1, session=<mh8x2k.412>";

describe("Dovecot's words", () => {
  test("are a line for who logs in, and none for the end of that", () => {
    expect(told("dovecot", [entry("connect", {}), login(), end()])).toEqual([
      `pop3-login: Login: user=<j@kit.test>, method=PLAIN, ${where}`,
    ]);
    expect(told("dovecot", [login({ method: "SCRAM-SHA-1" })])).toEqual([
      `pop3-login: Login: user=<j@kit.test>, method=SCRAM-SHA-1, ${where}`,
    ]);
  });

  test("are one line for all logins of a session that failed", () => {
    expect(told("dovecot", [failed(), failed({ user: "admin" }), end()])).toEqual([
      `pop3-login: Aborted login (auth failed, 2 attempts in 2 secs): user=<admin>, method=PLAIN, ${where}`,
    ]);
  });

  test("count no password that was tried before", () => {
    const again = failed({ repeat: "yes" });
    expect(told("dovecot", [again, again, end()])).toEqual([]);
    expect(told("dovecot", [again, failed(), end()])).toEqual([
      `pop3-login: Aborted login (auth failed, 1 attempts in 2 secs): user=<root>, method=PLAIN, ${where}`,
    ]);
  });

  test("tell nothing of failures that came to a login", () => {
    expect(told("dovecot", [failed(), login(), end()])).toHaveLength(1);
  });

  test("tell who never tried, unless he came with mail", () => {
    expect(told("dovecot", [end({ verbs: "quit=1" })])).toEqual([
      `pop3-login: Aborted login (no auth attempts in 2 secs): user=<>, ${where}`,
    ]);
    expect(told("dovecot", [end()])).toHaveLength(1);
    expect(told("dovecot", [end({ verbs: "ehlo=1 mail=1 quit=1" })])).toEqual([]);
    expect(told("dovecot", [failed(), end({ verbs: "auth=0/1 mail=0/1" })])).toHaveLength(1);
  });

  test.each(["ehlo=1 auth=0/1 quit=1", "user=1 pass=0/1 quit=1", "apop=0/1", "authenticate=0/1"])(
    "tell nothing of who came to log in and was held back: %s",
    (verbs) => {
      expect(told("dovecot", [end({ verbs })])).toEqual([]);
      expect(told("dovecot", [failed(), end({ verbs })])).toHaveLength(1);
    },
  );

  test("tell TLS", () => {
    const tls = entry("tls", { tls: "TLSv1.3", cipher: "x", cert: "mx.test" });
    expect(told("dovecot", [tls, login()])).toEqual([
      "pop3-login: Login: user=<j@kit.test>, method=PLAIN, rip=192.0.2.7, lip=192.0.2.1, TLS, session=<mh8x2k.412>",
    ]);
  });

  test("are of somebody whose address or name is not known", () => {
    const { user: _, ...anybody } = login().fields as Fields<"login">;
    expect(told("dovecot", [entry("login", anybody)], { client: null })).toEqual([
      "pop3-login: Login: user=<>, method=PLAIN, rip=unknown, lip=unknown, session=<mh8x2k.412>",
    ]);
  });

  test("are one line each whose fields are where they must be, whoever says what", () => {
    const form =
      /^pop3-login: (?:Login|Aborted login \((?:auth failed, [1-9][0-9]* attempts|no auth attempts) in 2 secs\)): user=<[^<>,\s]*>,(?: method=[^<>,\s]*,)? rip=192\.0\.2\.7, lip=192\.0\.2\.1(?:, TLS)?, session=<mh8x2k\.412>$/;
    fc.assert(
      fc.property(hostile, (entries) => {
        for (const line of told("dovecot", entries)) {
          expect(line).toMatch(form);
          expect(line.split(/\brip=/).at(-1)).toStartWith(CLIENT);
        }
      }),
    );
  });
});
