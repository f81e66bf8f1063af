// A ManageSieve server that is asked for TLS in front of a session (RFC 5804 section 2.2): greeting, STARTTLS. Knows lists
// of capabilities; no session, and no handshake. Behind it the server greets again: what it said here, in the clear,
// anybody on the way may have said.

import type { StartTls, StartTlsStep } from "../start-tls.ts";
import { CapabilityList } from "./capabilities.ts";
import { statusIn } from "./status.ts";
import { wordsOf } from "./strings.ts";

export class SieveStartTls implements StartTls {
  readonly #greeting = new CapabilityList();
  #isAsked = false;

  serverLine(text: string): StartTlsStep {
    const line = wordsOf(text);
    if (line === null || line.announced !== null) return { failed: "said what is no status" };
    if (this.#isAsked) {
      const status = statusIn(line.words);
      return status?.word === "OK"
        ? "secure"
        : { failed: `answered STARTTLS with ${status?.word ?? "no status"}` };
    }
    const status = this.#greeting.add(line.words);
    if (status === null) return "more";
    if (status === "fault") return { failed: "said what is no status" };
    if (status.word !== "OK") return { failed: `greeted with ${status.word}` };
    if (!this.#greeting.has("STARTTLS")) return { failed: "does not offer STARTTLS" };
    this.#isAsked = true;
    return { server: "STARTTLS\r\n" };
  }
}
