// Options of the commands that look at a configuration and serve nobody, and those that everybody looks for.

import { FLAG, type Table } from "../options/table.ts";

export const HELP_OPTION = {
  help: { takes: FLAG, group: "Other", help: "this text; after a protocol, its options only" },
} as const satisfies Table;

/** It stands alone. */
export const VERSION_OPTION = {
  version: { takes: FLAG, group: "Other", help: "print the version" },
} as const satisfies Table;

export const COMMAND_OPTIONS = {
  check: {
    strict: { takes: FLAG, group: "Check", help: "exit 64 for warnings, too" },
    offline: { takes: FLAG, group: "Check", help: "ask no server what it offers, and start none" },
    mail: {
      takes: { kind: "text", what: "an mbox or a Maildir", forms: ["PATH"] },
      group: "Check",
      help: "a mailbox (mbox or Maildir): which of its mails would be refused for what is in them",
    },
  },
  config: { json: { takes: FLAG, group: "Config", help: "one JSON object" } },
  explain: {
    client: {
      takes: { kind: "text", what: "an IPv4 or IPv6 address" },
      group: "Explain",
      help: "the client's address (default: unknown, which no network contains)",
    },
    json: { takes: FLAG, group: "Explain", help: "one JSON object a line" },
  },
} as const satisfies Readonly<Record<string, Table>>;
