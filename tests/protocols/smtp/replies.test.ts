// Every reply we give on our own, as a client sees it: code, enhanced code and text, in one table. It is closed both
// ways: a new reply without a row fails, and so does a row without its reply.

import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { Glob } from "bun";
import * as replies from "../../../src/protocols/smtp/replies.ts";

const SOURCES = join(import.meta.dir, "../../../src/protocols/smtp");

type Row = readonly [name: string, code: number, enhanced: string | null, text: string];

/** In the order of the codes. */
const TABLE: readonly Row[] = [
  // RFC 2034 section 4: none in a greeting
  ["greeting", 220, null, "mx.test ESMTP"],
  ["START_TLS", 220, "2.0.0", "Ready to start TLS"],
  ["bye", 221, "2.0.0", "mx.test closing connection"],
  ["OK", 250, "2.0.0", "OK"],
  ["CANNOT_VERIFY", 252, "2.5.0", "Cannot VRFY user, but will accept message and attempt delivery"],
  // nor in what is not decided yet
  ["START_INPUT", 354, null, "End data with <CR><LF>.<CR><LF>"],
  ["unavailable", 421, "4.3.0", "mx.test Service not available, closing transmission channel"],
  ["shutdown", 421, "4.3.2", "mx.test Service shutting down"],
  ["refusal all", 421, "4.3.2", "mx.test Too many connections, try again later"],
  ["timedOut", 421, "4.4.2", "mx.test Timeout exceeded"],
  ["refusal network", 421, "4.7.0", "mx.test Too many connections from your network"],
  ["NOT_SMTP", 421, "4.7.0", "This is an SMTP server"],
  ["TOO_MANY_ERRORS", 421, "4.7.0", "Too many errors"],
  ["TOO_MANY_LOGINS", 421, "4.7.0", "Too many failed logins"],
  ["TOO_MUCH_DATA", 421, "4.7.0", "Too much data"],
  ["RECIPIENTS_UNAVAILABLE", 451, "4.3.0", "Recipient cannot be looked up now, try again later"],
  ["TOO_COSTLY", 451, "4.3.0", "Message content takes too long to judge"],
  ["TOO_MANY_RECIPIENTS", 452, "4.5.3", "Too many recipients"],
  ["LOGIN_THROTTLED", 454, "4.7.0", "Too many failed logins, try again later"],
  ["LOGIN_UNAVAILABLE", 454, "4.7.0", "Temporary authentication failure"],
  ["BAD_SYNTAX", 500, "5.5.2", "Command not recognised"],
  ["CONTROL_OCTET", 500, "5.5.2", "Control character in command"],
  ["LINE_TOO_LONG", 500, "5.5.2", "Line too long"],
  ["SASL_TOO_LONG", 500, "5.5.6", "Authentication exchange line is too long"],
  ["BAD_RECIPIENT", 501, "5.1.3", "Bad recipient address syntax"],
  ["BAD_SENDER", 501, "5.1.7", "Bad sender address syntax"],
  ["BAD_SASL", 501, "5.5.2", "Cannot decode authentication data"],
  ["BAD_ARGUMENT", 501, "5.5.4", "Syntax error in parameters or arguments"],
  ["BEHIND_STARTTLS", 501, "5.5.4", "Nothing may follow STARTTLS"],
  ["NOT_IMPLEMENTED", 502, "5.5.1", "Command not implemented"],
  ["BAD_SEQUENCE", 503, "5.5.1", "Bad sequence of commands"],
  ["LOGIN_NEEDS_TLS", 504, "5.5.4", "Authentication needs TLS here"],
  ["NO_SUCH_MECHANISM", 504, "5.5.4", "Authentication mechanism not supported"],
  ["TLS_REQUIRED", 530, "5.7.0", "Must issue a STARTTLS command first"],
  ["LOGIN_FAILED", 535, "5.7.8", "Authentication credentials invalid"],
  ["NO_SUCH_RECIPIENT", 550, "5.1.1", "No such recipient here"],
  ["BARE_NEWLINE", 550, "5.5.2", "Bare CR or LF in message not allowed"],
  ["NUL_IN_MESSAGE", 550, "5.6.0", "NUL in message not allowed"],
  ["TEXT_LINE_TOO_LONG", 550, "5.6.0", "Text line too long"],
  ["ADDRESS_BLOCKED", 550, "5.7.1", "Address blocked"],
  ["CLIENT_LISTED", 550, "5.7.1", "Client address is on a blackhole list"],
  ["CONTENT_BLOCKED", 550, "5.7.1", "Message content blocked"],
  ["RECIPIENT_ROUTE", 550, "5.7.1", "Source routes are not accepted"],
  ["RELAY_DENIED", 550, "5.7.1", "Relaying denied"],
  ["MESSAGE_TOO_BIG", 552, "5.3.4", "Message size exceeds limit"],
  ["SENDER_ROUTE", 553, "5.1.7", "Source routes are not accepted"],
  ["NOT_ASCII", 553, "5.6.7", "Non-ASCII addresses are not supported"],
  ["NO_RECIPIENTS", 554, "5.5.1", "No valid recipients"],
  ["SYNCHRONIZATION", 554, "5.5.0", "SMTP protocol synchronization error"],
  ["CLIENT_BLOCKED", 554, "5.7.1", "Access denied"],
  ["UNKNOWN_PARAMETER", 555, "5.5.4", "Parameter not recognised or not implemented"],
];

/** What the codes say, as far as they are ours (RFC 3463, RFC 4954, RFC 6531): the words of the registry. */
const MEANING: Readonly<Record<string, string>> = {
  "1.1": "bad destination mailbox address",
  "0.0": "other undefined status",
  "1.3": "bad destination mailbox address syntax",
  "1.7": "bad sender's mailbox address syntax",
  "3.0": "other or undefined mail system status",
  "3.2": "system not accepting network messages",
  "3.4": "message too big for system",
  "4.2": "bad connection",
  "5.0": "other or undefined protocol status",
  "5.1": "invalid command",
  "5.2": "syntax error",
  "5.3": "too many recipients",
  "5.4": "invalid command arguments",
  "5.6": "authentication exchange line is too long",
  "6.0": "other or undefined media error",
  "6.7": "non-ASCII addresses not permitted",
  "7.0": "other or undefined security status",
  "7.1": "delivery not authorized, message refused",
  "7.8": "authentication credentials invalid",
};

/** Every reply of the module, by its name: those that are made are made for mx.test. */
function ours(): Map<string, string> {
  const all = Object.entries(replies).flatMap(([name, reply]): [string, string][] => {
    if (typeof reply === "string") return [[name, reply]];
    if (reply !== replies.refusal) return [[name, (reply as (hostname: string) => string)("mx.test")]];
    // Blocked is what it is for a process of one client.
    expect(replies.refusal("mx.test", "blocked")).toBe(replies.CLIENT_BLOCKED);
    return (["all", "network"] as const).map((why) => [`${name} ${why}`, replies.refusal("mx.test", why)]);
  });
  return new Map(all);
}

describe("Every reply of ours", () => {
  test("has a row, and every row its reply", () => {
    expect([...ours().keys()].sort()).toEqual(TABLE.map(([name]) => name).sort());
  });

  for (const [name, code, enhanced, text] of TABLE)
    test(`${name} is ${code} ${enhanced ?? "without an enhanced code"}`, () => {
      expect(ours().get(name)).toBe(
        `${[code, ...(enhanced === null ? [] : [enhanced]), text].join(" ")}\r\n`,
      );
    });

  test("is one line of printable ASCII, of 512 octets at most (RFC 5321 section 4.5.3.1.5)", () => {
    for (const reply of ours().values()) expect(reply).toMatch(/^[ -~]{5,510}\r\n$/);
  });

  test("has an enhanced code of its code's class, that is registered (RFC 2034 section 4)", () => {
    for (const [name, code, enhanced] of TABLE) {
      if (enhanced === null) expect(["greeting", "START_INPUT"]).toContain(name);
      else
        expect([name, enhanced[0], MEANING[enhanced.slice(2)]]).toEqual([
          ...[name, String(code)[0], expect.any(String)],
        ]);
    }
  });

  test("stands in one file, and is said somewhere", async () => {
    const sources = new Map<string, string>();
    for (const path of new Glob("*.ts").scanSync(SOURCES))
      sources.set(path, await Bun.file(join(SOURCES, path)).text());
    // The server that agrees to everything is somebody else.
    const ownWords = [...sources].filter(([path]) => !["replies.ts", "obliging.ts"].includes(path));
    for (const [path, source] of ownWords)
      expect([path, /["'`][2-5][0-9]{2}[ -][0-9A-Za-z]/.exec(source)?.[0]]).toEqual([path, undefined]);
    const all = ownWords.map(([, source]) => source).join("");
    for (const name of Object.keys(replies)) expect(all).toMatch(new RegExp(`\\breplies\\.${name}\\b`));
  });
});
