// An SMTP server that is asked for TLS in front of a session (RFC 3207): greeting, EHLO, STARTTLS. Knows replies; no
// session, and no handshake. What the server says of itself here anybody on the way may have said: nothing is kept.

import type { StartTls, StartTlsStep } from "../start-tls.ts";
import { type Reply, ReplyReader } from "./reply.ts";

export class SmtpStartTls implements StartTls {
  readonly #replies = new ReplyReader();
  #onReply: (reply: Reply) => StartTlsStep;

  /** @param hostname our own name, for EHLO */
  constructor(hostname: string) {
    this.#onReply = (greeting) => this.#greeted(greeting, hostname);
  }

  serverLine(text: string): StartTlsStep {
    const reply = this.#replies.line(text);
    if (reply === null) return "more";
    return reply === "fault" ? { failed: "said what is no reply" } : this.#onReply(reply);
  }

  /** One that refuses, for now or for ever, is not there: nobody knows who said so. */
  #greeted({ code }: Reply, hostname: string): StartTlsStep {
    if (code !== "220") return { failed: `greeted with ${code}` };
    this.#onReply = (reply) => this.#extended(reply);
    return { server: `EHLO ${hostname}\r\n` };
  }

  #extended({ code, lines }: Reply): StartTlsStep {
    if (code !== "250") return { failed: `answered EHLO with ${code}` };
    // The first line is its name, whatever that looks like.
    const isOffered = lines.slice(1).some((line) => /^STARTTLS[ \t]*$/i.test(line));
    if (!isOffered) return { failed: "does not offer STARTTLS" };
    this.#onReply = (reply) =>
      reply.code === "220" ? "secure" : { failed: `answered STARTTLS with ${reply.code}` };
    return { server: "STARTTLS\r\n" };
  }
}
