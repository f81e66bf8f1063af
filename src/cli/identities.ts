// Whom the wrapper becomes and whom the server runs as: option values to users of this system.

import { RUN_OPTIONS } from "../options/run.ts";
import type { Settings } from "../options/settings.ts";
import { expected } from "../options/usage.ts";
import { groupOf, type Identity, identityOf, isRoot, PrivilegeError } from "../os/identity.ts";

/** @returns null when we are not root @throws UsageError, PrivilegeError */
export function identitiesFrom({
  read,
  where,
}: Pick<Settings, "read" | "where">): { wrapper: Identity; server: Identity } | null {
  const { user, serverUser, group } = read(RUN_OPTIONS);
  if (!isRoot()) {
    if (user !== null || serverUser !== null)
      throw new PrivilegeError("--user and --server-user: only root can become somebody else");
    return null;
  }
  if (user === null)
    throw new PrivilegeError("started as root: --user is needed, the wrapper never stays root");
  const wrapper = checkedIdentity(where("user"), user);
  const gid = group === null ? wrapper.gid : groupOf(group);
  if (gid === null) throw expected(where("group"), "a group of this system", group);
  if (wrapper.uid === 0) throw new PrivilegeError(`${where("user")}: root is allowed for --server-user only`);
  const own = { ...wrapper, gid };
  return {
    wrapper: own,
    server: serverUser === null ? own : checkedIdentity(where("server-user"), serverUser),
  };
}

function checkedIdentity(where: string, user: string): Identity {
  const identity = identityOf(user);
  if (identity === null) throw expected(where, "a user of this system", user);
  return identity;
}
