// How a ManageSieve server is asked what it offers, and what its answer comes to.

import { describe, expect, test } from "bun:test";
import { sieveInquiry } from "../../../src/protocols/managesieve/inquiry.ts";
import { XCLIENT_DOUBT } from "../../../src/protocols/xclient.ts";
import { settled } from "../../settled.ts";

function asked(...lines: string[]): unknown[] {
  const dialogue = sieveInquiry.ask("gate.test");
  return lines.map((line) => dialogue.serverLine(line));
}

describe("A server", () => {
  test("says it in its greeting, and is told goodbye", () => {
    expect(asked('"SIEVE" "fileinto"', '"starttls"', '"SASL" ""', 'OK "ready"')).toEqual([
      ...["more", "more", "more"],
      { offers: ["SIEVE fileinto", "STARTTLS", "SASL "], server: "LOGOUT\r\n" },
    ]);
  });

  test.each([
    [["NO"], "greets with NO"],
    [["BYE (TRYLATER)"], "greets with BYE"],
    [["220 mx.test"], "greets with no list of capabilities"],
    [['"SIEVE'], "greets with no list of capabilities"],
    [['"SIEVE" {5}'], "greets with no list of capabilities"],
    [new Array<string>(257).fill('"SIEVE"'), "greets with no list of capabilities"],
  ])("that says %j does not say what it offers", (lines, failed) => {
    expect(asked(...lines).at(-1)).toEqual({ failed });
  });
});

describe("Of what a server offers", () => {
  const learned = async (offers: string[], ...argv: string[]) => {
    const { settings } = await settled("managesieve", ...argv);
    const place = { server: [], hasNameServer: true, tls: "off", throttle: "none" } as const;
    return sieveInquiry.learn(offers, settings.read, place);
  };

  test("what passes is told, and what does not", async () => {
    const { rows, doubts } = await learned([
      ...["IMPLEMENTATION Dovecot Pigeonhole", "SIEVE a b", "STARTTLS", "SASL PLAIN", "X-\x1b", "XCLIENT"],
    ]);
    expect(doubts).toEqual([]);
    expect(rows[0]).toEqual(["passes", "SIEVE, SASL"]);
    expect(rows[1]).toEqual(["keeps back", expect.stringMatching(/^STARTTLS, X-\?, XCLIENT: /)]);
    expect((await learned(["SASL PLAIN"], "--auth", "off")).rows[1]?.[1]).toStartWith("SASL: ");
    expect((await learned(["SASL GSSAPI"])).rows[1]?.[1]).toStartWith("SASL: ");
    expect((await learned(["SASL PLAIN"])).rows).toEqual([["passes", "SASL"]]);
    expect((await learned([])).rows).toEqual([["passes", "no capability of the server"]]);
  });

  test("XCLIENT is wanted with --xclient, and doubted where it is not", async () => {
    expect(await learned(["SIEVE a", "XCLIENT ADDR"], "--xclient")).toEqual({
      ...{ rows: [["passes", "SIEVE"]], doubts: [] },
    });
    expect((await learned(["SIEVE"], "--xclient")).doubts).toEqual([XCLIENT_DOUBT]);
  });
});
