// The files a configuration names, looked at where they are: the server's program, the configuration itself,
// the log; and the room we have here. Opens, runs and changes nothing.

import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { ServerPlan } from "../../options/server.ts";
import { isRoot } from "../../os/identity.ts";
import { ENOUGH, type MemoryLimit } from "../../os/memory-limits.ts";
import { parseTarget } from "../log.ts";
import { error, type Finding, warning } from "./finding.ts";
import type { People } from "./people.ts";
import { changers, type Person, whyNotRunnable } from "./rights.ts";

const SET_USER_ID = 0o4000;

/** What an argument of the server may have replaced. */
const PLACEHOLDERS = ["{client_ip}", "{client_port}", "{server_ip}", "{server_port}"];
const SECURED = "{tls}";

/** @param isImplicit TLS is spoken before the server starts */
export function checkServer(plan: ServerPlan, people: People, isImplicit = false): Finding[] {
  if (!("argv" in plan)) return [];
  const [path, ...args] = plan.argv;
  const why = whyNotRunnable(path, people.server ?? starter());
  if (why !== null) return [error(path, `cannot be run: ${why}`)];
  const known = isImplicit ? [...PLACEHOLDERS, SECURED] : PLACEHOLDERS;
  const unknown = args.flatMap((arg) => arg.match(/\{\w+\}/g) ?? []).filter((it) => !known.includes(it));
  return [
    ...becoming(path, people.server),
    ...changers(path, people.wrapper !== null).map((who) =>
      warning(path, `what is run may be replaced: ${who}`),
    ),
    ...unknown.map((it) => warning("-- SERVER", `${it} ${whyNot(it)} and reaches the server as it is`)),
  ];
}

function whyNot(word: string): string {
  return word === SECURED ? "has no value without --tls implicit" : "is no placeholder";
}

/** A process that is somebody else altogether hears no signal but its own user's and root's. */
function becoming(path: string, server: Person | null): Finding[] {
  const { mode, uid } = statSync(path);
  if ((mode & SET_USER_ID) === 0 || server?.uid === 0 || server?.uid === uid) return [];
  const who = uid === 0 ? "root" : `user ${uid}`;
  const what = `it is set-user-id: where it becomes ${who} altogether, only root could end it before its input`;
  return [warning(path, `${what}, after a refused message: --server-user root`)];
}

export function checkFile(path: string, people: People): Finding[] {
  return changers(path, people.wrapper !== null).map((who) =>
    warning(path, `what is allowed may be changed: ${who}`),
  );
}

/** @param where it was said @throws UsageError for what is no target */
export function checkLog(log: string, where = "--log"): Finding[] {
  const target = parseTarget(log, true, where);
  if (target.to === "none") return [warning(where, "none: nobody will know who was refused, and why")];
  if (target.to === "file" && !existsSync(dirname(target.path)))
    return [error(where, `there is no directory ${dirname(target.path)}`)];
  if (target.to === "unix" && !existsSync(target.path))
    return [warning(where, `nobody listens there now: ${target.path} is missing`)];
  return [];
}

/** @param limits of whoever runs this */
export function checkMemory(limits: readonly MemoryLimit[]): Finding[] {
  return limits
    .filter(({ octets }) => octets < ENOUGH)
    .map(({ command, of, octets }) => {
      const what = `limits the ${of} to ${octets} octets; started so, it may serve nobody: give it ${ENOUGH}`;
      return warning(command, what);
    });
}

/** Who starts it, as far as we can guess; root becomes somebody else, and whom is not known here. */
function starter(): Person | null {
  return isRoot() ? null : { name: "you", uid: process.getuid!(), gid: process.getgid!() };
}
