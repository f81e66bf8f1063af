// Whom the wrapper and the server will be, worked out without becoming anybody: a configuration is checked
// by whoever writes it, not by who starts it.

import { RUN_OPTIONS } from "../../options/run.ts";
import type { Settings } from "../../options/settings.ts";
import { groupOf, type Identity, identityOf } from "../../os/identity.ts";
import { error, type Finding, warning } from "./finding.ts";

export interface People {
  /** Null when it stays whom it is started as. */
  readonly wrapper: Identity | null;
  readonly server: Identity | null;
}

/** @param asRoot whoever checks it is root, and so perhaps is who starts it */
export function peopleOf(
  { read, where }: Pick<Settings, "read" | "where">,
  asRoot: boolean,
  report: (finding: Finding) => void,
): People {
  const { user, group, serverUser } = read(RUN_OPTIONS);
  if (user === null && asRoot)
    report(warning("--user", "missing: started as root, as you are now, it refuses to run"));
  if (user === null && serverUser !== null)
    report(error(where("server-user"), "expected --user with it: only root can become somebody else"));
  if (user === null && group !== null) report(warning(where("group"), "has no effect without --user"));
  const known = named(where("user"), user, report);
  if (known?.uid === 0) report(error(where("user"), "root is allowed for --server-user only"));
  const gid = group === null ? (known?.gid ?? null) : groupOf(group);
  if (group !== null && gid === null)
    report(error(where("group"), `there is no group ${JSON.stringify(group)}`));
  const wrapper = known === null || gid === null ? null : { ...known, gid };
  return { wrapper, server: serverUser === null ? wrapper : named(where("server-user"), serverUser, report) };
}

function named(option: string, user: string | null, report: (finding: Finding) => void): Identity | null {
  if (user === null) return null;
  const identity = identityOf(user);
  if (identity === null) report(error(option, `there is no user ${JSON.stringify(user)}`));
  return identity;
}
