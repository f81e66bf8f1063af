// The options of TLS with the client, for whichever protocol: whether it is spoken, by which certificates, and how.

import { choice, SECONDS, type Table, type ValuesOf } from "./table.ts";

const PEM = { kind: "text", what: "a file", forms: ["FILE"] } as const;

export const TLS_OPTIONS = {
  tls: {
    takes: choice("off", "optional", "required", "implicit"),
    default: "off",
    group: "TLS",
    help: "optional: clients may ask for it (STARTTLS, STLS); required: they must; implicit: from the first octet on",
  },
  "tls-cert": {
    takes: PEM,
    list: true,
    group: "TLS",
    help: "PEM: a certificate and its chain, perhaps its key; the first is for clients that ask for none of the names",
  },
  "tls-key": {
    takes: PEM,
    list: true,
    group: "TLS",
    help: "PEM: a key that stands in no file of --tls-cert",
  },
  "tls-profile": {
    takes: choice("intermediate", "modern"),
    default: "intermediate",
    group: "TLS",
    help: "of Mozilla's: TLS 1.2 and 1.3, or 1.3 alone",
  },
  "tls-timeout": {
    takes: { ...SECONDS, range: [1, 3600] },
    default: "30",
    group: "TLS",
    help: "for the whole handshake",
  },
} as const satisfies Table;

export type TlsOptions = ValuesOf<typeof TLS_OPTIONS>;
