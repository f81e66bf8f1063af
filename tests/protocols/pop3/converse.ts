// A POP3 conversation brought into a state without a session, for tests that look at single steps.

import type { Pop3Options } from "../../../src/protocols/pop3/options.ts";
import { pop3 } from "../../../src/protocols/pop3/pop3.ts";
import type { Conversation } from "../../../src/protocols/protocol.ts";
import { converse as conversing } from "../../reading.ts";
import { SETUP } from "../../transcripts.ts";
import { answer, say } from "../steps.ts";

export { answer, say };

export const OPTIONS: Pop3Options = {
  maxLineLength: 255,
  loginWithoutTls: null,
  throttle: null,
  throttleAllow: { has: () => false },
  maxLoginAttempts: 3,
  loginDelay: 3,
  auth: "off",
  xclient: false,
  onLongLine: "refuse",
};

export type Place = "connected" | "authorization" | "user" | "transaction";

/** Greeted with a stamp; in TRANSACTION three messages are known. */
export function converse(place: Place, options: Partial<Pop3Options> = {}): Conversation {
  const conversation = conversing(pop3, SETUP, { ...OPTIONS, ...options });
  if (place === "connected") return conversation;
  answer(conversation, "+OK <1.2@server>");
  if (place === "authorization") return conversation;
  say(conversation, "USER u");
  answer(conversation, "+OK");
  if (place === "user") return conversation;
  say(conversation, "PASS p");
  answer(conversation, "+OK");
  say(conversation, "STAT");
  answer(conversation, "+OK 3 600");
  return conversation;
}
