// How a POP3 server is asked what it offers, and what its answer comes to.

import { describe, expect, test } from "bun:test";
import { pop3Inquiry } from "../../../src/protocols/pop3/inquiry.ts";
import { XCLIENT_DOUBT } from "../../../src/protocols/xclient.ts";
import { settled } from "../../settled.ts";

function asked(...lines: string[]): unknown[] {
  const dialogue = pop3Inquiry.ask("gate.test");
  return lines.map((line) => dialogue.serverLine(line));
}

describe("A server", () => {
  test("is asked by CAPA behind its greeting, and told goodbye", () => {
    expect(asked("+OK ready", "+OK here", "TOP", "SASL PLAIN", ".")).toEqual([
      ...[{ server: "CAPA\r\n" }, "more", "more", "more"],
      { offers: ["TOP", "SASL PLAIN"], server: "QUIT\r\n" },
    ]);
  });

  test("that knows no CAPA may offer XCLIENT all the same", () => {
    expect(asked("+OK [XCLIENT] ready", "-ERR what").at(-1)).toEqual({
      ...{ offers: ["XCLIENT"], server: "QUIT\r\n" },
    });
  });

  test.each([
    [["-ERR not you"], "greets with no +OK"],
    [["220 mx.test"], "greets with no +OK"],
    [["+OK", "hello"], "says what is no reply"],
    [["+OK", "+OK", ...new Array<string>(257).fill("TOP")], "says too much"],
  ])("that says %j does not say what it offers", (lines, failed) => {
    expect(asked(...lines).at(-1)).toEqual({ failed });
  });
});

describe("Of what a server offers", () => {
  const learned = async (offers: string[], ...argv: string[]) => {
    const { settings } = await settled("pop3", ...argv);
    const place = { server: [], hasNameServer: true, tls: "off", throttle: "none" } as const;
    return pop3Inquiry.learn(offers, settings.read, place);
  };

  test("what passes is told, and what does not", async () => {
    const { rows, doubts } = await learned(["TOP", "STLS", "SASL PLAIN", "X-\x1b", "XCLIENT"]);
    expect(doubts).toEqual([]);
    expect(rows[0]).toEqual(["passes", "TOP"]);
    expect(rows[1]).toEqual(["keeps back", expect.stringMatching(/^STLS, SASL, X-\?, XCLIENT: /)]);
    expect((await learned(["SASL PLAIN"], "--auth", "pass")).rows).toEqual([["passes", "SASL"]]);
    expect((await learned([])).rows).toEqual([["passes", "no capability of the server"]]);
  });

  test("XCLIENT is wanted with --xclient, and doubted where it is not", async () => {
    expect(await learned(["TOP", "XCLIENT"], "--xclient")).toEqual({
      ...{ rows: [["passes", "TOP"]], doubts: [] },
    });
    expect((await learned(["TOP"], "--xclient")).doubts).toEqual([XCLIENT_DOUBT]);
  });
});
