// The protocols there are: one line each. A session loads its own and no other; what a protocol's options are can
// be asked without the rest of it, and what they come to is for who asks.

import type { Table } from "../options/table.ts";
import type { AnyProtocol, AnyWords } from "./protocol.ts";

export interface Registered {
  load(): Promise<AnyProtocol>;
  options(): Promise<Table>;
  /** In place of the protocol's own, where they stand apart. */
  words?(): Promise<AnyWords>;
}

export const PROTOCOLS: Readonly<Record<string, Registered>> = {
  finger: {
    load: async () => (await import("./finger/finger.ts")).finger,
    options: async () => (await import("./finger/options.ts")).fingerOptions,
  },
  line: {
    load: async () => (await import("./line/line.ts")).line,
    options: async () => (await import("./line/options.ts")).lineProtocolOptions,
  },
  managesieve: {
    load: async () => (await import("./managesieve/managesieve.ts")).managesieve,
    options: async () => (await import("./managesieve/options.ts")).sieveOptions,
    words: async () => (await import("./managesieve/description.ts")).sieveWords,
  },
  pop3: {
    load: async () => (await import("./pop3/pop3.ts")).pop3,
    options: async () => (await import("./pop3/options.ts")).pop3Options,
    words: async () => (await import("./pop3/description.ts")).pop3Words,
  },
  smtp: {
    load: async () => (await import("./smtp/smtp.ts")).smtp,
    options: async () => (await import("./smtp/options.ts")).smtpOptions,
    words: async () => (await import("./smtp/description.ts")).smtpWords,
  },
};
