// Who may tell a password in the clear, and who may ask for TLS: every combination of what decides it.

import { expect, test } from "bun:test";
import { mayLogIn, offersTls } from "../../src/protocols/clear-login.ts";
import type { TlsOffer } from "../../src/protocols/protocol.ts";

const OFFERS: readonly TlsOffer[] = ["off", "withheld", "optional", "required"];
const KNOWN = "192.0.2.7";

const setup = (tls: boolean, tlsOffer: TlsOffer, clientAddress: string | null = KNOWN) => ({
  ...{ hostname: "x", canRestart: false, tls, tlsOffer, clientAddress, clientPort: null },
});
const NETWORKS = {
  /** Nothing was said. */
  unsaid: null,
  refuse: { has: () => false },
  allow: { has: () => true },
  /** As those that are compiled, it has no unknown client. */
  known: { has: (address: string | null) => address === KNOWN },
} as const;

test.each([
  // Without TLS at all nobody is asked to have it; a certificate that is wrong opens nothing.
  ["off", "unsaid", true],
  ["off", "refuse", false],
  ["off", "allow", true],
  ["off", "known", true],
  ["withheld", "unsaid", false],
  ["withheld", "refuse", false],
  ["withheld", "allow", true],
  ["withheld", "known", true],
  ["optional", "unsaid", false],
  ["optional", "refuse", false],
  ["optional", "allow", true],
  ["optional", "known", true],
  ["required", "unsaid", false],
  ["required", "refuse", false],
  ["required", "allow", false],
  ["required", "known", false],
] as const)("with TLS %s and --login-without-tls %s: %p", (offer, said, may) => {
  expect(mayLogIn(setup(false, offer), { loginWithoutTls: NETWORKS[said] })).toBe(may);
});

test("in TLS everybody may", () => {
  for (const offer of OFFERS)
    for (const loginWithoutTls of Object.values(NETWORKS))
      for (const address of [KNOWN, null])
        expect(mayLogIn(setup(true, offer, address), { loginWithoutTls })).toBe(true);
});

test("an unknown client, and another one, may only where everybody may", () => {
  for (const address of [null, "192.0.2.8"])
    for (const offer of OFFERS) {
      expect(mayLogIn(setup(false, offer, address), { loginWithoutTls: NETWORKS.known })).toBe(false);
      expect(mayLogIn(setup(false, offer, address), { loginWithoutTls: NETWORKS.allow })).toBe(
        offer !== "required",
      );
    }
});

test("TLS can be asked for where it is offered, and not in TLS", () => {
  const offered = OFFERS.filter((offer) => offersTls(setup(false, offer)));
  expect(offered).toEqual(["optional", "required"]);
  expect(OFFERS.filter((offer) => offersTls(setup(true, offer)))).toEqual([]);
});
