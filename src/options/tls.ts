// What the options of TLS come to for one protocol: a plan, or what is wrong with them. Reads no file.

import type { AnyProtocol } from "../protocols/protocol.ts";
import type { Settings } from "./settings.ts";
import { TLS_OPTIONS, type TlsOptions } from "./tls-options.ts";
import { expected, UsageError } from "./usage.ts";

export interface TlsPlan {
  readonly mode: Exclude<TlsOptions["tls"], "off">;
  readonly profile: TlsOptions["tlsProfile"];
  /** For the whole handshake. */
  readonly seconds: number;
  /** Files, absolute or from where we were started. */
  readonly certificates: readonly [string, ...string[]];
  readonly keys: readonly string[];
  /** How an error names them. */
  readonly where: string;
}

/** @returns null where TLS is off @throws UsageError */
export function tlsOf(
  protocol: Pick<AnyProtocol, "name" | "asksForTls">,
  settings: Settings,
): TlsPlan | null {
  const { tls: mode, tlsCert, tlsKey, tlsProfile: profile, tlsTimeout: seconds } = settings.read(TLS_OPTIONS);
  if (mode === "off") return null;
  if (mode !== "implicit" && protocol.asksForTls !== true)
    throw expected(settings.where("tls"), `off or implicit with ${protocol.name}`, mode);
  const [first, ...more] = tlsCert;
  if (first === undefined)
    throw new UsageError(`${settings.where("tls-cert")}: expected a file with --tls ${mode}, got none`);
  return {
    ...{ mode, profile, seconds, keys: tlsKey, where: settings.where("tls-cert") },
    certificates: [first, ...more],
  };
}
