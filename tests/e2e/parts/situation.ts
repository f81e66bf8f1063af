// Knows the two ways in which the program stands in front of a server over TCP: a process for each client, and a
// listener whose workers talk to it.

import { existsSync, readFileSync } from "node:fs";
import type { Conversation } from "./conversation.ts";
import { root } from "./missing.ts";
import { onClient } from "./onsocket.ts";
import type { Scratch } from "./scratch.ts";
import { Standing } from "./standing.ts";
import { protowrap } from "./wrapper.ts";

export const SITUATIONS = ["a process for each client", "a listener"] as const;

export interface InFront extends AsyncDisposable {
  dial(): Promise<Conversation>;
  readonly log: string;
}

type Plan = [
  scratch: Scratch,
  situation: (typeof SITUATIONS)[number],
  protocol: "smtp" | "pop3" | "finger" | "managesieve",
  ...words: string[],
];

export function inFront(...plan: Plan): Promise<InFront> {
  return inFrontBy([], ...plan);
}

/** @param by in front of the program */
export async function inFrontBy(
  by: readonly string[],
  ...[scratch, situation, protocol, ...words]: Plan
): Promise<InFront> {
  if (situation === "a listener") {
    const isOption = (at: number) => words[at]!.startsWith("--connect") || words[at - 1] === "--connect";
    const options = words.filter((_, at) => !isOption(at));
    const server = words.filter((_, at) => isOption(at));
    return Standing.start(scratch, { protocol, options, server, by: () => by });
  }
  const log = `${scratch.path}/log`;
  const drop = root.there ? ["--user", "nobody"] : [];
  const relay = protocol === "smtp" ? ["--relay-domain", "kit.test"] : [];
  await using all = new AsyncDisposableStack();
  const argv = [...by, protowrap, protocol, ...drop, ...relay, "--log", `file:${log}`, ...words];
  const kept = all.move();
  return {
    dial: async () => kept.use(await onClient(argv, "inetd")).talk,
    get log() {
      return existsSync(log) ? readFileSync(log, "latin1") : "";
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
