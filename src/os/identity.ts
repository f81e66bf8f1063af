// Whom the wrapper becomes and whom the server runs as. Root is refused for the wrapper; supplementary
// groups, gid and uid go in that order, and that they cannot come back is tried, not believed.

import { groupByName, userByName } from "./libc.ts";

export interface Identity {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** A reason not to start: exit 77. */
export class PrivilegeError extends Error {
  override readonly name = "PrivilegeError";
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** @returns null when there is no such user; a number needs no entry in the user database */
export function identityOf(user: string): Identity | null {
  const known = userByName(user) ?? (/^[0-9]+$/.test(user) ? { uid: Number(user), gid: Number(user) } : null);
  return known === null ? null : { name: user, ...known };
}

/** @returns null when there is no such group */
export function groupOf(group: string): number | null {
  return groupByName(group)?.gid ?? (/^[0-9]+$/.test(group) ? Number(group) : null);
}

/** Gives us the supplementary groups a server of that user must inherit. Only as root. */
export function takeGroupsOf(identity: Identity): void {
  if (/^[0-9]+$/.test(identity.name)) process.setgroups!([identity.gid]);
  else initgroups(identity.name, identity.gid);
}

/** The supplementary groups of that user; ours are those, too, from now on. Only as root. */
export function groupsOf(identity: Identity): number[] {
  takeGroupsOf(identity);
  return process.getgroups!();
}

/** Node has it, Bun has it, their types do not. */
function initgroups(user: string, gid: number): void {
  (process as unknown as { initgroups(user: string, gid: number): void }).initgroups(user, gid);
}

/** Whether a process of that user has groups besides its own, as `takeGroupsOf` has left them. */
export function hasMoreGroups(identity: Identity): boolean {
  return process.getgroups!().some((group) => group !== identity.gid);
}

/**
 * Becomes somebody who is not root, for good.
 * @throws PrivilegeError when anything of root is left or can be had again
 */
export function become(identity: Identity): void {
  process.setgroups!([]);
  process.setgid!(identity.gid);
  process.setuid!(identity.uid);
  const clean =
    process.getuid!() === identity.uid &&
    process.geteuid!() === identity.uid &&
    process.getgid!() === identity.gid &&
    process.getegid!() === identity.gid &&
    process.getgroups!().every((group) => group === identity.gid);
  if (!clean || identity.uid === 0) throw new PrivilegeError("privileges could not be dropped");
  try {
    process.setuid!(0);
  } catch {
    return;
  }
  throw new PrivilegeError("root came back after it was dropped");
}
