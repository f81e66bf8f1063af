// The server as a conversation in lock-step sees it: what its next reply means, and whether it is still there. State
// moves on its reply, never on asking (rule I2). Knows neither what anybody asks nor what a reply looks like.

import type { Loss, Step } from "./protocol.ts";

/** What the server's next reply means. */
export type OnReply<Reply> = (reply: Reply) => Step | "fault";

/** For the servers of protocols to extend. */
export abstract class AskedServer<Reply> {
  #onReply: OnReply<Reply>;
  #lost: Loss | null = null;

  constructor(greeted: OnReply<Reply>) {
    this.#onReply = greeted;
  }

  /** How it was lost, if it was: it answers nothing any more. */
  get lost(): Loss | null {
    return this.#lost;
  }

  lose(how: Loss): void {
    this.#lost = how;
  }

  protected expect(onReply: OnReply<Reply>): void {
    this.#onReply = onReply;
  }

  protected replied(reply: Reply): Step | "fault" {
    return this.#onReply(reply);
  }
}
