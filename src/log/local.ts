// The host's own syslog, by datagrams to its socket. Not by logger(1): that would be a process more for each
// session, and one that outlives it. Knows the form of a datagram; the socket itself is in os/datagram.ts.

import { DatagramSocket } from "../os/datagram.ts";
import { type Facility, localHeader } from "./header.ts";
import type { Delivery, Sender } from "./sink.ts";

const utf8 = new TextEncoder();

/** A syslog that is behind, or being restarted, is asked again after so many milliseconds. */
const PAUSE = 50;

export function localSender(path: string, facility: Facility, tag: string): Sender {
  const socket = new DatagramSocket(path);
  return {
    pause: PAUSE,
    close: () => socket.close(),
    send(message): Delivery {
      const octets = utf8.encode(localHeader(message, facility, tag) + message.line);
      // A syslog that was restarted has a new socket of the same name.
      return socket.send(octets) || (socket.reopen() && socket.send(octets)) ? "taken" : "later";
    },
  };
}
