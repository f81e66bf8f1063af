// `protowrap explain <protocol> [options] < transcript`: from argv and a transcript to the verdict on each
// line of the client. Nothing is started and nobody is asked. Knows options and streams; how a verdict comes
// about is explain/hearing.ts.

import { wantsColour } from "../demo/narrator.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import { resolve } from "../options/resolve.ts";
import { RUN_OPTIONS } from "../options/run.ts";
import type { Settings } from "../options/settings.ts";
import { tlsOf } from "../options/tls.ts";
import { expected, UsageError } from "../options/usage.ts";
import { hostName, isatty } from "../os/libc.ts";
import type { AnyProtocol } from "../protocols/protocol.ts";
import { isIPv4, isIPv6 } from "../wire/domain.ts";
import { decode } from "../wire/latin1.ts";
import { COMMAND_OPTIONS } from "./command-options.ts";
import { hear, type Verdict } from "./explain/hearing.ts";
import { table } from "./explain/table.ts";
import { clientLines } from "./explain/transcript.ts";
import { checkedHostname, usableName } from "./hostname.ts";
import { attend, namedProtocol, print } from "./person.ts";
import { settingsFor } from "./protocol.ts";

const OWN = COMMAND_OPTIONS.explain;

/** Runs `protowrap explain …`. @returns the exit code: whatever the verdicts are, 0 */
export function explain(argv: readonly string[]): Promise<ExitCode> {
  return attend("explain", argv, () => work(argv));
}

async function work([name = "", ...argv]: readonly string[]): Promise<ExitCode> {
  const protocol = await namedProtocol("explain", name);
  if (protocol.dialogue === "lock-step" && protocol.obliging === undefined)
    throw new UsageError(`${name}: expected a protocol with obliging(), which plays its server`);
  const settings = await settingsFor(protocol, argv, OWN);
  const verdicts = await judge(protocol, settings);
  const lines = settings.read(OWN).json
    ? verdicts.map((verdict) => JSON.stringify(verdict))
    : aligned(verdicts);
  await print(lines);
  return EXIT.ok;
}

async function judge(protocol: AnyProtocol, settings: Settings): Promise<readonly Verdict[]> {
  const clientAddress = addressFrom(settings.read(OWN).client);
  const options = settings.read(RUN_OPTIONS);
  const hostname =
    options.hostname === null
      ? usableName(hostName())
      : checkedHostname(options.hostname, settings.where("hostname"));
  const { read, prepare } = (await resolve(settings, protocol.options, { isForMany: true }))(clientAddress);
  if (prepare !== null) tell("--dnsbl: nobody is asked; the client is taken for one that is not listed");
  if (isatty(0)) tell("type the client's lines, and Ctrl-D after the last");
  const lines = clientLines(decode(new Uint8Array(await Bun.stdin.arrayBuffer())));
  const mode = tlsOf(protocol, settings)?.mode ?? "off";
  const setup = { clientAddress, clientPort: null, hostname, canRestart: true };
  const converse = (tls: boolean) =>
    protocol.converse(
      { ...setup, tls: tls || mode === "implicit", tlsOffer: tls || mode === "implicit" ? "off" : mode },
      read,
    );
  return hear(protocol, converse, options.maxErrors, lines);
}

function addressFrom(address: string | null): string | null {
  if (address === null) return null;
  if (!isIPv4(address) && !isIPv6(address)) throw expected("--client", "an IPv4 or IPv6 address", address);
  return address;
}

function aligned(verdicts: readonly Verdict[]): string[] {
  return table(verdicts, wantsColour(isatty(1), process.env));
}

function tell(text: string): void {
  process.stderr.write(`protowrap: ${text}\n`);
}
