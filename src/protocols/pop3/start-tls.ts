// A POP3 server that is asked for TLS in front of a session (RFC 2595 section 4): greeting, STLS. Knows how a line says
// yes or no; no session, and no handshake. CAPA is not asked: who does not offer it refuses it.

import type { StartTls, StartTlsStep } from "../start-tls.ts";
import { statusOf } from "./status.ts";

const SAID = { err: "-ERR", challenge: "a challenge" } as const;

export class Pop3StartTls implements StartTls {
  #isAsked = false;

  serverLine(text: string): StartTlsStep {
    const status = statusOf(text);
    if (status === null) return { failed: "said what is no status" };
    if (status !== "ok")
      return { failed: `${this.#isAsked ? "answered STLS" : "greeted"} with ${SAID[status]}` };
    if (this.#isAsked) return "secure";
    this.#isAsked = true;
    return { server: "STLS\r\n" };
  }
}
