// The sockets that clients come in by: opened for addresses, or passed to us, each for one service. Another
// configuration may want more of them, fewer, or give one to another service: those that stay are never closed. Knows
// sockets and the names of services; not what is done with who comes.

import { UsageError } from "../options/usage.ts";
import { close, duplicate } from "../os/libc.ts";
import { type Accepting, type Address, type Arrival, accept, listenOn, written } from "../os/listening.ts";
import { boundTo } from "../os/peer.ts";
import { ownListener, type Passed } from "../os/situation.ts";

/** Who wants to listen: a service, and its addresses. */
export interface Wish {
  /** Null for the only one, which has no name. */
  readonly service: string | null;
  /** As an error names it: its place in a file; empty for one that has none. */
  readonly where: string;
  readonly addresses: readonly Address[];
}

interface Port {
  readonly fd: number;
  /** As it is written on a command line. */
  readonly address: string;
  /** What it is told apart by. */
  readonly key: string;
  /** The number that was wished for; 0 for one that was passed. */
  readonly port: number;
  readonly passed: Passed | null;
  accepting: Accepting | null;
  /** Who gets the clients that come in here. */
  owner: Owner | null;
}

export interface Owner {
  arrived(arrival: Arrival): void;
}

/** What wishes come to: nothing has changed by it but that sockets were opened. */
export interface Opening {
  readonly ports: ReadonlyMap<Port, string | null>;
  readonly opened: readonly Port[];
  /** What clients are to be accepted by, of ports where nobody does: once it is taken nothing can be missing. */
  readonly sockets: ReadonlyMap<Port, number>;
}

/** At the end of a key: only clients of IPv6 come in there. */
const ALONE = " alone";

export class Ports {
  #ports: readonly Port[];

  /** @param passed which are ours from now on @throws when no descriptor is left */
  constructor(passed: readonly Passed[]) {
    this.#ports = passed.map((one) => {
      const fd = ownListener(one.fd);
      const address = addressOf(fd);
      return { fd, address, key: `passed ${fd}`, port: 0, passed: one, accepting: null, owner: null };
    });
  }

  /** Opens what is wished for and not there. @throws what keeps one from it; then nothing was opened */
  open(wishes: readonly Wish[]): Opening {
    const ports = new Map<Port, string | null>();
    const opened: Port[] = [];
    const sockets = new Map<Port, number>();
    const keyOf = keysFor(wishes);
    const keys = new Set(wishes.flatMap(({ addresses }) => addresses.map(keyOf)));
    const leaving = this.#ports.filter((port) => port.passed === null && !keys.has(port.key));
    const open = (address: Address, wish: Wish) => {
      const port = openPort(address, keyOf(address), wish, leaving);
      opened.push(port);
      return port;
    };
    try {
      for (const wish of wishes) {
        const passed = this.#ports.filter((port) => isFor(port, wish));
        const own = wish.addresses.map(
          (address) => known(address, keyOf(address), [...this.#ports, ...opened]) ?? open(address, wish),
        );
        for (const port of [...passed, ...own]) {
          const other = ports.get(port);
          if (other !== undefined && other !== wish.service)
            throw new UsageError(
              `${wish.where}: expected an address of its own, got ${port.address}, which ${other} has`,
            );
          ports.set(port, wish.service);
        }
        if (passed.length + own.length === 0)
          throw new UsageError(
            `${wish.where}: expected listen, or a socket of that name passed in, got neither`,
          );
      }
      for (const port of ports.keys()) if (port.accepting === null) sockets.set(port, socketOf(port));
      return { ports, opened, sockets };
    } catch (error) {
      forget(opened, sockets);
      throw error;
    }
  }

  /** Those that were passed to us and nobody wants. */
  strangers({ ports }: Opening): string[] {
    return this.#ports
      .filter((port) => port.passed !== null && !ports.has(port))
      .map(({ passed, address }) => `${address}, named ${JSON.stringify(passed!.name ?? "")}`);
  }

  /** Forgets what was opened for nothing. */
  abandon({ opened, sockets }: Opening): void {
    forget(opened, sockets);
  }

  /** Clients come in by these from now on, and by no others. @returns the addresses that are new */
  take(
    { ports, opened, sockets }: Opening,
    ownerOf: (service: string | null) => Owner,
  ): { readonly service: string | null; readonly address: string }[] {
    for (const port of this.#ports) if (!ports.has(port)) leave(port);
    const fresh = [...ports].filter(([{ accepting }]) => accepting === null);
    for (const [port, service] of ports) {
      port.owner = ownerOf(service);
      port.accepting ??= accept(sockets.get(port)!, (arrival) => port.owner?.arrived(arrival));
    }
    const kept = this.#ports.filter((port) => ports.has(port) || port.passed !== null);
    this.#ports = [...kept, ...opened];
    return fresh.map(([{ address }, service]) => ({ service, address }));
  }

  /** Nobody comes in any more. */
  close(): void {
    for (const port of this.#ports) leave(port);
    this.#ports = [];
  }
}

/** All that were passed are of the only service; of several, each has those of its name. */
function isFor({ passed }: Port, { service }: Wish): boolean {
  return passed !== null && (service === null || passed.name === service);
}

/** "[::]" takes clients of IPv4 as well, unless somebody wants to listen for those by themselves: that is another socket. */
function keysFor(wishes: readonly Wish[]): (address: Address) => string {
  const all = wishes.flatMap(({ addresses }) => addresses);
  const ofIPv4 = new Set(all.flatMap(({ host, port }) => (host.includes(":") ? [] : [port])));
  return (address) => {
    const isAlone = /^[0:]*:[0:]*$/.test(address.host) && ofIPv4.has(address.port);
    return `${written(address)}${isAlone ? ALONE : ""}`;
  };
}

/** A socket that was passed need not be opened. */
function known(address: Address, key: string, ports: readonly Port[]): Port | undefined {
  const passed = written(address);
  return ports.find((port) => port.key === key || (port.passed !== null && port.address === passed));
}

/** @param leaving nobody wishes for them any more: those at the same port are no hindrance */
function openPort(address: Address, key: string, { where }: Wish, leaving: readonly Port[]): Port {
  const before = leaving.filter(({ port }) => port === address.port && port !== 0).map(({ fd }) => fd);
  try {
    const fd = listenOn(address, key.endsWith(ALONE), before);
    return {
      ...{ fd, key, address: addressOf(fd), port: address.port },
      ...{ passed: null, accepting: null, owner: null },
    };
  } catch (error) {
    if (where !== "") (error as Error).message = `${where}: ${(error as Error).message}`;
    throw error;
  }
}

function addressOf(fd: number): string {
  const { address, port } = boundTo(fd);
  return address === null ? "unknown" : written({ host: address, port: port ?? 0 });
}

/** What was passed stays with us, even if nobody wants it now: who gave it would not give it again. */
function socketOf({ fd, passed }: Port): number {
  const socket = passed === null ? fd : duplicate(fd);
  if (socket < 0) throw Object.assign(new Error("no descriptor is left for a socket"), { code: "EMFILE" });
  return socket;
}

function forget(opened: readonly Port[], sockets: ReadonlyMap<Port, number>): void {
  for (const { fd } of opened) close(fd);
  for (const [{ passed }, socket] of sockets) if (passed !== null) close(socket);
}

/** Whom the kernel has for us would be reset with our own socket; by one that was passed they come to who is next. */
function leave(port: Port): void {
  if (port.passed === null) port.accepting?.empty();
  port.accepting?.stop();
  if (port.accepting === null && port.passed === null) close(port.fd);
  port.accepting = null;
  port.owner = null;
}
