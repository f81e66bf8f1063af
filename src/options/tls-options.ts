// The options of TLS with the client, for whichever protocol: whether it is spoken, by which certificates, and how.

import { choice, SECONDS, type Table, type ValuesOf } from "./table.ts";

const PEM = { kind: "text", what: "a file", forms: ["FILE"] } as const;

export const TLS_OPTIONS = {
  tls: {
    takes: choice("off", "optional", "required", "implicit"),
    default: "off",
    group: "TLS",
    help: "optional: clients may ask for it (STARTTLS, STLS); required: they have to; implicit: from the first octet on",
  },
  "tls-cert": {
    takes: PEM,
    list: true,
    group: "TLS",
    help: "PEM: a certificate, those that lead to its root, perhaps its key; clients get the one for the name they ask for, or the first",
  },
  "tls-key": {
    takes: PEM,
    list: true,
    group: "TLS",
    help: "PEM: keys that stand in no file of --tls-cert; each certificate finds its own",
  },
  "tls-profile": {
    takes: choice("intermediate", "modern"),
    default: "intermediate",
    group: "TLS",
    help: "one of Mozilla's: TLS 1.2 and 1.3, or 1.3 alone",
  },
  "tls-timeout": {
    takes: { ...SECONDS, range: [1, 3600] },
    default: "30",
    group: "TLS",
    help: "for the whole handshake",
  },
} as const satisfies Table;

export type TlsOptions = ValuesOf<typeof TLS_OPTIONS>;
