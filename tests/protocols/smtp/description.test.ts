// What the options of SMTP come to in words, at the edges: which value is the first that is doubted, and which of
// several entries. The sentences themselves are in tests/cli/check.

import { describe, expect, test } from "bun:test";
import type { GivenOf } from "../../../src/options/table.ts";
import type { Place } from "../../../src/protocols/protocol.ts";
import { smtpWords } from "../../../src/protocols/smtp/description.ts";
import type { smtpOptions } from "../../../src/protocols/smtp/options.ts";
import { reading } from "../../reading.ts";
import { PROTOCOLS } from "../../subjects.ts";

type Given = GivenOf<typeof smtpOptions>;

const GIVEN = {
  ...PROTOCOLS.smtp!.options,
  ...{ relayDomain: ["local.test"], relaySenderDomain: [], recipient: [] },
  ...{ relayIp: [], blockIp: [], blockAddress: [], blockBody: [], dnsbl: [], loginWithoutTls: [] },
} as unknown as Given;

const PLACE: Place = { server: ["/bin/server"], hasNameServer: true, tls: "off", throttle: "none" };

function doubted(given: Partial<Given>, place: Partial<Place> = {}): string[] {
  const found = smtpWords.doubts(reading({ ...GIVEN, ...given }), { ...PLACE, ...place });
  return found.map(([about]) => about);
}

function told(subject: string, given: Partial<Given>, place: Partial<Place> = {}): string[] {
  const rows = smtpWords.describe(reading({ ...GIVEN, ...given }), { ...PLACE, ...place });
  return rows.filter(([name]) => name === subject).map(([, sentence]) => sentence);
}

describe("a limit is doubted", () => {
  for (const [name, option, least] of [
    ["maxMessageSize", "--max-message-size", 65536],
    ["maxRecipients", "--max-recipients", 100],
    ["maxLineLength", "--max-line-length", 512],
  ] as const)
    test(`${option}, from 1 to one below ${least}`, () => {
      const found = [0, 1, least - 1, least].map((limit) => doubted({ [name]: limit }));
      expect(found).toEqual([[], [option], [option], []]);
    });
});

test("any one rule that lets relay is a relay rule", () => {
  expect(doubted({ relayDomain: [] })).toEqual(["--relay-domain"]);
  expect(doubted({ relayDomain: [], relayIp: ["10"] })).toEqual([]);
  const sender = ["--relay-sender-domain"];
  expect(doubted({ relayDomain: [], relaySenderDomain: ["a.test"] })).toEqual(sender);
  expect(doubted({ relayDomain: ["a.test"], relaySenderDomain: ["a.test"] })).toEqual(sender);
  expect(doubted({ relayDomain: [], relaySenderDomain: ["a.test", "b.test"] })).toEqual(sender);
});

test("a blackhole list that nobody can be asked about is doubted, however many there are", () => {
  for (const dnsbl of [["a.test"], ["a.test", "b.test"]]) {
    expect(doubted({ dnsbl }, { hasNameServer: false })).toEqual(["--dnsbl"]);
    expect(doubted({ dnsbl, resolver: "127.0.0.1:53" }, { hasNameServer: false })).toEqual([]);
    expect(doubted({ dnsbl, resolver: "127.0.0.1:53" })).toEqual([]);
    expect(doubted({ dnsbl })).toEqual([]);
  }
  expect(doubted({}, { hasNameServer: false })).toEqual([]);
});

test("a domain may be a name, a literal, or a dot and a name of two labels", () => {
  const doubtful = [".test", "*.a.test", "a_b.test", "", ".", "a..b", "[1.2.3.4"];
  expect(
    doubted({ relayDomain: ["a.test", ".a.test", "a", "a-9.test", "a.b-9", "[1.2.3.4]", "[IPv6:::1]"] }),
  ).toEqual([]);
  for (const entry of doubtful) expect(doubted({ relayDomain: [entry] })).toEqual(["--relay-domain"]);
  const sender = ["--relay-sender-domain", "--relay-sender-domain"]; // forgeable, and matches nothing
  for (const entry of doubtful) expect(doubted({ relaySenderDomain: [entry] })).toEqual(sender);
  const read = reading({ ...GIVEN, relayDomain: ["*.a.test"] });
  expect(smtpWords.doubts(read, PLACE).map(([, text]) => text)).toEqual([
    '"*.a.test" is no domain and matches nothing; ".d" stands for the subdomains of d',
  ]);
});

test("a domain in its own letters is told with its name in the DNS, and an expression sees that alone", () => {
  expect(doubted({ relayDomain: ["bücher.example", ".bücher.example"] })).toEqual([]);
  expect(doubted({ relayDomain: ["ü..example"], relayIp: ["10.1.2.3"] })).toEqual(["--relay-domain"]);
  expect(told("accepts", { relayDomain: ["Local.test", "bücher.example", ".bücher.example"] })[0]).toBe(
    "recipients in Local.test, in bücher.example (xn--bcher-kva.example), in subdomains of bücher.example (xn--bcher-kva.example), without a domain",
  );
  expect(told("accepts", { relayDomain: ["a..b"] })[0]).toBe("recipients in a..b, without a domain");
  expect(doubted({ relayDomain: ["a.test"], blockAddress: ["@bücher", "@xn--b"] })).toEqual([
    "--block-address",
  ]);
  const passing = { relayDomain: ["a.test"], smtputf8: "pass" } as const;
  expect(doubted({ ...passing, blockAddress: ["^bösewicht@", "ö"] })).toEqual([]);
  expect(doubted({ ...passing, blockAddress: ["^b@bücher"] })).toEqual(["--block-address"]);
});

test("what is repaired, where anything is", () => {
  expect(told("repairs", {})).toEqual([]);
  expect(told("repairs", { syntax: "lax" })).toEqual([
    "what clients often get wrong in EHLO, MAIL and RCPT; every rule and the server see what comes out",
  ]);
});

test("who exists, and that it is told where somebody asks", () => {
  const recipient = ["ann@a.test", "@b.test", "system", "file:/list"];
  const [, sentence] = told("accepts", { relayDomain: ["a.test", "file:/domains"], recipient });
  expect(sentence).toBe(
    "of those only ann@a.test, all in b.test, the users and aliases of this host, those in /list, with +anything or without, and postmaster: others get 550, rule recipient",
  );
  expect(told("accepts", { relayDomain: ["file:/domains"] })).toEqual([
    "recipients in the domains of /domains, without a domain",
    "whether they exist or not: mail that the server takes and cannot deliver goes to whom it names as its sender",
  ]);
  expect(doubted({ relayDomain: ["file:/domains"], recipient })).toEqual([]);
  expect(doubted({ relayDomain: [], relayIp: ["10"], recipient })).toEqual(["--recipient"]);
});

test("who may relay to anywhere", () => {
  expect(told("relays", {})).toEqual(["for nobody"]);
  expect(told("relays", { relayIp: ["10"] })).toEqual(["to anywhere for clients in 10"]);
});

test("what a wrong password costs, only where there are passwords", () => {
  expect(told("failures", { auth: "off" })).toEqual([]);
  expect(told("failures", { auth: "pass" })).toHaveLength(1);
});

test("blackhole lists are asked of the system's name server, or of the one that is given", () => {
  const asked = ({ dnsbl = ["a.test"], ...given }: Partial<Given>) => told("refuses", { dnsbl, ...given })[0];
  const end = "550 at MAIL, rule dnsbl";
  expect(asked({})).toBe(`clients that a.test lists (asked of the system's name server): ${end}`);
  expect(asked({ resolver: "[::1]:53" })).toBe(`clients that a.test lists (asked of [::1]:53): ${end}`);
});

test("what is offered", () => {
  expect(told("offers", {})).toEqual([
    "the server's extensions that are safe; no AUTH; VRFY is answered 502",
  ]);
});

test("TLS that is demanded is doubted where mail for others' domains comes in, and nowhere else", () => {
  const relayDomain = ["a.test"];
  expect(doubted({ relayDomain }, { tls: "required" })).toEqual(["--tls"]);
  for (const tls of ["off", "optional", "implicit"] as const)
    expect(doubted({ relayDomain }, { tls })).toEqual([]);
  expect(doubted({ relayDomain: [], relaySenderDomain: ["a.test"] }, { tls: "required" })).not.toContain(
    "--tls",
  );
});

test("what is offered tells when logins are taken", () => {
  const offers = (auth: Given["auth"], tls: Place["tls"]) => told("offers", { auth }, { tls })[0];
  expect(offers("pass", "off")).toContain("; AUTH by the server, in the clear; ");
  expect(offers("pass", "optional")).toContain("; AUTH by the server, in TLS only; ");
  expect(offers("off", "optional")).toContain("; no AUTH; ");
});
