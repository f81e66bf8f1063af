// `protowrap <protocol> [options] -- SERVER`: from argv to a run, and from what went wrong to an exit code
// and the one line a client is told. Nothing goes to standard error that might be the client's.

import type { ExitCode } from "../exit.ts";
import { farewell } from "../io/farewell.ts";
import { resolve } from "../options/resolve.ts";
import { RUN_OPTIONS, type RunOptions } from "../options/run.ts";
import { serverOf } from "../options/server.ts";
import type { Settings } from "../options/settings.ts";
import { expected, UsageError } from "../options/usage.ts";
import { groupOf, type Identity, identityOf, isRoot, PrivilegeError } from "../os/identity.ts";
import { connectionOf } from "../os/peer.ts";
import { listenerIn } from "../os/situation.ts";
import { KIT } from "../protocols/kit.ts";
import type { AnyProtocol } from "../protocols/protocol.ts";
import { run } from "../run.ts";
import { SessionFault, type SessionLimits } from "../session.ts";
import { exitCodeOf } from "./failure.ts";
import { checkedHostname, hostName } from "./hostname.ts";
import { type Log, openEmergencyLog, openLog } from "./log.ts";
import { protocolOf, settingsFor } from "./protocol.ts";

/**
 * @param command a registered protocol, or the path of a module that exports one
 * @param stderrIsOurs descriptor 2 is not the client's
 */
export async function wrap(
  command: string,
  argv: readonly string[],
  stderrIsOurs: boolean,
): Promise<ExitCode> {
  let protocol: AnyProtocol | null = null;
  let hostname = hostName;
  const connection = connectionOf(0, process.env);
  const listener = listenerIn(process.env, process.pid);
  let log: Log | null = null;
  try {
    protocol = await protocolOf(command);
    const { converse, options: table } = protocol;
    const settings = await settingsFor(protocol, argv);
    const options = settings.read(RUN_OPTIONS);
    const server = serverOf(protocol, settings);
    if (options.hostname !== null) {
      const given = checkedHostname(options.hostname, settings.where("hostname"));
      hostname = () => given;
    }
    log = await openLog(options, protocol, connection.client, stderrIsOurs, settings.where);
    if (listener !== null)
      throw new UsageError(
        `descriptor ${listener}: expected a client, got a listening socket (use nowait, wait=no, Accept=yes)`,
      );
    const identities = identitiesFrom(settings);
    const { read, prepare } = (await resolve(settings, table))(connection.client.address);
    return await run({
      dialogue: protocol.dialogue,
      converse: (setup) => converse(setup, read, KIT),
      ...{ limits: limitsFrom(options), prepare, server, hostname, connection, identities },
      log: log.write,
    });
  } catch (error) {
    if (stderrIsOurs) console.error(`protowrap: ${error instanceof Error ? error.message : String(error)}`);
    // Somebody must be told of a command line that cannot be read: standard error is, if it is ours.
    if (!stderrIsOurs) log ??= await openEmergencyLog(protocol, connection.client, stderrIsOurs);
    log?.write({ level: 0, event: "fault", fields: { error: String(error) } });
    const hears = listener === null && !(error instanceof SessionFault && !error.tellable);
    await farewell(hears ? (protocol?.unavailable(hostname()) ?? "") : "");
    return exitCodeOf(error);
  } finally {
    await log?.flush();
  }
}

function limitsFrom(options: RunOptions): SessionLimits {
  const { maxErrors, idleTimeout, sessionTimeout, serverTimeout, minRate, logLevel } = options;
  return { maxErrors, idleTimeout, sessionTimeout, serverTimeout, minRate, logText: logLevel === 5 };
}

function identitiesFrom({
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
