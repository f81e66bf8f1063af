// What every protocol declares of itself, as it was when somebody last read it: names, defaults, choices and the
// sentences about options that --help, the manual and `check` are made from. Where a change is meant,
// `bun test -u tests/protocols/declared.test.ts` takes it over.

import { describe, expect, test } from "bun:test";
import type { GivenOf } from "../../src/options/table.ts";
import { PROTOCOLS } from "../../src/protocols/registry.ts";
import type { smtpOptions } from "../../src/protocols/smtp/options.ts";
import { reading } from "../reading.ts";

describe.each(Object.keys(PROTOCOLS))("%s", (name) => {
  test("declares what it did", async () => {
    const { dialogue, options, defaults, server, facility } = await PROTOCOLS[name]!.load();
    expect({ dialogue, options, defaults, server, facility }).toMatchSnapshot();
  });

  test("has the options that are asked for without the rest of it", async () => {
    expect(await PROTOCOLS[name]!.options()).toBe((await PROTOCOLS[name]!.load()).options);
  });
});

describe("a server over TCP is reached", () => {
  type Given = Pick<GivenOf<typeof smtpOptions>, "relayDomain" | "relayIp" | "relaySenderDomain">;
  const NONE: Given = { relayDomain: [], relayIp: [], relaySenderDomain: [] };

  async function missing(name: string, given: object): Promise<string | null> {
    return (await PROTOCOLS[name]!.load()).missingWithConnect(reading(given));
  }

  test("by SMTP only once it is said who may relay", async () => {
    expect(await missing("smtp", NONE)).toBe("--relay-domain, --relay-ip or --relay-sender-domain");
    for (const name of Object.keys(NONE))
      expect(await missing("smtp", { ...NONE, [name]: ["a"] })).toBeNull();
  });

  test.each(["pop3", "managesieve", "finger", "line"])("by %s without a condition", async (name) => {
    expect(await missing(name, {})).toBeNull();
  });
});
