// The process that asks blackhole lists for one worker: it may make and connect sockets for datagrams, and has no client.
// It lives as long as its worker. Knows lines; DNS is whoever's it is given.

import { EXIT, type ExitCode } from "../exit.ts";
import type { Elsewhere } from "../options/resolve.ts";
import { control } from "./control.ts";
import { MOST_QUESTION, readQuestion, writeAnswer } from "./questions.ts";
import { readOrder } from "./words.ts";

/** Where its supervisor and its worker are. */
const CONTROL = 3;
const LINK = 4;

/** Asks, and takes what files of entries say now. */
export interface Asker {
  readonly ask: Elsewhere;
  list(text: string): Promise<void>;
}

/**
 * Reads what is asked, and gives up every right that this does not take.
 * @param lists what files of entries say, kept when that is known: where there are any
 */
export type PrepareAsking = (configuration: string, lists: () => Promise<string>) => Promise<Asker>;

export async function answer(prepare: PrepareAsking): Promise<ExitCode> {
  // As a worker: it is the supervisor who decides what follows.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => {});
  const over = Promise.withResolvers<ExitCode>();
  for (const fault of ["uncaughtException", "unhandledRejection"] as const) {
    process.removeAllListeners(fault);
    process.on(fault, () => over.resolve(EXIT.software));
  }
  void serve(prepare, () => over.resolve(EXIT.ok));
  return over.promise;
}

async function serve(prepare: PrepareAsking, leave: () => void): Promise<void> {
  const configured = Promise.withResolvers<string>();
  const listed = Promise.withResolvers<void>();
  let lists = "";
  let asker: Asker | null = null;
  const obey = (line: string) => {
    const order = readOrder(line);
    if (order.word === "configure") configured.resolve(order.text);
    if (order.word !== "lists") return;
    lists = order.text;
    listed.resolve();
    void asker?.list(lists);
  };
  // Whether a supervisor goes later is the worker's business: it leaves when its last client has gone.
  const orphan = () => configured.reject(new Error("nobody says what to ask"));
  await control(CONTROL, obey, orphan, Number.POSITIVE_INFINITY);
  const all = await prepare(await configured.promise, () => listed.promise.then(() => lists));
  asker = all;
  const hear = (line: string) => {
    const question = readQuestion(line);
    if (question === null) return leave();
    const { number, option, address } = question;
    void all
      .ask(option, address, (entry) => link.send(writeAnswer({ word: "log", number, entry })))
      .then((zone) => link.send(writeAnswer({ word: "answer", number, zone })));
  };
  const link = await control(LINK, hear, leave, MOST_QUESTION);
  link.send(writeAnswer({ word: "ready" }));
}
