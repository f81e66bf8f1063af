// The server behind an SMTP conversation: what it was asked last, what its reply to that means, and whether it is
// still there. State moves on its reply, never on asking (rule I2). Knows whole replies and how long one may take;
// not what anybody asks.

import type { Loss, Step } from "../protocol.ts";
import { type Reply, ReplyReader } from "./reply.ts";

/** What the server's reply to the command just sent means. */
export type OnReply = (reply: Reply) => Step | "fault";

/** Seconds it may take for a reply, where nobody says else (RFC 5321 section 4.5.3.2). */
const PATIENCE = 300;

export class Server {
  readonly #reader = new ReplyReader();
  #onReply: OnReply;
  #lost: Loss | null = null;

  constructor(greeted: OnReply) {
    this.#onReply = greeted;
  }

  /** How it was lost, if it was: it answers nothing any more. */
  get lost(): Loss | null {
    return this.#lost;
  }

  lose(how: Loss): void {
    this.#lost = how;
  }

  ask(command: string, onReply: OnReply, patience = PATIENCE): Step & { readonly server: string } {
    return { server: command, ...this.expect(onReply, patience) };
  }

  /** A fresh one greets; of its own accord it says nothing else. */
  expect(onReply: OnReply, patience = PATIENCE): Step {
    this.#onReply = onReply;
    return { next: "reply", patience };
  }

  line(text: string): Step | "fault" {
    const reply = this.#reader.line(text);
    if (reply === null) return { next: "reply" };
    return reply === "fault" ? "fault" : this.#onReply(reply);
  }
}
