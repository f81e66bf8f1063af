// A conversation with the wrapper's SMTP side, one line at a time, for tests: a real Session between a client
// and a server that say what the test says. Keeps what each was told since the last question.

import type { SmtpOptions } from "../../../src/protocols/smtp/options.ts";
import type { SessionLimits } from "../../../src/session/output.ts";
import { Session } from "../../../src/session/session.ts";
import { encode } from "../../../src/wire/latin1.ts";
import { converse } from "../../reading.ts";
import type { Read } from "../../record/lists.ts";
import { Recorder } from "../../recorder.ts";
import { PROTOCOLS } from "../../subjects.ts";
import { LIMITS, SETUP } from "../../transcripts.ts";

export type State = "INIT" | "READY" | "MAIL" | "RCPT" | "REFUSED" | "DEAD";

const EHLO = "250-server.test\r\n250-SIZE 1000\r\n250-8BITMIME\r\n250-DSN\r\n250 AUTH PLAIN LOGIN NTLM\r\n";

export class Talk {
  readonly recorder = new Recorder();
  readonly session: Session;
  now = 1000;
  #seen = { client: 0, server: 0 };

  constructor(options: Partial<SmtpOptions> = {}, limits: Partial<SessionLimits> = {}, setup = {}) {
    const { protocol, options: defaults } = PROTOCOLS.smtp!;
    const conversation = converse(protocol, { ...SETUP, ...setup }, { ...defaults, ...options });
    this.session = new Session({ ...protocol, converse: () => conversation }, this.recorder, {
      ...LIMITS,
      ...limits,
    });
    this.session.start(this.now);
  }

  /** The client says this line. @returns what the server got for it, and the client */
  say(line: string): { server: string; client: string } {
    this.session.clientOctets(encode(`${line}\r\n`), this.now);
    return this.heard();
  }

  /** The server says these octets. */
  answer(octets: string): { server: string; client: string } {
    this.session.serverOctets(encode(octets), this.now);
    return this.heard();
  }

  heard(): { server: string; client: string } {
    const { got } = this.recorder;
    const heard = {
      server: got.server.slice(this.#seen.server),
      client: got.client.slice(this.#seen.client),
    };
    this.#seen = { server: got.server.length, client: got.client.length };
    return heard;
  }

  /** What the log was told of an event, each time. */
  logged(event: string): readonly Read["fields"][] {
    return this.recorder.entries.filter((entry) => entry.event === event).map(({ fields }) => fields);
  }

  /** Goes to a state of the rule book's table by the shortest way. */
  enter(state: State): this {
    this.answer(state === "REFUSED" ? "554 no\r\n" : "220 server.test\r\n");
    if (state === "INIT" || state === "REFUSED") return this;
    this.#exchange("EHLO c.test", EHLO);
    if (state === "DEAD") {
      this.session.serverEnd(this.now);
      this.heard();
      return this;
    }
    if (state === "READY") return this;
    this.#exchange("MAIL FROM:<a@c.test>", "250 2.1.0 ok\r\n");
    if (state === "RCPT") this.#exchange("RCPT TO:<u@local.test>", "250 2.1.5 ok\r\n");
    return this;
  }

  #exchange(line: string, answer: string): void {
    this.say(line);
    this.answer(answer);
  }
}
