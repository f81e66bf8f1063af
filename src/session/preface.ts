// What is said with a server in front of its session: it is asked for TLS, in lock-step, and its greeting is kept for
// the session. Octets in, octets out. Knows lines and their limits; no socket, no clock, and no protocol's words.

import type { StartTls } from "../protocols/start-tls.ts";
import { decode, encode } from "../wire/latin1.ts";
import { Incoming } from "./incoming.ts";

/** Octets of a line, as in a session. */
const LINE = 2048;
/** Octets of all that it says: no greeting, and no list of extensions, is without end. */
const MOST = 65536;

export type PrefaceStep = "more" | "secure" | { readonly server: Uint8Array } | { readonly failed: string };

export class Preface {
  readonly #dialogue: StartTls;
  readonly #incoming = new Incoming();
  #octets = 0;
  #isAsked = false;
  #greeting = "";

  constructor(dialogue: StartTls) {
    this.#dialogue = dialogue;
  }

  /** As it came, for the session to be told. */
  get greeting(): Uint8Array {
    return encode(this.#greeting);
  }

  /** Octets of the server. Whatever has come behind the line that is answered is somebody else's, or out of turn. */
  octets(chunk: Uint8Array): PrefaceStep {
    this.#octets += chunk.length;
    if (this.#octets > MOST) return { failed: "says too much before TLS" };
    if (!this.#isAsked) this.#greeting += decode(chunk, 0, chunk.length);
    this.#incoming.give(chunk);
    for (;;) {
      const line = this.#incoming.line(LINE);
      if (line === null ? this.#incoming.pending > LINE : line.tooLong)
        return { failed: "says a line that is too long" };
      if (line === null) return "more";
      const step = this.#dialogue.serverLine(line.text);
      if (step === "more") continue;
      if (step !== "secure" && "failed" in step) return step;
      if (this.#incoming.left > 0) return { failed: "says more than it was asked for before TLS" };
      this.#isAsked = true;
      return step === "secure" ? step : { server: encode(step.server) };
    }
  }
}
