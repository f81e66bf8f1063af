// Logging in by SASL in a lock-step protocol: the exchange that waits for the client, and what each of its ends is
// to the login policy (rules A6, B4). Knows exchanges, and when a guess is one; of the server only that it can be
// asked, and of the protocol's words those of a failure.

import type { Line } from "../wire/lines.ts";
import type { FailureWords, LoginPolicy } from "./login.ts";
import type { Loss, Step } from "./protocol.ts";
import { CANCEL, type SaslAnswer, type SaslExchange } from "./sasl.ts";
import type { OnReply } from "./server.ts";

export interface LoginWords extends FailureWords {
  /** The server is gone and has decided nothing. */
  readonly unavailable: string;
}

/** Why the server was told to stop: the client wishes it, or its line was no data. */
export type Stop = Exclude<SaslAnswer["verdict"], "data">;

/** What is the protocol's own of an exchange. */
export interface SaslServer<Reply> {
  /** The step that sends the server a line of ours. */
  ask(line: string, onReply: OnReply<Reply>): Step;
  /** Data, without its line end, as the line that has it; by default they are the line. */
  written?(data: string): string;
  /** What its reply to the command, or to a line of data, means. */
  answered(reply: Reply, exchange: SaslExchange): Step | "fault";
  /** What its reply to the wish to stop means. */
  stopped(reply: Reply, why: Stop, exchange: SaslExchange): Step | "fault";
}

export class SaslLogin<Reply> {
  readonly #policy: LoginPolicy;
  readonly #words: LoginWords;
  readonly #server: SaslServer<Reply>;
  /** The exchange whose challenge the client has been sent. */
  #open: SaslExchange | null = null;
  /** The server waits for data: whatever it is sent next it takes for that. */
  #isAwaited = false;

  constructor(policy: LoginPolicy, words: LoginWords, server: SaslServer<Reply>) {
    this.#policy = policy;
    this.#words = words;
    this.#server = server;
  }

  /** The next client line is data whatever it looks like (RFC 4954 section 4, RFC 5034 section 4). */
  get isOpen(): boolean {
    return this.#open !== null;
  }

  /** @param line the command that begins it, or a line of data */
  ask(exchange: SaslExchange, line: string): Step {
    const step = this.#server.ask(line, (reply) => {
      this.#isAwaited = false;
      return this.#server.answered(reply, exchange);
    });
    // Until it has data the server can refuse the mechanism, and nobody.
    if (!exchange.hasData) return step;
    this.#policy.begin(exchange.login);
    return { ...step, decides: "login", guess: exchange.guess };
  }

  /** The server wants data. */
  challenge(exchange: SaslExchange, client: string): Step {
    this.#policy.suspend();
    this.#isAwaited = true;
    this.#open = exchange;
    const step: Step = { client, next: "command" };
    return exchange.isRefusedByChallenge ? { ...step, delay: this.#policy.delay } : step;
  }

  /** The client's line where `isOpen`. @param lost how the server was lost meanwhile, if it was */
  clientLine(line: Line, lost: Loss | null): Step {
    const exchange = this.#open!;
    this.#open = null;
    const { verdict, server, hidden } = exchange.answer(line);
    if (lost !== null) {
      // The server left while the client was asked: the rest of the exchange is as it would be with it.
      this.#policy.begin(exchange.login);
      return { ...this.lost(lost), ...hidden };
    }
    const said = this.#written(server.slice(0, -2));
    if (verdict === "data") return { ...this.ask(exchange, said), ...hidden };
    // The server still waits for data: it is told to stop.
    return { ...this.#stop(said, (reply) => this.#server.stopped(reply, verdict, exchange)), ...hidden };
  }

  /**
   * It may not be tried now: what the client said goes nowhere, and a server that waits for it is told to stop.
   * @param client a temporary reply @param lost how the server was lost, if it was
   * @param isRefusal whether a reply of the server is one to that
   */
  postpone(client: string, lost: Loss | null, isRefusal: (reply: Reply) => boolean): Step {
    const postponed = this.#policy.postpone(client);
    if (!this.#isAwaited || lost !== null) return postponed;
    return this.#stop(this.#written(CANCEL), (reply) => (isRefusal(reply) ? postponed : "fault"));
  }

  #stop(line: string, onReply: OnReply<Reply>): Step {
    return this.#server.ask(line, (reply) => {
      this.#isAwaited = false;
      return onReply(reply);
    });
  }

  #written(data: string): string {
    return this.#server.written?.(data) ?? `${data}\r\n`;
  }

  /** A guess is one whether or not its end was waited for. */
  abandon(exchange: SaslExchange): Step {
    this.#policy.begin(exchange.login);
    return this.#policy.abandon(this.#words);
  }

  /** The client is gone. @param lost how the server was lost before, if it was */
  clientGone(lost: Loss | null): Step | null {
    if (this.#open?.isTold !== true || lost !== null) return null;
    const { client: _, ...step } = this.abandon(this.#open);
    return { ...step, next: "close" };
  }

  /** The server is gone, and what it was asked, or would have been, is a login. */
  lost(how: Loss): Step {
    const failure = this.#policy.lose(how, this.#words);
    return failure ?? { client: this.#words.unavailable, undecided: true, next: "close" };
  }
}
