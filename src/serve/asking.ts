// Blackhole lists are asked by a process of their own, which has no client: whoever gets hold of a worker finds no
// right to make or connect a socket there, with which he could turn its clients' sockets wherever he likes. The
// worker's side of it. Knows lines and numbers; nothing of DNS.

import { within } from "../io/within.ts";
import type { Elsewhere } from "../options/resolve.ts";
import type { Entry } from "../record/entry.ts";
import { type Control, control } from "./control.ts";
import { type Answer, readAnswer, writeQuestion } from "./questions.ts";
import { MOST_REPORT } from "./words.ts";

/** Seconds for the other process to get ready, on a host with much else to do. */
const READY_PATIENCE = 30;
/** Seconds for an answer; who asks for us gives up after two. */
const PATIENCE = 3;

interface Asked {
  readonly log: (entry: Entry) => void;
  /** Null when nobody says. */
  readonly answer: (said: { readonly zone: string | null } | null) => void;
}

/** @throws when whoever asks for us does not get ready */
export async function asking(fd: number): Promise<Elsewhere> {
  const asked = new Map<number, Asked>();
  const ready = Promise.withResolvers<boolean>();
  let link: Control | null = null;
  let count = 0;
  const hear = (answer: Answer | null) => {
    if (answer === null) return;
    if (answer.word === "ready") return ready.resolve(true);
    const one = asked.get(answer.number);
    // Who is listed is told, after the answer: nothing else is behind it.
    const isLast = answer.word === "answer" ? answer.zone === null : answer.entry.event === "dnsbl-listed";
    if (isLast) asked.delete(answer.number);
    if (answer.word === "answer") one?.answer({ zone: answer.zone });
    else one?.log(answer.entry);
  };
  const end = () => {
    link = null;
    ready.resolve(false);
    for (const { answer } of asked.values()) answer(null);
    asked.clear();
  };
  link = await control(fd, (line) => hear(readAnswer(line)), end, MOST_REPORT);
  if ((await within(ready.promise, READY_PATIENCE)) !== true)
    throw new Error("the process that asks blackhole lists is not there");
  return async (option, address, log) => {
    const number = ++count;
    const { promise, resolve } = Promise.withResolvers<Parameters<Asked["answer"]>[0]>();
    asked.set(number, { log, answer: resolve });
    if (link === null) end();
    else link.send(writeQuestion({ number, option, address }));
    const said = await within(promise, PATIENCE);
    if (said === null || said.zone === null) asked.delete(number);
    if (said === null) throw new Error("nobody says");
    return said.zone;
  };
}
