// Knows the built program and how a server is put behind it.

import { resolve } from "node:path";

export const protowrap = resolve(process.env.PROTOWRAP ?? `${import.meta.dir}/../../../dist/protowrap`);

/** Debian's number of the user that `wrapped` drops to. */
export const nobody = 65534;

/** A server as an administrator would start it, and whom it has to be. */
export interface Command {
  readonly argv: readonly string[];
  readonly user: string;
}

export function wrapped(protocol: "smtp" | "pop3", server: Command, ...options: string[]): string[] {
  return [protowrap, protocol, ...users(server), ...options, "--", ...server.argv];
}

/** In front of a server on a port of this machine. */
export function connected(protocol: string, port: number | string, ...options: string[]): string[] {
  const drop = process.getuid?.() === 0 ? ["--user", "nobody"] : [];
  return [protowrap, protocol, ...drop, ...options, "--connect", `127.0.0.1:${port}`];
}

/** For mail that is only accepted for the tests' own domain, and no word to any log. */
export const forKit = ["--log", "none", "--relay-domain", "kit.test"] as const;

function users(server: Command): string[] {
  if (process.getuid?.() !== 0) return [];
  return ["--user", "nobody", "--server-user", server.user];
}
