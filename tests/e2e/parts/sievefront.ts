// Knows the program in front of a ManageSieve server, at a port that any client can come to: a process for each of them,
// or a listener.

import { existsSync, readFileSync } from "node:fs";
import type { Scratch } from "./scratch.ts";
import type { SITUATIONS } from "./situation.ts";
import { Standing } from "./standing.ts";
import { tcpserver } from "./tcpserver.ts";
import { connected } from "./wrapper.ts";

export interface SieveFront extends AsyncDisposable {
  readonly port: number;
  readonly log: string;
}

/** @param to the port of its server, and what else is known of that (`,tls=starttls`) */
export async function sieveFront(
  scratch: Scratch,
  situation: (typeof SITUATIONS)[number],
  to: number | string,
  ...options: string[]
): Promise<SieveFront> {
  if (situation === "a listener") {
    const server = ["--connect", `127.0.0.1:${to}`];
    return Standing.start(scratch, { protocol: "managesieve", options, server });
  }
  const file = `${scratch.path}/log`;
  const argv = connected("managesieve", to, "--log", `file:${file}`, ...options);
  const front = await tcpserver(scratch, argv);
  return {
    port: front.port,
    get log() {
      return existsSync(file) ? readFileSync(file, "latin1") : "";
    },
    [Symbol.asyncDispose]: () => front[Symbol.asyncDispose](),
  };
}
