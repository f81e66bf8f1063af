// A syslog server over UDP or TCP, through the package syslog-client. Loading that takes as long as a
// server's whole greeting, so it is done later: a moment after the first line, or when the session ends.
// Knows the package and its ways; queueing and patience are the backlog's.

import type { Client } from "syslog-client";
import { type Facility, severityOf, tagOf } from "./header.ts";
import type { Delivery, Message, Sender } from "./sink.ts";

export interface SyslogServer {
  readonly host: string;
  readonly port: number;
  readonly transport: "udp" | "tcp";
}

/** Milliseconds after which a greeting is out, or waits for the server anyway. */
const SETTLED = 100;

/** A server that does not take a line is asked again after so many milliseconds. */
const PAUSE = 1000;

export function networkSender(server: SyslogServer, facility: Facility, tag: string): Sender {
  const { promise: settled, resolve: hurry } = Promise.withResolvers<void>();
  let client: Promise<Client> | null = null;
  const load = async () => {
    setTimeout(hurry, SETTLED);
    await settled;
    return connect(server);
  };
  return {
    pause: PAUSE,
    hurry,
    close: () => void client?.then((one) => one.close()),
    async send(message): Promise<Delivery> {
      client ??= load();
      return deliver(await client, message, facility, tag);
    },
  };
}

async function connect({ host, port, transport }: SyslogServer): Promise<Client> {
  const { createClient, Transport } = await import("syslog-client");
  const client = createClient(host, { port, transport: transport === "udp" ? Transport.Udp : Transport.Tcp });
  // Also told of a connection that was merely idle. What matters is told to whoever sends a line.
  client.on("error", () => {});
  return client;
}

/** The package writes no tag (RFC 3164 section 4.1.3), so it stands in the text. */
function deliver(client: Client, message: Message, facility: Facility, ours: string): Promise<Delivery> {
  const { level, line, at } = message;
  const options = { facility, severity: severityOf(level), timestamp: at };
  return new Promise((resolve) => {
    client.log(`${tagOf(message, ours)}: ${line}`, options, (error) => resolve(error ? "later" : "taken"));
  });
}
