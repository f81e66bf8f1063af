// The server behind an SMTP conversation: what it is sent, and its replies as they come, line by line. Knows whole
// replies and how long one may take; not what anybody asks.

import type { Step } from "../protocol.ts";
import { AskedServer, type OnReply } from "../server.ts";
import { type Reply, ReplyReader } from "./reply.ts";

/** Seconds it may take for a reply, where nobody says else (RFC 5321 section 4.5.3.2). */
const PATIENCE = 300;

export class Server extends AskedServer<Reply> {
  readonly #reader = new ReplyReader();

  ask(command: string, onReply: OnReply<Reply>, patience = PATIENCE): Step {
    this.expect(onReply);
    return { server: command, next: "reply", patience };
  }

  /** A fresh one greets; of its own accord it says nothing else. */
  awaitGreeting(onGreeting: OnReply<Reply>): Step {
    this.expect(onGreeting);
    return { next: "reply", patience: PATIENCE };
  }

  line(text: string): Step | "fault" {
    const reply = this.#reader.line(text);
    if (reply === null) return { next: "reply" };
    return reply === "fault" ? "fault" : this.replied(reply);
  }
}
