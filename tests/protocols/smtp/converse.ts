// An SMTP conversation brought into a state without a session, for tests that look at single steps.

import type { Conversation, Setup } from "../../../src/protocols/protocol.ts";
import type { SmtpOptions } from "../../../src/protocols/smtp/options.ts";
import { converse as conversing } from "../../reading.ts";
import { PROTOCOLS } from "../../subjects.ts";
import { SETUP } from "../../transcripts.ts";
import { answer, say } from "../steps.ts";

export { answer, heard, say, stream } from "../steps.ts";

export type Place = "connected" | "init" | "ready" | "mail" | "rcpt";

const WAY: readonly (readonly [Place, line: string | null, ...answer: string[]])[] = [
  ["init", null, "220 server.test"],
  ["ready", "EHLO c.test", "250-server.test", "250 AUTH PLAIN LOGIN XOAUTH2 EXTERNAL"],
  ["mail", "MAIL FROM:<a@c.test>", "250 ok"],
  ["rcpt", "RCPT TO:<u@local.test>", "250 ok"],
];

export function converse(
  place: Place,
  options: Partial<SmtpOptions> = {},
  setup: Partial<Setup> = {},
): Conversation {
  const { protocol, options: defaults } = PROTOCOLS.smtp!;
  const conversation = conversing(protocol, { ...SETUP, ...setup }, { ...defaults, ...options });
  for (const [reached, line, ...said] of place === "connected" ? [] : WAY) {
    if (line !== null) say(conversation, line);
    answer(conversation, ...said);
    if (reached === place) break;
  }
  return conversation;
}
