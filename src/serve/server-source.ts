// How the server of a session is had: types only. Knows programs, and ways to servers; neither sessions nor workers.

import type { ServerProcess } from "../io/spawn.ts";
import type { Connection } from "../os/peer.ts";
import type { Spoken } from "../wire/proxy-header.ts";
import type { Way } from "./quest.ts";

/** A server over TCP, as the log calls it, and whether clients are sent to it. */
export interface ServerState {
  readonly destination: string;
  readonly isUp: boolean;
}

/** How the server of a session is had. */
export type ServerSource =
  | { readonly kind: "process"; readonly plan: (connection: Connection) => Omit<ServerProcess, "onFailure"> }
  | {
      readonly kind: "socket";
      /** @param isFirst of its session @param onMove told when another server would be better */
      readonly quest: (connection: Connection, isFirst: boolean, onMove: () => void) => Way;
      /** What a server is told of its client before all else; null for nothing. */
      readonly header: ((connection: Connection, spoken: Spoken | null) => Uint8Array) | null;
      /** Of those that are known beforehand. */
      readonly states: () => readonly ServerState[];
      /** Nobody has a quest any more. */
      readonly close: () => void;
    };

export type SocketSource = ServerSource & { readonly kind: "socket" };
