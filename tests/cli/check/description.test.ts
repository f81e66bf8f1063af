// The words a policy is told in.

import { expect, describe as group, test } from "bun:test";
import { describe, type Row } from "../../../src/cli/check/description.ts";
import { parse } from "../../../src/cli/parse.ts";

const NOBODY = { wrapper: null, server: null };
const ann = { name: "ann", uid: 7, gid: 8 };
const root = { name: "root", uid: 0, gid: 0 };

function rows(
  protocol: string,
  argv: readonly string[],
  people: Parameters<typeof describe>[3] = NOBODY,
): Row[] {
  const { values, server } = parse(protocol, argv);
  return describe(protocol, values, server, people, "mx.test");
}

function sentences(subject: string, ...given: Parameters<typeof rows>): string[] {
  return rows(...given)
    .filter(([name]) => name === subject)
    .map(([, sentence]) => sentence);
}

group("who runs what", () => {
  test("a program, as whoever starts it or as whom it is given", () => {
    expect(sentences("server", "pop3", [])).toEqual([
      "/usr/sbin/popa3d, started for each connection, as whoever starts us",
    ]);
    const people = { wrapper: ann, server: root };
    expect(sentences("server", "line", ["--", "/bin/a", "-b"], people)).toEqual([
      "/bin/a -b, started for each connection, as root (uid 0, gid 0)",
    ]);
    expect(sentences("wrapper", "pop3", [], people)).toEqual([
      "becomes ann (uid 7, gid 8); it has to be started as root",
    ]);
    expect(sentences("wrapper", "pop3", [])).toEqual([
      "stays whoever starts it; started as root it refuses to run",
    ]);
  });

  test("servers over TCP", () => {
    expect(sentences("server", "line", ["--connect", "a.test:1"])).toEqual(["over TCP, a.test:1"]);
    const two = ["--connect", "a.test:1,weight=3", "--connect", "b.test:2"];
    expect(sentences("server", "line", two)).toEqual([
      "over TCP, the first that answers of a.test:1 (weight 3), b.test:2",
    ]);
  });
});

group("who may send where", () => {
  test("nobody to anywhere, unless it is said", () => {
    expect(sentences("accepts", "smtp", [])).toEqual(["recipients without a domain"]);
    expect(sentences("relays", "smtp", [])).toEqual(["for nobody"]);
    expect(sentences("else", "smtp", [])).toEqual(["any other recipient is refused: 550, rule relay"]);
  });

  test("all that opens it", () => {
    const argv = [
      ...["--relay-domain", "a.test", "--relay-domain", ".b.test", "--relay-ip", "10", "--relay-ip", "::1"],
      ...["--relay-sender-domain", "c.test", "--auth", "pass"],
    ];
    expect(sentences("accepts", "smtp", argv)).toEqual([
      "recipients in a.test, in subdomains of b.test, without a domain",
    ]);
    expect(sentences("relays", "smtp", argv)).toEqual([
      "to anywhere for clients in 10 or ::1; for whoever says the sender is in c.test; for clients the server has authenticated",
    ]);
  });
});

test("what is refused, and what is not any more", () => {
  const argv = [
    ...["--block-ip", "10", "--block-address", "@x", "--block-body", "y", "--dnsbl", "bl.test"],
    ...["--resolver", "127.0.0.1:53", "--early-talker", "refuse"],
  ];
  expect(sentences("refuses", "smtp", argv)).toEqual([
    "clients in 10: 554, rule block-ip",
    "clients that bl.test lists (asked of 127.0.0.1:53): 550 at MAIL, rule dnsbl",
    "senders and recipients that match @x: 550, rule block-address",
    "messages that match y: 550",
    "NUL in a message; bare CR or LF too",
    "message lines over 1000 octets",
    "clients that talk before they are greeted: 554",
  ]);
  expect(sentences("refuses", "smtp", ["--bare-newline", "normalize", "--long-text", "pass"])).toEqual([
    "NUL in a message; bare CR or LF is made CRLF instead",
  ]);
  expect(sentences("offers", "smtp", ["--ehlo", "helo", "--auth", "pass", "--vrfy", "252"])).toEqual([
    "no extensions (HELO); AUTH, by the server; VRFY is answered 252",
  ]);
});

test("what a wrong password costs", () => {
  expect(sentences("failures", "pop3", [])).toEqual([
    "a wrong password is answered after 3 s, doubled each time up to 30, and ends the session the 3rd time",
  ]);
  for (const [attempts, nth] of [
    ["1", "1st"],
    ["11", "11th"],
    ["22", "22nd"],
    ["4", "4th"],
  ] as const)
    expect(sentences("failures", "pop3", ["--max-login-attempts", attempts])[0]).toEndWith(`the ${nth} time`);
  expect(sentences("failures", "pop3", ["--login-delay", "0", "--max-login-attempts", "0"])).toEqual([
    "a wrong password is answered at once, and never ends the session",
  ]);
});

test("limits, times and the log", () => {
  const argv = ["--max-errors", "0", "--idle-timeout", "0", "--session-timeout", "9", "--log-level", "3"];
  expect(sentences("limits", "pop3", argv)).toEqual([
    "255 octets a line (a longer one is refused), any number of refused commands",
  ]);
  expect(sentences("time", "pop3", argv)).toEqual([
    "any time for the client's next line, 600 s for the server's reply, 9 s for the session",
  ]);
  expect(sentences("log", "pop3", [...argv, "--log", "unix:/dev/log"])).toEqual([
    "to unix:/dev/log, up to level 3 (every command), as text",
  ]);
});

test("a protocol nobody knows here has the rows of all", () => {
  const subjects = rows("nntp", ["--", "/bin/a"]).map(([subject]) => subject);
  expect(subjects).toEqual(["server", "wrapper", "name", "limits", "time", "log"]);
  const line = ["--on-long-line", "close", "--final-line", "forward", "--", "/bin/a"];
  expect(sentences("limits", "line", line)[0]).toStartWith(
    "200 octets a line (a longer one ends the session), ",
  );
  expect(sentences("last line", "line", line)).toEqual(["forwarded if it has no end"]);
});
