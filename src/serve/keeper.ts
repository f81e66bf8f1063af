// The process that counts guesses where many count: it talks to that file or that server, as nobody in particular, so that
// the supervisor need not. It lives as long as its supervisor. Knows lines; the place is whoever's it is given.

import { EXIT, type ExitCode } from "../exit.ts";
import type { RemoteCounter } from "../throttle/fallback.ts";
import { type Control, control } from "./control.ts";
import { type Answer, type Request, readRequest, writeAnswer } from "./counting.ts";
import { readOrder } from "./words.ts";

/** Where its supervisor is. */
const CONTROL = 3;

/** Reads where it is to count, and gives up every right that this does not take. */
export type PrepareCounting = (configuration: string) => Promise<RemoteCounter>;

export async function keep(prepare: PrepareCounting): Promise<ExitCode> {
  // As a worker: it is the supervisor who decides what follows.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => {});
  const over = Promise.withResolvers<ExitCode>();
  for (const fault of ["uncaughtException", "unhandledRejection"] as const) {
    process.removeAllListeners(fault);
    process.on(fault, () => over.resolve(EXIT.software));
  }
  let counter: Promise<RemoteCounter> | null = null;
  let link: Control | null = null;
  const hear = (line: string) => {
    if (counter === null) {
      const order = readOrder(line);
      if (order.word === "configure") counter = prepare(order.text);
      counter?.catch(() => over.resolve(EXIT.software));
      return;
    }
    const request = readRequest(line);
    void answered(counter, request).then((answer) => link?.send(writeAnswer(answer)));
  };
  link = await control(CONTROL, hear, () => over.resolve(EXIT.ok), Number.POSITIVE_INFINITY);
  return over.promise;
}

async function answered(counter: Promise<RemoteCounter>, request: Request): Promise<Answer> {
  const { number } = request;
  try {
    const at = await counter;
    switch (request.word) {
      case "ask":
        return { word: "verdict", number, verdict: await at.ask(request.attempt) };
      case "settle":
        await at.settle(request.attempt, request.charged, request.decision);
        break;
      case "penalize":
        await at.penalize(request.network, request.penalty);
        break;
      default:
        request.word satisfies "look";
        await at.look();
    }
    return { word: "done", number };
  } catch (error) {
    return { word: "failed", number, text: error instanceof Error ? error.message : String(error) };
  }
}
