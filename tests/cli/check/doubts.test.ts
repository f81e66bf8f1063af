// What is warned of, and what is not.

import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { doubts } from "../../../src/cli/check/doubts.ts";
import { serverOf } from "../../../src/options/server.ts";
import { TLS_OPTIONS } from "../../../src/options/tls-options.ts";
import { settled } from "../../settled.ts";

async function about(name: string, argv: readonly string[], nameServers = true): Promise<string[]> {
  const server = argv.includes("--") || argv.includes("--connect") ? [] : ["--", "/bin/server"];
  const { protocol, settings } = await settled(name, ...argv, ...server);
  const plan = await serverOf(protocol, settings);
  const words =
    "argv" in plan ? plan.argv : "destinations" in plan ? plan.destinations.map(({ host }) => host) : [];
  const { tls } = settings.read(TLS_OPTIONS);
  const found = await doubts(protocol, settings, {
    server: words,
    hasNameServer: nameServers,
    tls,
    throttle: "none",
  });
  expect(found.filter(({ severity }) => severity !== "warning")).toEqual([]);
  return found.map(({ about: option, text }) => `${option}: ${text}`);
}

const CERT = ["--tls-cert", "c.pem"];
const RELAY = ["--relay-domain", "a.test"];

describe("nothing is said of", () => {
  test("the defaults", async () => {
    for (const protocol of ["pop3", "finger", "line"]) expect(await about(protocol, [])).toEqual([]);
    expect(await about("smtp", RELAY)).toEqual([]);
  });

  test("TLS, and logins in it", async () => {
    for (const tls of ["optional", "implicit"])
      expect(await about("smtp", [...RELAY, ...CERT, "--tls", tls, "--auth", "pass"])).toEqual([]);
    expect(await about("smtp", ["--relay-ip", "10", ...CERT, "--tls", "required"])).toEqual([]);
    const webmail = ["--login-without-tls", "127.0.0.1"];
    expect(await about("pop3", [...CERT, "--tls", "optional", "--auth", "pass", ...webmail])).toEqual([]);
  });

  test("a time to leave servers alone, of a listener", async () => {
    const listens = ["--listen", "127.0.0.1:25", "--connect", "a.test:25"];
    expect(await about("smtp", [...RELAY, ...listens, "--server-retry", "9"])).toEqual([]);
  });

  test("rules as they ought to be", async () => {
    const rules = [
      ...["--relay-ip", "10", "--relay-ip", "192.0.2.0/24", "--relay-ip", "2001:db8::/32"],
      ...["--relay-domain", ".b.test", "--relay-domain", "localhost", "--block-ip", "198.51.100.0/24"],
      // An exception from what may relay.
      ...["--block-ip", "10.1.2.3", "--block-ip", "2001:db8:1::/48"],
      ...["--block-address", "@example\\.org$", "--block-body", "^Subject:.*lunch"],
      ...["--dnsbl", "bl.test", "--session-timeout", "0"],
    ];
    expect(await about("smtp", rules)).toEqual([]);
  });
});

describe("a warning is given for", () => {
  const smtp: Record<string, [argv: string[], warning: string]> = {
    "no relay rule": [[], "--relay-domain: no relay rule: only recipients without a domain are accepted"],
    "a relay rule by sender": [
      ["--relay-sender-domain", "a.test"],
      "--relay-sender-domain: a sender is easily forged",
    ],
    "everybody's network": [
      ["--relay-ip", "0.0.0.0/0"],
      '--relay-ip: "0.0.0.0/0" is everybody with an IPv4 address: an open relay',
    ],
    "everybody's network in IPv6": [
      ["--relay-ip", "::/0"],
      '--relay-ip: "::/0" is everybody with an IPv6 address: an open relay',
    ],
    "everybody blocked": [
      [...RELAY, "--block-ip", "::/0"],
      '--block-ip: "::/0" is everybody with an IPv6 address: nobody gets in',
    ],
    "a star for a domain": [["--relay-domain", "*.a.test"], '--relay-domain: "*.a.test" is no domain'],
    "an address for a domain": [["--relay-domain", "u@a.test"], '--relay-domain: "u@a.test" is no domain'],
    "a top-level domain": [["--relay-domain", ".com"], '--relay-domain: ".com" is a whole top-level domain'],
    "an expression that matches nothing, so all": [
      [...RELAY, "--block-address", "x*"],
      '--block-address: "x*" matches everything, even nothing',
    ],
    "an expression that matches any address": [
      [...RELAY, "--block-address", "@"],
      '--block-address: "@" matches nearly everything',
    ],
    "an expression that matches any text": [
      [...RELAY, "--block-body", "[a-z]+ "],
      '--block-body: "[a-z]+ " matches nearly everything',
    ],
    "an expression that takes too long": [
      [...RELAY, "--block-body", "fine", "--block-body", ".{500}.{500}Q"],
      '--block-body: ".{500}.{500}Q" (block-body#2) takes up to ',
    ],
    "passwords in clear": [[...RELAY, "--auth", "pass"], "--auth: pass: passwords cross the network"],
    "a session that ends before a silent client is sent away": [
      [...RELAY, "--session-timeout", "299"],
      "--session-timeout: 299: is over before --idle-timeout (300) is",
    ],
    "messages smaller than any server must take": [
      [...RELAY, "--max-message-size", "63K"],
      "--max-message-size: RFC 5321 §4.5.3.1.7 asks for 65536 octets at least",
    ],
    "fewer recipients than any server must take": [
      [...RELAY, "--max-recipients", "99"],
      "--max-recipients: RFC 5321 §4.5.3.1.8 asks for 100 at least",
    ],
    "lines shorter than any server must take": [
      [...RELAY, "--max-line-length", "511"],
      "--max-line-length: RFC 5321 §4.5.3.1.4 asks for 512 octets at least",
    ],
    "a network that may relay and is refused": [
      [...RELAY, "--relay-ip", "10", "--block-ip", "192.0.2.1", "--block-ip", "::ffff:10.0.0.0/104"],
      '--relay-ip: "10" is "::ffff:10.0.0.0/104" of --block-ip, which comes first: its clients are refused',
    ],
    "a part of a network that is refused, if it may relay": [
      [...RELAY, "--relay-ip", "192.0.2.1", "--relay-ip", "10.1.2.3", "--block-ip", "10.0.0.0/8"],
      '--relay-ip: "10.1.2.3" is in "10.0.0.0/8" of --block-ip, which comes first: its clients are refused',
    ],
    "a name server that nobody asks": [
      [...RELAY, "--resolver", "127.0.0.1:53"],
      "--resolver: has no effect without --dnsbl",
    ],
    "TLS that is demanded of everybody": [
      [...RELAY, ...CERT, "--tls", "required"],
      "--tls: required: mail from anywhere for a --relay-domain must be taken without TLS, too (RFC 3207 §4)",
    ],
    "a certificate without TLS": [
      [...RELAY, ...CERT],
      "--tls-cert: has no effect without --tls optional, required or implicit",
    ],
    "a time to leave servers alone where they are started": [
      [...RELAY, "--server-retry", "9"],
      "--server-retry: has no effect without --connect",
    ],
    "the same where each connection has a process": [
      [...RELAY, "--server-retry", "9", "--connect", "a.test:25"],
      "--server-retry: has no effect without --listen, or a listening socket that is passed",
    ],
    "a key without TLS": [[...RELAY, "--tls-key", "k.pem"], "--tls-key: has no effect without --tls"],
    "a profile without TLS": [[...RELAY, "--tls-profile", "modern"], "--tls-profile: has no effect"],
    "leave to log in without TLS where there is none": [
      [...RELAY, "--auth", "pass", "--login-without-tls", "allow"],
      "--login-without-tls: has no effect without --tls: passwords cross the network as they are",
    ],
    "leave for everybody to log in without TLS": [
      [...RELAY, ...CERT, "--tls", "optional", "--auth", "pass", "--login-without-tls", "allow"],
      "--login-without-tls: allow: passwords cross the network as they are",
    ],
    "leave for every network to log in without TLS": [
      [...RELAY, ...CERT, "--tls", "optional", "--auth", "pass", "--login-without-tls", "0.0.0.0/0"],
      '--login-without-tls: "0.0.0.0/0" is everybody with an IPv4 address: passwords cross the network',
    ],
    "logins that nobody can make": [
      [...RELAY, "--auth", "pass", "--login-without-tls", "refuse"],
      "--login-without-tls: refuse: nobody can log in without --tls",
    ],
    "no log of refusals": [[...RELAY, "--log-level", "0"], "--log-level: 0: "],
  };
  for (const [name, [argv, warning]] of Object.entries(smtp))
    test(name, async () => {
      const found = await about("smtp", argv);
      expect(found).toHaveLength(1);
      expect(found[0]).toStartWith(warning);
    });

  const limits = {
    smtp: [
      "max-line-length",
      "max-errors",
      "idle-timeout",
      "server-timeout",
      "max-recipients",
      "max-message-size",
    ],
    pop3: ["max-login-attempts", "login-delay"],
  };
  for (const [protocol, options] of Object.entries(limits))
    for (const option of options)
      test(`--${option} 0`, async () => {
        const found = await about(protocol, [`--${option}`, "0", ...(protocol === "smtp" ? RELAY : [])]);
        expect(found).toHaveLength(1);
        expect(found[0]).toStartWith(`--${option}: 0: `);
      });

  test("lists nobody can be asked about", async () => {
    const argv = [...RELAY, "--dnsbl", "bl.test"];
    expect(await about("smtp", argv, false)).toEqual([
      "--dnsbl: no name server is known, so nobody will be blocked: give --resolver",
    ]);
    expect(await about("smtp", [...argv, "--resolver", "127.0.0.1:53"], false)).toEqual([]);
  });
});

test("what is doubted in a file is told with its line", async () => {
  const folder = mkdtempSync(join(tmpdir(), "protowrap-doubts-"));
  try {
    const path = join(folder, "protowrap.toml");
    writeFileSync(path, '[smtp]\nrelay-ip = ["::/0"]\nmax-errors = 0\nmax-recipients = 2\n');
    const found = await about("smtp", ["--config", path]);
    expect(found.map((text) => text.replace(path, "FILE").split(": ", 2).join(": "))).toEqual([
      "FILE:3: max-errors",
      "FILE:4: max-recipients",
      "FILE:2: relay-ip",
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe("line is warned of", () => {
  test("before a server whose name says IMAP", async () => {
    const warned = [expect.stringMatching(/^line: the server looks like one of IMAP/)];
    expect(await about("line", ["--", "/usr/lib/dovecot/imap"])).toEqual(warned);
    expect(await about("line", ["--", "/usr/sbin/tcpd", "/usr/sbin/IMAPd"])).toEqual(warned);
    expect(await about("line", ["--connect", "192.0.2.1:143", "--connect", "imap.test:143"])).toEqual(warned);
  });

  test("before no other, and nothing else is", async () => {
    expect(await about("line", ["--", "/usr/sbin/nntpd"])).toEqual([]);
    expect(await about("line", ["--connect", "news.test:119"])).toEqual([]);
    expect(await about("pop3", ["--connect", "imap.test:110"])).toEqual([]);
  });
});
