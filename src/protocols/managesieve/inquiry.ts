// What a ManageSieve server offers, for `protowrap check`: its greeting, and goodbye; and which of its capabilities clients
// see. Knows lists of capabilities; no session.

import type { GivenOf } from "../../options/table.ts";
import { inquiry as declare, type Inquiry, type InquiryStep, keptBack, type Learned } from "../inquiry.ts";
import { XCLIENT, XCLIENT_DOUBT } from "../xclient.ts";
import { CapabilityList, filterCapabilities } from "./capabilities.ts";
import { sieveOptions } from "./options.ts";
import { wordsOf } from "./strings.ts";

export const sieveInquiry = declare(sieveOptions, { ask: () => new SieveInquiry(), learn });

class SieveInquiry implements Inquiry {
  readonly #greeting = new CapabilityList();

  serverLine(text: string): InquiryStep {
    const line = wordsOf(text);
    const status = line === null || line.announced !== null ? "fault" : this.#greeting.add(line.words);
    if (status === null) return "more";
    if (status === "fault") return { failed: "greets with no list of capabilities" };
    if (status.word !== "OK") return { failed: `greets with ${status.word}` };
    const offers = this.#greeting.capabilities.map(({ name, value }) =>
      value === null ? name : `${name} ${value}`,
    );
    return { offers, server: "LOGOUT\r\n" };
  }
}

type Given = Pick<GivenOf<typeof sieveOptions>, "auth" | "xclient">;

function learn(offers: readonly string[], { auth, xclient }: Given): Learned {
  const list = offers.map((offer) => ({ name: nameOf(offer), value: offer.slice(nameOf(offer).length + 1) }));
  const kept = filterCapabilities(list, { auth: auth === "pass", isLoginOpen: true, startsTls: false });
  const passed = new Set(kept.map(({ name }) => name));
  // Clients see who is here by our name.
  const names = list.map(({ name }) => name).filter((name) => name !== "IMPLEMENTATION");
  const lost = names.filter((name) => !passed.has(name) && !(xclient && name === XCLIENT));
  return {
    rows: [
      ["passes", names.filter((name) => passed.has(name)).join(", ") || "no capability of the server"],
      ...keptBack(lost),
    ],
    doubts: xclient && !names.includes(XCLIENT) ? [XCLIENT_DOUBT] : [],
  };
}

function nameOf(offer: string): string {
  return offer.split(" ")[0]!;
}
