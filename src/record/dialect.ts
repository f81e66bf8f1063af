// The log in words that other programs read (pure): beside our own lines the few that those have of a mail server they
// know. Knows whose words there are; what they are stands in dialects/.

import type { Ends } from "../wire/addresses.ts";
import { Dovecot } from "./dialects/dovecot.ts";
import { Postfix } from "./dialects/postfix.ts";
import type { Entry } from "./entry.ts";

export const DIALECTS = { postfix: Postfix, dovecot: Dovecot } as const;
export type DialectName = keyof typeof DIALECTS;

/** One session's. */
export interface Dialect {
  /** As whom the lines speak: a program's name, as syslog has it. */
  readonly program: string;
  /** What an entry comes to: none, or some lines. */
  lines(entry: Entry): readonly string[];
}

export interface Whose {
  readonly ends: Ends;
  /** The session, as our own lines name it. */
  readonly session: string;
  /** What that program calls those of its processes that do what we do, by the name of a dialect. */
  readonly daemons: Readonly<Record<DialectName, string>>;
}

export function dialectOf(name: DialectName, whose: Whose): Dialect {
  return new DIALECTS[name](whose);
}
