// `protowrap <protocol> [options] -- SERVER`: from argv to a run, and from what went wrong to an exit code
// and the one line a client is told. Nothing goes to standard error that might be the client's.

import type { ExitCode } from "../exit.ts";
import { farewell } from "../io/farewell.ts";
import { groupOf, type Identity, identityOf, isRoot, PrivilegeError } from "../os/identity.ts";
import { connectionOf } from "../os/peer.ts";
import { listenerIn } from "../os/situation.ts";
import type { Protocol } from "../protocols/protocol.ts";
import { run } from "../run.ts";
import { SessionFault, type SessionLimits } from "../session.ts";
import { exitCodeOf } from "./failure.ts";
import { checkedHostname, hostName } from "./hostname.ts";
import { type Log, openEmergencyLog, openLog } from "./log.ts";
import { configurationFor, parse } from "./parse.ts";
import { protocolOf } from "./protocol.ts";
import { settingsFor, type Values } from "./settings.ts";
import { expected, UsageError } from "./usage.ts";

/**
 * @param command a registered protocol, or the path of a module that exports one
 * @param stderrIsOurs descriptor 2 is not the client's
 */
export async function wrap(
  command: string,
  argv: readonly string[],
  stderrIsOurs: boolean,
): Promise<ExitCode> {
  let protocol: Protocol<object> | null = null;
  let hostname = hostName;
  const connection = connectionOf(0, process.env);
  const listener = listenerIn(process.env, process.pid);
  let log: Log | null = null;
  try {
    protocol = await protocolOf(command);
    const { name } = protocol;
    const { values, server } = parse(name, argv, { file: await configurationFor(name, argv) });
    if (values.hostname !== null) {
      const given = checkedHostname(String(values.hostname));
      hostname = () => given;
    }
    log = await openLog(values, name, connection.client, stderrIsOurs);
    if (listener !== null)
      throw new UsageError(
        `descriptor ${listener}: expected a client, got a listening socket (use nowait, wait=no, Accept=yes)`,
      );
    const identities = identitiesFor(values);
    const { settings, prepare } = await settingsFor(name, values, connection.client.address);
    const limits = limitsFrom(values);
    return await run({
      ...{ protocol, limits, settings, prepare, server, hostname, connection, identities },
      log: log.write,
    });
  } catch (error) {
    if (stderrIsOurs) console.error(`protowrap: ${error instanceof Error ? error.message : String(error)}`);
    // Somebody must be told of a command line that cannot be read: standard error is, if it is ours.
    if (!stderrIsOurs) log ??= await openEmergencyLog(protocol?.name ?? "", connection.client, stderrIsOurs);
    log?.write({ level: 0, event: "fault", fields: { error: String(error) } });
    const hears = listener === null && !(error instanceof SessionFault && !error.tellable);
    await farewell(hears ? (protocol?.unavailable(hostname()) ?? "") : "");
    return exitCodeOf(error);
  } finally {
    await log?.flush();
  }
}

function limitsFrom(values: Values): SessionLimits {
  return {
    maxErrors: values["max-errors"] as number,
    idleTimeout: values["idle-timeout"] as number,
    sessionTimeout: values["session-timeout"] as number,
    serverTimeout: values["server-timeout"] as number,
    minRate: values["min-rate"] as number,
    logText: values["log-level"] === 5,
  };
}

function identitiesFor(values: Values): { wrapper: Identity; server: Identity } | null {
  const user = values.user as string | null;
  const serverUser = values["server-user"] as string | null;
  const group = values.group as string | null;
  if (!isRoot()) {
    if (user !== null || serverUser !== null)
      throw new PrivilegeError("--user and --server-user: only root can become somebody else");
    return null;
  }
  if (user === null)
    throw new PrivilegeError("started as root: --user is needed, the wrapper never stays root");
  const wrapper = checkedIdentity("--user", user);
  const gid = group === null ? wrapper.gid : groupOf(group);
  if (gid === null) throw expected("--group", "a group of this system", group);
  if (wrapper.uid === 0) throw new PrivilegeError("--user: root is allowed for --server-user only");
  const own = { ...wrapper, gid };
  return { wrapper: own, server: serverUser === null ? own : checkedIdentity("--server-user", serverUser) };
}

function checkedIdentity(option: string, user: string): Identity {
  const identity = identityOf(user);
  if (identity === null) throw expected(option, "a user of this system", user);
  return identity;
}
