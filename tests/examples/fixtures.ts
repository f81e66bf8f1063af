// The small protocols of this folder, as they would be registered: each shows how something is said that none of ours
// says yet. What tests and the fuzzer need of one: its module, its defaults, and where its transcripts are.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Table } from "../../src/options/table.ts";
import { KIT, type Kit, type OutsideProtocol } from "../../src/protocols/kit.ts";
import { type AnyProtocol, define } from "../../src/protocols/protocol.ts";
import greeting from "./greeting/greeting.ts";
import parts from "./parts/parts.ts";
import secured from "./secured/secured.ts";
import strings from "./strings/strings.ts";
import watch from "./watch/watch.ts";

export interface Fixture {
  /** The module, as the command line would be given it. */
  readonly module: string;
  /** The same as one of ours. */
  readonly protocol: AnyProtocol;
  /** As the command line has them by default. */
  readonly options: object;
  readonly transcripts: readonly string[];
}

const LINES = { maxLineLength: 512, onLongLine: "refuse" };
const LOGINS = { maxLoginAttempts: 3, loginDelay: 3 };

export const FIXTURES: Readonly<Record<string, Fixture>> = {
  strings: fixture("strings/strings.ts", strings, {
    ...LOGINS,
    ...{ maxLineLength: 8192, onLongLine: "close", maxString: 1000, maxText: 10_000_000 },
  }),
  watch: fixture("watch/watch.ts", watch, LINES),
  parts: fixture("parts/parts.ts", parts, LINES),
  secured: fixture("secured/secured.ts", secured, LINES),
  greeting: fixture("greeting/greeting.ts", greeting, LINES),
};

function fixture<T extends Table, Own extends string>(
  module: string,
  make: (kit: Kit) => OutsideProtocol<T, Own>,
  options: object,
): Fixture {
  const { converse, ...rest } = make(KIT);
  const transcripts = join(import.meta.dir, module, "../transcripts");
  return {
    module: join(import.meta.dir, module),
    protocol: define<T, Own>({ ...rest, converse: (setup, values) => converse(setup, values, KIT) }),
    options,
    transcripts: readdirSync(transcripts).map((file) => join(transcripts, file)),
  };
}
