// `protowrap explain <protocol> [options] < transcript`: from argv and a transcript to the verdict on each
// line of the client. Nothing is started and nobody is asked. Knows options and streams; how a verdict comes
// about is explain/hearing.ts.

import { wantsColour } from "../demo/narrator.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import { isatty } from "../os/libc.ts";
import type { Protocol } from "../protocols/protocol.ts";
import { isIPv4, isIPv6 } from "../protocols/smtp/domain.ts";
import { decode } from "../wire/latin1.ts";
import { hear, type Verdict } from "./explain/hearing.ts";
import { table } from "./explain/table.ts";
import { clientLines } from "./explain/transcript.ts";
import { checkedHostname, hostName } from "./hostname.ts";
import { COMMAND_OPTIONS } from "./options.ts";
import { configurationFor, parse } from "./parse.ts";
import { attend, namedProtocol, print } from "./person.ts";
import { settingsFor, type Values } from "./settings.ts";
import { expected, UsageError } from "./usage.ts";

const OWN = COMMAND_OPTIONS.explain;

/** Runs `protowrap explain …`. @returns the exit code: whatever the verdicts are, 0 */
export function explain(argv: readonly string[]): Promise<ExitCode> {
  return attend("explain", argv, () => work(argv));
}

async function work([name = "", ...argv]: readonly string[]): Promise<ExitCode> {
  const protocol = await namedProtocol("explain", name);
  if (protocol.dialogue === "lock-step" && protocol.obliging === undefined)
    throw new UsageError(`${name}: expected a protocol with obliging(), which plays its server`);
  const file = await configurationFor(protocol.name, argv, OWN);
  const { values } = parse(protocol.name, argv, { file, own: OWN, serverless: true });
  const verdicts = await judge(protocol, values);
  const lines = values.json === true ? verdicts.map((verdict) => JSON.stringify(verdict)) : aligned(verdicts);
  await print(lines);
  return EXIT.ok;
}

async function judge(protocol: Protocol<object>, values: Values): Promise<readonly Verdict[]> {
  const clientAddress = addressFrom(values);
  const hostname = values.hostname === null ? hostName() : checkedHostname(String(values.hostname));
  const { settings, prepare } = await settingsFor(protocol.name, values, clientAddress);
  if (prepare !== null) tell("--dnsbl: nobody is asked; the client is taken for one that is not listed");
  if (isatty(0)) tell("type the client's lines, and Ctrl-D after the last");
  const lines = clientLines(decode(new Uint8Array(await Bun.stdin.arrayBuffer())));
  const setup = { clientAddress, hostname, canRestart: true };
  return hear(protocol, settings, setup, values["max-errors"] as number, lines);
}

function addressFrom({ client }: Values): string | null {
  if (client === null) return null;
  const address = String(client);
  if (!isIPv4(address) && !isIPv6(address)) throw expected("--client", "an IPv4 or IPv6 address", address);
  return address;
}

function aligned(verdicts: readonly Verdict[]): string[] {
  return table(verdicts, wantsColour(isatty(1), process.env));
}

function tell(text: string): void {
  process.stderr.write(`protowrap: ${text}\n`);
}
