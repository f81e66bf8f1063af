// Knows popa3d: as root, with PAM, the mailboxes in /var/mail.

import { program, root, user } from "./missing.ts";
import type { Scratch } from "./scratch.ts";
import type { Command } from "./wrapper.ts";

export function popa3d(scratch: Scratch): Command {
  // The variable is only there to tell whose process it is.
  return { argv: ["/usr/bin/env", `SCRATCH=${scratch.path}`, "/usr/sbin/popa3d"], user: "root" };
}

export const popa3dNeeds = [program("popa3d"), user("kituser"), root] as const;
