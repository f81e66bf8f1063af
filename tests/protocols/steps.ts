// What a peer says to a conversation without a session, for tests that look at single steps.

import { bodyOf, isListening } from "../../src/protocols/next.ts";
import type { Conversation, Step } from "../../src/protocols/protocol.ts";
import { encode } from "../../src/wire/latin1.ts";

/** The client says this line. */
export function say(conversation: Conversation, text: string): Step {
  return conversation.clientLine({ text, octets: text.length + 2, tooLong: false });
}

/** The server says these lines, the last of which has a step as its answer. */
export function answer(conversation: Conversation, ...lines: readonly string[]): Step {
  const step = lines.map((text) => heard(conversation, text)).at(-1)!;
  if (step === "fault") throw new Error(`a fault: ${lines.join(", ")}`);
  return step;
}

/** The same for what may be no answer. */
export function heard(conversation: Conversation, text: string): Step | "fault" {
  return conversation.serverLine!(text, { text, octets: text.length + 2, tooLong: false });
}

/** The client sends these octets of a message that a step asked for. */
export function stream({ next }: Step, octets: string): void {
  const body = isListening(next) && next.name === "upload" ? bodyOf(next) : null;
  if (body === null) throw new Error("no message is asked for");
  body.scan(encode(octets), 0, () => {});
}
