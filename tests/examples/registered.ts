// The example as if it were one of ours: registered, by the registry's own type. What a module from outside is held
// against; run by itself it is the command line that has it.

import { dispatch } from "../../src/cli/dispatch.ts";
import { KIT } from "../../src/protocols/kit.ts";
import { define } from "../../src/protocols/protocol.ts";
import { PROTOCOLS, type Registered } from "../../src/protocols/registry.ts";
import nntp from "./nntp/nntp.ts";

const { converse, ...rest } = nntp(KIT);

export const registered: Registered = {
  load: async () => define({ ...rest, converse: (setup, options) => converse(setup, options, KIT) }),
  options: async () => rest.options,
};

if (import.meta.main) {
  Object.assign(PROTOCOLS, { nntp: registered });
  process.exit(await dispatch(process.argv.slice(2)));
}
