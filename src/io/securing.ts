// A client that is to speak TLS: what the log tells of how that went. Knows clients and entries; no session.

import type { Entry } from "../record/entry.ts";
import { SessionFault } from "../session/fault.ts";
import type { Client } from "./peer.ts";
import type { TlsFailure } from "./tls-failure.ts";

type Log = (entry: Entry) => void;

/** @returns the version that is spoken, or null: then there is no going on @throws SessionFault where it cannot be had */
export async function secured(client: Client, log: Log): Promise<string | null> {
  if (client.secure === undefined) throw new SessionFault("TLS was asked for, and it cannot be had here");
  try {
    const { version, cipher, cert, serverName } = await client.secure();
    const sni = serverName === null ? {} : { sni: serverName };
    log({ level: 2, event: "tls", fields: { tls: version, cipher, cert, ...sni } });
    return version;
  } catch (failure) {
    tellFailure(failure, log);
    return null;
  }
}

/** @returns whether it began to speak TLS */
export async function hailed(client: Client, log: Log): Promise<boolean> {
  if (client.hail === undefined) throw new SessionFault("TLS was asked for, and it cannot be had here");
  try {
    await client.hail();
    return true;
  } catch (failure) {
    tellFailure(failure, log);
    return false;
  }
}

/** @throws what is none */
function tellFailure(failure: unknown, log: Log): void {
  if (!isTlsFailure(failure)) throw failure;
  log({ level: 1, event: "tls-failed", fields: { reason: failure.reason } });
}

/** By its name: whoever speaks no TLS does not load what it is. */
function isTlsFailure(failure: unknown): failure is TlsFailure {
  return failure instanceof Error && failure.name === "TlsFailure";
}
