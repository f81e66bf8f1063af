// What a worker is to do for each client, as its configuration comes to: types only. Knows sessions and clients; not how
// a worker is told, nor by whom.

import type { Server } from "../io/peer.ts";
import type { DescriptorClient } from "../io/stdio.ts";
import type { Throttling } from "../io/throttling.ts";
import type { Connection } from "../os/peer.ts";
import type { Entry } from "../record/entry.ts";
import type { SittingPlan } from "../sitting.ts";
import type { Asking } from "../throttle/client.ts";
import type { Search } from "./search.ts";

/** What a worker does for each client, once its configuration has been read. */
export interface Service {
  readonly manner: SittingPlan["manner"];
  readonly limits: SittingPlan["limits"];
  /** Makes a server that is reached over TCP; null where it is behind pipes. */
  readonly connectedServer: ((search: Search) => Server) | null;
  /** A server is told what its client speaks TLS with. */
  readonly tellsSpoken: boolean;
  /** Servers are timed. */
  readonly isMeasured: boolean;
  /** How TLS is spoken here; null where it is not. */
  readonly tls: TlsService | null;
  /** From a client's logins to whoever is asked about them; null where nobody counts guesses. */
  readonly throttlingOf: ((connection: Connection, asking: Asking) => Throttling) | null;
  /** What a client is told whose session broke. */
  readonly unavailable: string;
  /** Takes what files of entries say now, for whoever comes from now on. */
  list(text: string): Promise<void>;
  open(
    connection: Connection,
    tell: (entry: Entry) => void,
  ): Pick<SittingPlan, "converse" | "prepare" | "setup" | "log" | "wanted">;
}

export interface TlsService {
  /** From the first octet on: the server is asked for when the client has begun. */
  readonly isImplicit: boolean;
  readonly clientOn: (input: number, output: number) => DescriptorClient;
  /** Takes the certificates of now. */
  certify(text: string): Promise<void>;
}

/**
 * Reads what a worker is to do, gives up every right it does not need, and proves that it works.
 * @param lists what files of entries say, kept when that is known: where there are any
 */
export type Prepare = (configuration: string, lists: () => Promise<string>) => Promise<Service>;
