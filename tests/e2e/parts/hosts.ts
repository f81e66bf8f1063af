// Knows how to make hosts of our own on this machine: network namespaces, each held by a process, with cables between
// them and rules of nftables in them. With the last process they are gone, rules and all.

import { readFileSync, readlinkSync } from "node:fs";
import { until } from "./deadline.ts";
import { type Need, program, root } from "./missing.ts";
import { ending, type Outcome, run, Service } from "./process.ts";
import type { Scratch } from "./scratch.ts";

const RULE =
  "table inet t { chain c { type nat hook prerouting priority dstnat; tcp dport 25 redirect to :26; }; }";

function redirects(): boolean {
  if (Bun.which("nft", { PATH: "/usr/sbin:/sbin" }) === null) return false;
  return Bun.spawnSync(["unshare", "-n", "nft", RULE]).success;
}

/** What every test with hosts of its own needs of the machine, and of the kernel. */
export const hostsNeeds: readonly Need[] = [
  ...[root, program("ip"), program("nft"), program("nsenter"), program("unshare")],
  { name: "nf_tables and NAT of the kernel", there: redirects() },
  { name: "IPv6 of the kernel", there: present("/proc/net/if_inet6") },
];

export class Host implements AsyncDisposable {
  readonly #scratch: Scratch;
  readonly #holder: Service;

  private constructor(scratch: Scratch, holder: Service) {
    this.#scratch = scratch;
    this.#holder = holder;
  }

  /** A host with nothing but its loopback. */
  static async make(scratch: Scratch): Promise<Host> {
    const host = new Host(scratch, new Service(scratch, ["unshare", "-n", "sleep", "600"]));
    const ours = readlinkSync("/proc/self/ns/net");
    await until("a network of its own", () => (netOf(host.pid) === ours ? undefined : netOf(host.pid)));
    await host.does("ip", "link", "set", "lo", "up");
    return host;
  }

  /** Whoever holds it; no service of the host's. */
  get pid(): number {
    return this.#holder.pid;
  }

  /** A command as it is run there. */
  argv(...words: string[]): string[] {
    return ["nsenter", "-t", String(this.pid), "-n", "--", ...words];
  }

  run(...words: string[]): Promise<Outcome> {
    return run(this.#scratch, this.argv(...words));
  }

  /** @throws what a command complains of */
  async does(...words: string[]): Promise<void> {
    const outcome = await this.run(...words);
    if (outcome.code !== 0) throw new Error(`${words.join(" ")}: ${ending(outcome)}`);
  }

  /** Loads a file of nftables, as the service of that name does it. */
  filters(path: string): Promise<void> {
    return this.does("nft", "-f", path);
  }

  /** Runs until the test is over. @param port where it listens soon */
  async serves(port: number, ...words: string[]): Promise<Service> {
    const service = new Service(this.#scratch, this.argv(...words));
    await this.listens(port);
    return service;
  }

  async listens(port: number): Promise<void> {
    const hex = port.toString(16).toUpperCase().padStart(4, "0");
    const listener = new RegExp(`:${hex} 0+:0000 0A`);
    await until(
      `a listener on port ${port}`,
      () => listener.test(this.#table("tcp") + this.#table("tcp6")) || undefined,
      15_000,
    );
  }

  /** How many connections there are at the port, of whatever state but waiting for their last moment. */
  connections(port: number): number {
    const hex = port.toString(16).toUpperCase().padStart(4, "0");
    const one = new RegExp(`^ *\\d+: \\S+:${hex} \\S+ (?!0A|06)`, "gm");
    return (this.#table("tcp") + this.#table("tcp6")).match(one)?.length ?? 0;
  }

  #table(name: "tcp" | "tcp6"): string {
    return readFileSync(`/proc/${this.pid}/net/${name}`, "latin1");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#holder[Symbol.asyncDispose]();
  }
}

/** A cable between two, its ends named, each with its addresses. */
export async function cable(a: Host, aName: string, b: Host, bName: string): Promise<void> {
  const peer = ["peer", "name", bName, "netns", String(b.pid)];
  await a.does("ip", "link", "add", aName, "type", "veth", ...peer);
}

export async function plugged(host: Host, name: string, ...addresses: string[]): Promise<void> {
  for (const address of addresses) {
    const isIPv6 = address.includes(":");
    await host.does("ip", "address", "add", address, "dev", name, ...(isIPv6 ? ["nodad"] : []));
  }
  await host.does("ip", "link", "set", name, "up");
}

export interface Site extends AsyncDisposable {
  readonly client: Host;
  readonly firewall: Host;
  readonly server: Host;
}

export const CLIENT = "198.51.100.2";
export const FIREWALL = "192.0.2.1";
export const SERVER = "192.0.2.25";
export const SERVER_IPV6 = "2001:db8:2::25";

/** A client on the Internet, a firewall with its "wan0" and "lan0", and a server behind it: "eth0" each. */
export async function site(scratch: Scratch): Promise<Site> {
  await using all = new AsyncDisposableStack();
  const client = all.use(await Host.make(scratch));
  const firewall = all.use(await Host.make(scratch));
  const server = all.use(await Host.make(scratch));
  await cable(client, "eth0", firewall, "wan0");
  await cable(server, "eth0", firewall, "lan0");
  await plugged(client, "eth0", `${CLIENT}/24`, "2001:db8:1::2/64");
  await plugged(firewall, "wan0", "198.51.100.1/24", "2001:db8:1::1/64");
  await plugged(firewall, "lan0", `${FIREWALL}/24`, "2001:db8:2::1/64");
  await plugged(server, "eth0", `${SERVER}/24`, `${SERVER_IPV6}/64`);
  for (const [host, four, six] of [
    [client, "198.51.100.1", "2001:db8:1::1"],
    [server, FIREWALL, "2001:db8:2::1"],
  ] as const) {
    await host.does("ip", "route", "add", "default", "via", four);
    await host.does("ip", "-6", "route", "add", "default", "via", six);
  }
  const forwards = "for way in ipv4/ip_forward ipv6/conf/all/forwarding; do echo 1 >/proc/sys/net/$way; done";
  await firewall.does("sh", "-c", forwards);
  const kept = all.move();
  return { client, firewall, server, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

function netOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
}

function present(path: string): boolean {
  try {
    return readFileSync(path, "latin1") !== "";
  } catch {
    return false;
  }
}
