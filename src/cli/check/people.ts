// Whom the wrapper and the server will be, worked out without becoming anybody: a configuration is checked
// by whoever writes it, not by who starts it.

import type { RunOptions } from "../../options/run.ts";
import { groupOf, type Identity, identityOf, isRoot } from "../../os/identity.ts";
import { error, type Finding, warning } from "./finding.ts";

export interface People {
  /** Null when it stays whom it is started as. */
  readonly wrapper: Identity | null;
  readonly server: Identity | null;
}

type Named = Pick<RunOptions, "user" | "group" | "serverUser">;

export function peopleOf({ user, group, serverUser }: Named, report: (finding: Finding) => void): People {
  if (user === null && isRoot())
    report(warning("--user", "missing: started as root, as you are now, it refuses to run"));
  if (user === null && serverUser !== null)
    report(error("--server-user", "expected --user with it: only root can become somebody else"));
  if (user === null && group !== null) report(warning("--group", "has no effect without --user"));
  const known = named("--user", user, report);
  if (known?.uid === 0) report(error("--user", "root is allowed for --server-user only"));
  const gid = group === null ? (known?.gid ?? null) : groupOf(group);
  if (group !== null && gid === null) report(error("--group", `there is no group ${JSON.stringify(group)}`));
  const wrapper = known === null || gid === null ? null : { ...known, gid };
  return { wrapper, server: serverUser === null ? wrapper : named("--server-user", serverUser, report) };
}

function named(option: string, user: string | null, report: (finding: Finding) => void): Identity | null {
  if (user === null) return null;
  const identity = identityOf(user);
  if (identity === null) report(error(option, `there is no user ${JSON.stringify(user)}`));
  return identity;
}
