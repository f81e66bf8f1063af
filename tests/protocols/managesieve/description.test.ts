// What the options of ManageSieve come to in words.

import { expect, test } from "bun:test";
import { sieveWords } from "../../../src/protocols/managesieve/description.ts";
import type { Place } from "../../../src/protocols/protocol.ts";
import { settled } from "../../settled.ts";

const PLACE: Place = { server: ["/bin/server"], hasNameServer: true, tls: "off", throttle: "none" };

async function words(...argv: string[]) {
  const { settings } = await settled("managesieve", ...argv);
  const rows = sieveWords.describe(settings.read, PLACE);
  return {
    told: (subject: string) => rows.filter(([about]) => about === subject).map(([, sentence]) => sentence),
    doubted: sieveWords.doubts(settings.read, PLACE).map(([about]) => about),
  };
}

test("by default the server takes logins, and scripts have a limit", async () => {
  const { told, doubted } = await words();
  expect(told("logins")).toEqual(["AUTHENTICATE by the server", "taken in the clear"]);
  expect(told("failures")).toHaveLength(1);
  expect(told("scripts")).toEqual(["up to 1000000 octets, as they are"]);
  // Passwords cross the network as they are.
  expect(doubted).toEqual(["--auth"]);
});

test("without a limit they have any size", async () =>
  expect((await words("--max-script-size", "0")).told("scripts")).toEqual(["of any size"]));

test("nobody who cannot log in can do anything, which is doubted", async () => {
  const { told, doubted } = await words("--auth", "off");
  expect(told("logins")).toEqual(["none: AUTHENTICATE is refused"]);
  expect(told("failures")).toEqual([]);
  expect(doubted).toEqual(["--auth"]);
});
