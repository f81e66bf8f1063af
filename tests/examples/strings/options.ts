// The options of the strings example, and the rule it refuses by that not everybody has. Knows no conversation.

import type { Kit, Table, ValuesOf } from "./protowrap-protocol.js";

export function optionsOf(kit: Kit) {
  const { auth: _, "login-without-tls": __, ...logins } = kit.LOGIN_OPTIONS;
  return {
    ...kit.lineOptions(8192, "close"),
    ...logins,
    "max-string": {
      ...{ takes: { kind: "number", unit: "octets", range: [1, 65536] }, default: "1000" },
      ...{ group: "Limits", help: "of a string that is announced" },
    },
    "max-text": { takes: { kind: "size" }, default: "10M", group: "Limits", help: "of a message" },
  } as const satisfies Table;
}

export const RULES = { "string-length": "a string above --max-string, or a message above --max-text" };
export type Own = keyof typeof RULES;

export type Options = ValuesOf<ReturnType<typeof optionsOf>>;
