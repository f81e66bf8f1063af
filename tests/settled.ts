// A registered protocol with the settings of a command line, for tests of what is made from them.

import { namedProtocol } from "../src/cli/person.ts";
import { settingsFor } from "../src/cli/protocol.ts";
import { RUN_OPTIONS } from "../src/options/run.ts";
import type { Settings } from "../src/options/settings.ts";
import type { AnyProtocol } from "../src/protocols/protocol.ts";
import type { Values } from "./reading.ts";

export interface Settled {
  readonly protocol: AnyProtocol;
  readonly settings: Settings;
  /** Every value, by its name in camel case. */
  readonly values: Values;
}

/** @param protocol a registered one's name, or one of the test's own */
export async function settled(protocol: string | AnyProtocol, ...argv: string[]): Promise<Settled> {
  const known = typeof protocol === "string" ? await namedProtocol("check", protocol) : protocol;
  const settings = await settingsFor(known, argv);
  const values = { ...settings.read(RUN_OPTIONS), ...settings.read(known.options) };
  return { protocol: known, settings, values };
}
