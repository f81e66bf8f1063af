// A ManageSieve conversation brought into a state without a session, for tests that look at single steps.

import { managesieve } from "../../../src/protocols/managesieve/managesieve.ts";
import type { SieveOptions } from "../../../src/protocols/managesieve/options.ts";
import type { Conversation, Setup } from "../../../src/protocols/protocol.ts";
import { converse as conversing } from "../../reading.ts";
import { PROTOCOLS } from "../../subjects.ts";
import { SETUP } from "../../transcripts.ts";
import { answer, say } from "../steps.ts";

export { answer, say };

export type Place = "connected" | "non-authenticated" | "authenticated";

export function converse(
  place: Place,
  options: Partial<SieveOptions> = {},
  setup: Partial<Setup> = {},
): Conversation {
  const values = { ...PROTOCOLS.managesieve!.options, ...options };
  const conversation = conversing(managesieve, { ...SETUP, ...setup }, values);
  if (place === "connected") return conversation;
  answer(conversation, "OK");
  if (place === "non-authenticated") return conversation;
  say(conversation, 'AUTHENTICATE "PLAIN" "AHUAcA=="');
  answer(conversation, "OK");
  return conversation;
}
