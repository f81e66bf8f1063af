// Guesses, counted by a process of our own where many count: the supervisor's side of it. A process that went is started
// again when something is asked for. Knows numbers and lines; not where that process counts.

import type { Attempt } from "../policy/guesses.ts";
import type { Decision, Penalty, Sum, Verdict } from "../policy/throttle.ts";
import type { RemoteCounter } from "../throttle/fallback.ts";
import { KEEPER } from "./argument.ts";
import { type Control, control } from "./control.ts";
import { type Answer, MOST_ANSWER, type Request, readAnswer, writeRequest } from "./counting.ts";
import { end, launchHelper } from "./launch.ts";
import { writeOrder } from "./words.ts";

type Unnumbered<R> = R extends { readonly number: number } ? Omit<R, "number"> : never;

/** Requests that wait for an answer: beyond, whoever counts is as good as away. */
const MOST_WAITING = 10_000;

export class KeptCounter implements RemoteCounter {
  readonly #configuration: string;
  readonly #waiting = new Map<number, PromiseWithResolvers<Answer>>();
  #numbers = 0;
  #link: Promise<Control> | null = null;
  #pid = 0;

  /** @param configuration what that process is told first */
  constructor(configuration: string) {
    this.#configuration = configuration;
  }

  async ask(attempt: Attempt): Promise<Verdict> {
    const answer = await this.#request({ word: "ask", attempt });
    if (answer.word !== "verdict") throw new Error("whoever counts says what it should not");
    return answer.verdict;
  }

  async settle(attempt: Attempt, charged: readonly Sum[], decision: Decision): Promise<void> {
    await this.#request({ word: "settle", attempt, charged, decision });
  }

  async penalize(network: string, penalty: Penalty): Promise<void> {
    await this.#request({ word: "penalize", network, penalty });
  }

  async look(): Promise<void> {
    await this.#request({ word: "look" });
  }

  close(): void {
    end(this.#pid);
    this.#lost("it is not needed any more");
  }

  /** @throws where it cannot be had, or says that the place cannot */
  async #request(request: Unnumbered<Request>): Promise<Answer> {
    if (this.#waiting.size >= MOST_WAITING) throw new Error("whoever counts does not answer");
    const number = ++this.#numbers;
    const waiting = Promise.withResolvers<Answer>();
    waiting.promise.catch(() => {}); // nobody may wait any more
    this.#waiting.set(number, waiting);
    try {
      this.#link ??= this.#start();
      (await this.#link).send(writeRequest({ ...request, number } as Request));
      const answer = await waiting.promise;
      if (answer.word === "failed") throw new Error(answer.text);
      return answer;
    } finally {
      this.#waiting.delete(number);
    }
  }

  /** @throws when a process or a descriptor cannot be had */
  async #start(): Promise<Control> {
    let pid = 0;
    // Of one that has been followed by another nothing is heard any more.
    const lost = (how: string) => pid === this.#pid && this.#lost(`whoever counts has gone: ${how}`);
    let here: number;
    try {
      ({ pid, control: here } = launchHelper("protowrap-throttle", KEEPER, lost));
      this.#pid = pid;
    } catch (error) {
      this.#link = null;
      throw error;
    }
    const hear = (line: string) => pid === this.#pid && this.#hear(line);
    const link = await control(here, hear, () => lost("closed"), MOST_ANSWER);
    link.send(writeOrder({ word: "configure", text: this.#configuration }));
    return link;
  }

  #hear(line: string): void {
    const answer = readAnswer(line);
    if (answer === null) {
      end(this.#pid);
      return this.#lost("whoever counts says what it should not");
    }
    this.#waiting.get(answer.number)?.resolve(answer);
  }

  #lost(error: string): void {
    this.#pid = 0;
    const link = this.#link;
    this.#link = null;
    void link?.then((one) => one.close()).catch(() => {});
    for (const { reject } of this.#waiting.values()) reject(new Error(error));
    this.#waiting.clear();
  }
}
