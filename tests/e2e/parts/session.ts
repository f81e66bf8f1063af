// Knows the steps of an SMTP session that go well.

import { expect } from "bun:test";
import { type Conversation, smtpReply } from "./conversation.ts";

export async function greet(talk: Conversation): Promise<void> {
  expect(await talk.read(smtpReply)).toStartWith("220 ");
  expect(await talk.ask("EHLO client.test")).toStartWith("250-");
}

/** Up to the server's 354. */
export async function envelope(talk: Conversation, to = "kituser@kit.test"): Promise<void> {
  expect(await talk.ask("MAIL FROM:<alice@client.test>")).toStartWith("250 ");
  expect(await talk.ask(`RCPT TO:<${to}>`)).toStartWith("250 ");
  expect(await talk.ask("DATA")).toStartWith("354 ");
}

export async function quit(talk: Conversation): Promise<void> {
  expect(await talk.ask("QUIT")).toStartWith("221 ");
  expect(await talk.end()).toBe("");
}
