// In which situation we were started: with a client on descriptor 0, with one that systemd passes as
// descriptor 3, or with a socket that clients still have to be accepted from. Descriptors and the environment
// decide, never an option. Knows descriptors; not what is said through them.

import { accepts, close, dup2, duplicate, socketName } from "./libc.ts";
import { pointNowhere } from "./stderr.ts";

/** sd_listen_fds(3): the first descriptor passed. */
const PASSED = 3;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Moves the client systemd passes (`Accept=yes` without `StandardInput=socket`) to where every other
 * super-server has it. A client on descriptor 0 comes first. Before anything compares or reads descriptors.
 */
export function takePassedClient(env: Environment, pid: number): void {
  if (passed(env, pid) !== 1 || !hasPeer(PASSED) || hasPeer(0)) return;
  dup2(PASSED, 0);
  dup2(PASSED, 1);
  close(PASSED);
}

/** A listening socket that was passed to us. */
export interface Passed {
  readonly fd: number;
  /** What its giver calls it (systemd.socket(5), FileDescriptorName=); null where that is nothing. */
  readonly name: string | null;
}

/** @returns the sockets that clients have to be accepted from, if we were given some */
export function listenersIn(env: Environment, pid: number): Passed[] {
  if (accepts(0)) return [{ fd: 0, name: null }]; // inetd's and xinetd's "wait"
  const listening: Passed[] = []; // systemd's Accept=no
  const names = env.LISTEN_FDNAMES?.split(":") ?? [];
  for (let fd = PASSED; fd < PASSED + passed(env, pid); fd++)
    if (accepts(fd)) listening.push({ fd, name: names[fd - PASSED] || null });
  return listening;
}

/** Moves a listening socket from where programs that we start would find it. @throws when no descriptor is left */
export function ownListener(fd: number): number {
  const own = duplicate(fd);
  if (own < 0) throw Object.assign(new Error("no descriptor is left for a socket"), { code: "EMFILE" });
  if (fd >= PASSED) close(fd);
  for (const standard of [0, 1]) if (fd === 0 && accepts(standard)) pointNowhere(standard);
  return own;
}

/** How many descriptors were passed to us; the variables may be meant for the process that started us. */
function passed(env: Environment, pid: number): number {
  if (env.LISTEN_PID !== String(pid)) return 0;
  return /^[1-9][0-9]{0,2}$/.test(env.LISTEN_FDS ?? "") ? Number(env.LISTEN_FDS) : 0;
}

function hasPeer(fd: number): boolean {
  return socketName(fd, "peer") !== null;
}
