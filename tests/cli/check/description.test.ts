// The words a policy is told in.

import { expect, describe as group, test } from "bun:test";
import { describe } from "../../../src/cli/check/description.ts";
import { serverOf } from "../../../src/options/server.ts";
import { TLS_OPTIONS } from "../../../src/options/tls-options.ts";
import { type AnyProtocol, define, type Row } from "../../../src/protocols/protocol.ts";
import { settled } from "../../settled.ts";

const NOBODY = { wrapper: null, server: null };
const ann = { name: "ann", uid: 7, gid: 8 };
const root = { name: "root", uid: 0, gid: 0 };

async function rows(
  asked: string | AnyProtocol,
  argv: readonly string[],
  people: Parameters<typeof describe>[3] = NOBODY,
): Promise<Row[]> {
  const { protocol, settings } = await settled(asked, ...argv);
  const { tls } = settings.read(TLS_OPTIONS);
  const place = { server: [], hasNameServer: true, tls, throttle: "none" } as const;
  const certificates: Row[] = [["tls", "a certificate"]];
  const server = await serverOf(protocol, settings);
  return describe(protocol, settings, server, people, "mx.test", place, certificates);
}

async function sentences(subject: string, ...given: Parameters<typeof rows>): Promise<string[]> {
  return (await rows(...given)).filter(([name]) => name === subject).map(([, sentence]) => sentence);
}

group("who runs what", () => {
  test("where clients are accepted, and how many", async () => {
    expect(await sentences("clients", "pop3", [])).toEqual([]);
    expect(
      await sentences("clients", "pop3", ["--listen", "127.0.0.1:110", "--listen", "[::1]:110"]),
    ).toEqual(["accepted on 127.0.0.1:110, [::1]:110: 500 at a time, 20 of one address"]);
    const limits = ["--max-connections", "0", "--max-connections-per-ip", "1", "--max-connection-rate", "5"];
    expect(await sentences("clients", "pop3", ["--listen", "127.0.0.1:110", ...limits])).toEqual([
      "accepted on 127.0.0.1:110: any number at a time, 1 of one address, 5 new ones a minute",
    ]);
  });

  test("who is believed whom he speaks for", async () => {
    expect(await sentences("proxies", "pop3", [])).toEqual([]);
    expect(
      await sentences("proxies", "pop3", ["--accept-proxy", "10.0.0.7", "--accept-proxy", "fd00::/64"]),
    ).toEqual([
      "whoever comes from 10.0.0.7, fd00::/64 must first say whom he speaks for, and is believed: rules, limits, server and log take that for the client",
    ]);
  });

  test("a program, as whoever starts it or as whom it is given", async () => {
    expect(await sentences("server", "pop3", [])).toEqual([
      "/usr/sbin/popa3d, started for each connection, as whoever starts us",
    ]);
    const people = { wrapper: ann, server: root };
    expect(await sentences("server", "line", ["--", "/bin/a", "-b"], people)).toEqual([
      "/bin/a -b, started for each connection, as root (uid 0, gid 0)",
    ]);
    expect(await sentences("wrapper", "pop3", [], people)).toEqual([
      "becomes ann (uid 7, gid 8); it has to be started as root",
    ]);
    expect(await sentences("wrapper", "pop3", [])).toEqual([
      "stays whoever starts it; started as root it refuses to run",
    ]);
  });

  test("servers over TCP", async () => {
    expect(await sentences("server", "line", ["--connect", "a.test:1"])).toEqual(["over TCP, a.test:1"]);
    const two = ["--connect", "a.test:1,weight=3", "--connect", "b.test:2"];
    expect(await sentences("server", "line", two)).toEqual([
      "over TCP, the first that answers of a.test:1 (weight 3), b.test:2",
    ]);
    expect(
      await sentences("server", "line", [...two, "--listen", "[::1]:79", "--server-retry", "7"]),
    ).toEqual([
      "over TCP, clients shared by weight between a.test:1 (weight 3), b.test:2; one that fails is left alone for 7 s",
    ]);
    const chosen = [
      "original,net=10.0.0.0/8",
      "original,net=192.0.2.0/24,tls=implicit,name=b.test,ca=/c.pem",
    ];
    expect(
      await sentences(
        "server",
        "line",
        chosen.flatMap((text) => ["--connect", text]),
      ),
    ).toEqual([
      "over TCP, where the client wanted to go before a firewall redirected it, in 10.0.0.0/8, 192.0.2.0/24 (TLS from the first octet on; its certificate must be for b.test, by /c.pem)",
    ]);
  });
});

group("who may send where", () => {
  test("nobody to anywhere, unless it is said", async () => {
    expect(await sentences("accepts", "smtp", [])).toEqual(["recipients without a domain"]);
    expect(await sentences("relays", "smtp", [])).toEqual(["for nobody"]);
    expect(await sentences("else", "smtp", [])).toEqual(["any other recipient is refused: 550, rule relay"]);
  });

  test("all that opens it", async () => {
    const argv = [
      ...["--relay-domain", "a.test", "--relay-domain", ".b.test", "--relay-ip", "10", "--relay-ip", "::1"],
      ...["--relay-sender-domain", "c.test", "--auth", "pass"],
    ];
    expect(await sentences("accepts", "smtp", argv)).toEqual([
      "recipients in a.test, in subdomains of b.test, without a domain",
      "whether they exist or not: mail that the server takes and cannot deliver goes to whom it names as its sender",
    ]);
    expect(await sentences("relays", "smtp", argv)).toEqual([
      "to anywhere for clients in 10 or ::1; for whoever says the sender is in c.test; for clients the server has authenticated",
    ]);
  });
});

test("whom of a relay network is refused all the same", async () => {
  const relay = ["--relay-ip", "10", "--relay-ip", "2001:db8::/32", "--relay-ip", "192.0.2.1"];
  const block = ["--block-ip", "10.1", "--block-ip", "::ffff:10.2.3.4", "--block-ip", "192.0.2.0/24"];
  expect(await sentences("relays", "smtp", [...relay, ...block])).toEqual([
    "to anywhere for clients in 10 or 2001:db8::/32 or 192.0.2.1",
    "not for clients in 10.1 of --block-ip, though in 10: they are refused",
    "not for clients in ::ffff:10.2.3.4 of --block-ip, though in 10: they are refused",
  ]);
  expect(await sentences("relays", "smtp", [...relay, "--block-ip", "no network"])).toHaveLength(1);
});

test("what is refused, and what is not any more", async () => {
  const argv = [
    ...["--block-ip", "10", "--block-address", "@x", "--block-body", "y", "--dnsbl", "bl.test"],
    ...["--resolver", "127.0.0.1:53", "--early-talker", "refuse"],
  ];
  expect(await sentences("refuses", "smtp", argv)).toEqual([
    "clients in 10: 554, rule block-ip",
    "clients that bl.test lists (asked of 127.0.0.1:53): 550 at MAIL, rule dnsbl",
    "senders and recipients that match @x: 550, rule block-address",
    "messages that match y: 550",
    "NUL in a message; bare CR or LF too",
    "message lines over 1000 octets",
    "clients that talk before they are greeted: 554",
  ]);
  expect(await sentences("refuses", "smtp", ["--bare-newline", "normalize", "--long-text", "pass"])).toEqual([
    "NUL in a message; bare CR or LF is made CRLF instead",
  ]);
  expect(await sentences("offers", "smtp", ["--ehlo", "helo", "--auth", "pass", "--vrfy", "252"])).toEqual([
    "no extensions (HELO); AUTH by the server, in the clear; VRFY is answered 252",
  ]);
});

test("what a wrong password costs", async () => {
  expect(await sentences("failures", "pop3", [])).toEqual([
    "a wrong password is answered after 3 s, doubled each time up to 30, and ends the session the 3rd time",
  ]);
  for (const [attempts, nth] of [
    ["1", "1st"],
    ["11", "11th"],
    ["22", "22nd"],
    ["4", "4th"],
  ] as const)
    expect((await sentences("failures", "pop3", ["--max-login-attempts", attempts]))[0]).toEndWith(
      `the ${nth} time`,
    );
  expect(await sentences("failures", "pop3", ["--login-delay", "0", "--max-login-attempts", "0"])).toEqual([
    "a wrong password is answered at once, and never ends the session",
  ]);
});

test("how a client of POP3 may log in", async () => {
  const always = "USER and PASS, APOP where the server has it";
  expect(await sentences("logins", "pop3", [])).toEqual([`${always}; no AUTH`, "taken in the clear"]);
  expect(await sentences("logins", "pop3", ["--auth", "pass"])).toEqual([
    `${always}; AUTH by the server, too`,
    "taken in the clear",
  ]);
});

test("limits, times and the log", async () => {
  const argv = ["--max-errors", "0", "--idle-timeout", "0", "--session-timeout", "9", "--log-level", "3"];
  expect(await sentences("limits", "pop3", argv)).toEqual([
    "255 octets a line (a longer one is refused), any number of errors",
  ]);
  expect(await sentences("time", "pop3", argv)).toEqual([
    "any time for the client's next line, 600 s for the server's reply, 9 s for the session",
  ]);
  expect(await sentences("log", "pop3", [...argv, "--log", "unix:/dev/log"])).toEqual([
    "to unix:/dev/log, up to level 3 (every command), as text",
  ]);
});

test("the log in others' words, and where nobody finds those", async () => {
  const said = (...argv: string[]) => sentences("log", "pop3", argv);
  expect(await said("--log-dialect", "dovecot", "--log", "file:/var/log/x")).toEqual([
    "to file:/var/log/x, up to level 2 (connections), as text; besides, what Dovecot's login process would write of it",
  ]);
  for (const log of ["stderr", "auto"])
    expect((await said("--log-dialect", "postfix", "--log", log))[0]).toEndWith(
      "; besides, what Postfix's smtpd would write of it, which nobody finds where the journal reads standard error: that needs file:, unix: or syslog:",
    );
});

const nntp = define({
  name: "nntp",
  dialogue: "lock-step",
  options: {},
  converse: () => {
    throw new Error("nobody is served here");
  },
  unavailable: () => "",
});

test("a protocol nobody knows here has the rows of all", async () => {
  const subjects = (await rows(nntp, ["--", "/bin/a"])).map(([subject]) => subject);
  expect(subjects).toEqual(["server", "learns", "wrapper", "name", "limits", "time", "log"]);
  const line = ["--on-long-line", "close", "--final-line", "forward", "--", "/bin/a"];
  expect((await sentences("limits", "line", line))[0]).toStartWith(
    "200 octets a line (a longer one ends the session), ",
  );
  expect(await sentences("last line", "line", line)).toEqual(["forwarded if it has no end"]);
});

group("TLS", () => {
  const given = (tls: string, ...more: string[]) => ["--tls", tls, "--tls-cert", "c.pem", ...more];

  test("is told with its certificates, where there is any", async () => {
    expect(await sentences("tls", "pop3", [])).toEqual([]);
    const [sentence, ...certificates] = await sentences("tls", "pop3", given("optional"));
    expect(sentence).toBe("clients may ask for it; TLS 1.2 and 1.3; 30 s for the handshake");
    expect(certificates).toEqual(["a certificate"]);
  });

  test("is told by its mode, profile and time", async () => {
    const first = async (...argv: string[]) => (await sentences("tls", "pop3", argv))[0];
    expect(await first(...given("required", "--tls-timeout", "5"))).toBe(
      "clients have to ask for it before all that matters; TLS 1.2 and 1.3; 5 s for the handshake",
    );
    expect(await first(...given("implicit", "--tls-profile", "modern"))).toBe(
      "from the first octet on; TLS 1.3; 30 s for the handshake",
    );
  });

  test("is where logins are taken", async () => {
    const logins = async (...argv: string[]) => (await sentences("logins", "pop3", argv)).at(-1);
    expect(await logins()).toBe("taken in the clear");
    expect(await logins(...given("optional"))).toBe("taken in TLS only");
  });
});
