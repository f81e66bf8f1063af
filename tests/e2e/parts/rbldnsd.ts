// Knows rbldnsd, a real blackhole list on a port of the loopback.

import { until } from "./deadline.ts";
import { type Need, program } from "./missing.ts";
import { freeUdpPort, udpBound } from "./port.ts";
import { Service } from "./process.ts";
import type { Scratch } from "./scratch.ts";

export interface BlackholeList {
  readonly zone: string;
  /** Lines of an ip4set: `address :code:text`. */
  readonly ipv4: readonly string[];
  /** Lines of an ip6trie, likewise. */
  readonly ipv6?: readonly string[];
}

export interface NameServer extends AsyncDisposable {
  /** As --resolver takes it. */
  readonly address: string;
  readonly pid: number;
}

export async function rbldnsd(scratch: Scratch, lists: readonly BlackholeList[]): Promise<NameServer> {
  const zones = lists.flatMap(({ zone, ipv4, ipv6 = [] }) => {
    scratch.file(`${zone}.ip4set`, ipv4.map((line) => `${line}\n`).join(""));
    scratch.file(`${zone}.ip6trie`, ipv6.map((line) => `${line}\n`).join(""));
    return [`${zone}:ip4set:${zone}.ip4set`, `${zone}:ip6trie:${zone}.ip6trie`];
  });
  const port = await freeUdpPort();
  const user = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
  const address = `127.0.0.1/${port}`;
  const service = new Service(scratch, [
    "rbldnsd",
    "-n",
    "-f",
    "-b",
    address,
    ...user,
    "-w",
    scratch.path,
    ...zones,
  ]);
  await until(`rbldnsd on port ${port}`, () => (udpBound(port) ? true : undefined));
  return {
    address: `127.0.0.1:${port}`,
    pid: service.pid,
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

export const rbldnsdNeeds: readonly Need[] = [program("rbldnsd")];
