// The options of a listener, for whichever protocol: where it listens, whom it lets in, and how its work is shared.

import { type GivenOf, NETWORKS, NUMBER, SECONDS, type Table, TEXT } from "./table.ts";

export const LISTEN_OPTIONS = {
  listen: {
    takes: TEXT,
    list: true,
    group: "Listening",
    help: "ADDRESS:PORT: clients are accepted here, such as 0.0.0.0:25 or [::]:25",
  },
  "max-connections": {
    takes: NUMBER,
    default: "500",
    group: "Listening",
    help: "at the same time; 0 = no limit",
    doubt: "clients may take all memory and all processes there are",
  },
  "max-connections-per-ip": {
    takes: NUMBER,
    default: "20",
    group: "Listening",
    help: "of one address, IPv6 by /64; 0 = no limit",
    doubt: "one client may keep all others out",
  },
  "max-connection-rate": {
    takes: NUMBER,
    default: "0",
    group: "Listening",
    help: "new ones a minute of one address, IPv6 by /64; 0 = no limit",
  },
  "accept-proxy": {
    takes: NETWORKS,
    group: "Listening",
    help: "ADDRESS or NETWORK of proxies, who must say whom they speak for before all else (the PROXY protocol, version 1 or 2): that is the client then",
  },
  workers: {
    takes: { kind: "number", range: [1, 256] },
    group: "Listening",
    help: "processes that talk to clients (default: half as many as processors)",
  },
  "sessions-per-worker": {
    takes: { kind: "number", range: [1, 10_000] },
    group: "Listening",
    help: "at the same time (default: as many as --max-connections needs); 1 = no two clients in a process",
  },
  "server-retry": {
    takes: { kind: "number", unit: "seconds", range: [1, 86_400] },
    default: "30",
    group: "Listening",
    help: "for which a --connect address that failed is left alone; then it is tried without a client",
  },
  metrics: {
    takes: { kind: "text", what: "ADDRESS:PORT or unix:/PATH", forms: ["ADDRESS:PORT", "unix:/PATH"] },
    group: "Listening",
    help: "ADDRESS:PORT or unix:/PATH: what was counted, for Prometheus, at /metrics",
  },
  "idle-exit": {
    takes: SECONDS,
    default: "0",
    group: "Listening",
    help: "without a client, after which a listener that was passed its socket leaves; 0 = never",
  },
} as const satisfies Table;

export type ListenOptions = GivenOf<typeof LISTEN_OPTIONS>;
