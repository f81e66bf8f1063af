// `protowrap <protocol> [options] -- SERVER`: from argv to a run of one connection, or to a listener, and from what went
// wrong to an exit code and the one line a client is told. Nothing goes to standard error that might be the client's.

import { EXIT, type ExitCode } from "../exit.ts";
import { farewell } from "../io/farewell.ts";
import { resolve } from "../options/resolve.ts";
import { RUN_OPTIONS } from "../options/run.ts";
import { serverOf } from "../options/server.ts";
import type { Settings } from "../options/settings.ts";
import { hostName } from "../os/libc.ts";
import { type Connection, cameOf, connectionOf, wantedOf } from "../os/peer.ts";
import { listenersIn } from "../os/situation.ts";
import type { AnyProtocol, Read } from "../protocols/protocol.ts";
import type { Entry } from "../record/entry.ts";
import { type Run, run } from "../run.ts";
import { SessionFault } from "../session/fault.ts";
import { exitCodeOf } from "./failure.ts";
import { checkedHostname, usableName } from "./hostname.ts";
import { identitiesFrom } from "./identities.ts";
import type { introduced } from "./introduction.ts";
import { limitsFrom } from "./limits.ts";
import { type Log, openEmergencyLog, openLog } from "./log.ts";
import { protocolOf, settingsFor } from "./protocol.ts";
import { serverTlsOf, tlsFrom } from "./tls.ts";

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
  let hostname = () => usableName(hostName());
  const came = connectionOf(0, process.env);
  let connection = came;
  const passed = listenersIn(process.env, process.pid);
  let listens = passed.length > 0 || argv.some((word) => /^--listen(?:=|$)/.test(word));
  let log: Log | null = null;
  try {
    protocol = await protocolOf(command);
    const { converse, options: table } = protocol;
    const settings = await settingsFor(protocol, argv);
    const options = settings.read(RUN_OPTIONS);
    const server = await serverOf(protocol, settings);
    const serverTls = await serverTlsOf(server, settings);
    if (options.hostname !== null) {
      const given = checkedHostname(options.hostname, settings.where("hostname"));
      hostname = () => given;
    }
    listens ||= options.listen.length > 0;
    if (listens) {
      const { listen } = await import("./listen.ts");
      return await listen({ command, argv, passed, stderrIsOurs });
    }
    if (options.metrics !== null) await checkPlace(options.metrics, settings.where("metrics"));
    const { acceptProxy } = options;
    const told =
      acceptProxy.length === 0 ? came : await introduce(came, acceptProxy, settings.where("accept-proxy"));
    if (told === "local") return EXIT.ok; // a health check, every two seconds: the log would be full of them
    connection = told === "wrong" ? came : told;
    log = await openLog(options, protocol, connection, stderrIsOurs, settings.where);
    if (told === "wrong") {
      log.write(await refusalOf(came));
      return EXIT.ok;
    }
    const identities = identitiesFrom(settings);
    const tls = await tlsFrom(protocol, settings, log.write);
    const { read, prepare } = (await resolve(settings, table))(connection.client.address);
    const asked = "originals" in server ? await wishOf(connection) : { connection };
    return await run({
      manner: protocol,
      converse: (setup) => converse(setup, read),
      sendProxy: options.sendProxy,
      // A proxy's clients have one address when they come.
      mostUnanswered: connection.via === undefined ? options.maxConnectionsPerIp : options.maxConnections,
      ...{ limits: limitsFrom(options), prepare, server, serverTls, hostname, identities, tls, ...asked },
      throttling: await throttlingOf(protocol, settings, read, connection, log.write),
      log: log.write,
    });
  } catch (error) {
    if (stderrIsOurs) console.error(`protowrap: ${error instanceof Error ? error.message : String(error)}`);
    // Somebody must be told of a command line that cannot be read: standard error is, if it is ours.
    if (!stderrIsOurs) log ??= await openEmergencyLog(protocol, connection, stderrIsOurs);
    if (!(error instanceof SessionFault))
      log?.write({ level: 0, event: "fault", fields: { error: String(error) } });
    const hears = !listens && !(error instanceof SessionFault && !error.tellable);
    await farewell(hears ? (protocol?.unavailable(hostname()) ?? "") : "");
    return exitCodeOf(error);
  } finally {
    await log?.flush();
  }
}

/** A listener's option, of which a process for one connection makes nothing. @throws UsageError for what is no place */
async function checkPlace(text: string, where: string): Promise<void> {
  const { parseMetrics } = await import("../options/metrics.ts");
  parseMetrics(text, where);
}

/** Whom the proxy on descriptor 0 speaks for, if it is one. */
async function introduce(...of: Parameters<typeof introduced>): ReturnType<typeof introduced> {
  const { introduced } = await import("./introduction.ts");
  return introduced(...of);
}

/** What it takes is loaded when somebody is to log in. */
async function throttlingOf(
  protocol: AnyProtocol,
  settings: Settings,
  read: Read,
  { client }: Connection,
  log: Run["log"],
): Promise<Run["throttling"]> {
  // The whole way of nearly all: nobody said where guesses are counted.
  if ((settings.values.throttle ?? "none") === "none") return null;
  const { throttleAlone } = await import("./throttle-alone.ts");
  return throttleAlone(protocol, settings, read, client.address, log);
}

/** Nobody is told: a proxy that breaks off, or a stranger who has its address, would not understand. */
async function refusalOf({ client }: Connection): Promise<Entry> {
  const { networkOf } = await import("../policy/neighbourhood.ts");
  const key = networkOf(client.address);
  return { level: 1, event: "refused-connection", fields: { reason: "proxy-header", key, count: 1 } };
}

/** Where the client on descriptor 0 wanted to go. */
async function wishOf(known: Connection): Promise<Pick<Run, "connection" | "wanted">> {
  const { writeWanted } = await import("../options/original.ts");
  const wanted = wantedOf(0, cameOf(known));
  return { connection: { ...known, wanted }, wanted: writeWanted(wanted) };
}
