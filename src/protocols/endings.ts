// How the conversation of a stream ends: without a word, because any octet of ours would be taken for the server's.
// Knows ends; not what was said before them.

import type { Conversation, Step } from "./protocol.ts";

type Endings = "serverLost" | "expired" | "tooManyErrors";

/** For the conversations of streams to extend. */
export abstract class SilentEndings implements Pick<Conversation, Endings> {
  serverLost(): Step {
    return { next: "close" };
  }

  expired(): Step {
    return { next: "close" };
  }

  tooManyErrors(): Step {
    return { next: "close" };
  }
}
