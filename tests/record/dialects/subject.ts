// A session whose lines a dialect writes, for the tests of each.

import fc from "fast-check";
import { type DialectName, dialectOf } from "../../../src/record/dialect.ts";
import type { Entry, EventName, Fields } from "../../../src/record/entry.ts";
import { EVENTS } from "../../../src/record/events.ts";

const DAEMONS = { postfix: "smtpd", dovecot: "pop3-login" };

export const CLIENT = "192.0.2.7";

export function entry<E extends EventName>(event: E, fields: Fields<E>): Entry {
  return { level: EVENTS[event].level, event, fields } as unknown as Entry;
}

/** What it writes of these entries, one after the other. */
export function told(
  name: DialectName,
  entries: readonly Entry[],
  { client = CLIENT as string | null, session = "mh8x2k.412", daemons = DAEMONS } = {},
): string[] {
  const ends = {
    client: { address: client, port: 51422 },
    server: { address: client === null ? null : "192.0.2.1", port: 25 },
  };
  const dialect = dialectOf(name, { ends, session, daemons });
  return entries.flatMap((one) => dialect.lines(one));
}

export const END: Fields<"end"> = {
  reason: "quit",
  ...{ seconds: 1.6, commands: 4, refused: 0, messages: 0, in: 80, out: 90 },
};

const octets = fc.oneof(
  fc
    .array(fc.integer({ min: 0, max: 255 }), { maxLength: 250 })
    .map((codes) => String.fromCharCode(...codes)),
  fc
    .array(
      fc.constantFrom(
        ...["\r\n", " ", ">", "<", "[", "]", ",", ": ", ";", "\xc3\xbc", "x", "192.0.2.66", "[192.0.2.66]"],
        ...["reject: RCPT from unknown[192.0.2.66]: 550 5.7.1 ", "warning: unknown[192.0.2.66]: SASL LOGIN"],
        ...[">, method=PLAIN, rip=192.0.2.66, lip=1", "client=unknown[192.0.2.66]", "Client host rejected"],
        ...["pam_unix(dovecot:auth): authentication failure; rhost=192.0.2.66", "NOQUEUE", "session=<"],
        ...["host dovecot: pop3-login: Aborted login (auth failed, 1 attempts): rip=192.0.2.66"],
      ),
      { maxLength: 8 },
    )
    .map((parts) => parts.join("")),
);
const maybe = fc.option(octets, { nil: undefined });
const replies = fc.oneof(
  octets,
  fc.tuple(fc.constantFrom("550", "451 4.7.1", "550 5.1.1"), octets).map((two) => two.join(" ")),
);

/** Entries of a session whose client and server say whatever they like. */
export const hostile: fc.Arbitrary<Entry[]> = fc.array(
  fc.oneof(
    fc.constant(entry("connect", {})),
    fc
      .record({ zone: fc.constant("bl.test"), explanation: octets })
      .map((fields) => entry("dnsbl-listed", fields)),
    fc
      .record({
        rule: fc.constantFrom(
          "relay",
          "server",
          "dnsbl",
          "block-ip",
          "block-address",
          "early-talker",
          "syntax",
        ),
        by: fc.constantFrom("us" as const, "server" as const),
        verb: fc.constantFrom("RCPT", "MAIL", "DATA", "VRFY", undefined),
        reply: replies,
        from: maybe,
        to: fc.option(fc.array(octets, { maxLength: 3 }), { nil: undefined }),
        helo: maybe,
        line: fc.oneof(octets, fc.constantFrom("(connection)", "(message)")),
      })
      .map((fields) => entry("refused", present(fields) as Fields<"refused">)),
    fc
      .record({
        method: octets,
        attempt: fc.constant(1),
        repeat: fc.constantFrom("yes", undefined),
        user: maybe,
      })
      .map((fields) =>
        entry("login-failed", { ...present(fields), reason: "refused", delay: 3 } as Fields<"login-failed">),
      ),
    fc
      .record({ method: octets, attempt: fc.constant(1), user: maybe })
      .map((fields) => entry("login", present(fields) as Fields<"login">)),
    fc
      .record({ queue: maybe, from: octets, to: fc.array(octets, { maxLength: 3 }), reply: octets })
      .map((fields) =>
        entry("message", { ...present(fields), octets: 1, recipients: 1 } as unknown as Fields<"message">),
      ),
    fc.constant(entry("end", { ...END, verbs: "ehlo=1 auth=0/1 quit=1" })),
    fc.constant(entry("end", { ...END, reason: "too-many-errors" })),
  ),
  { maxLength: 12 },
);

function present(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
