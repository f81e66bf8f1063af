// Every fault over the transports of a client that are not played each time.

import { afterAll, expect } from "bun:test";
import { Stage } from "../corpus/stage.ts";
import { checkAll, paragraphsOf, playAll, type Results, written } from "../e2e/parts/faultspage.ts";
import { part } from "../e2e/parts/missing.ts";
import { TRANSPORTS, type Transport } from "../e2e/parts/transport.ts";

const stage = new Stage();
afterAll(() => stage.remove());

const [first, ...others] = TRANSPORTS;
const rest = others.filter(({ isPlayedEachTime }) => !isPlayedEachTime);

for (const kind of ["smtp", "pop3"] as const)
  part(
    `${kind}: what each side sees of each fault is what FAULTS.md says`,
    [first!, ...rest].flatMap(({ needs }) => needs),
    async () => {
      const played = new Map<Transport, Results>();
      for (const transport of [first!, ...rest]) {
        const results = await playAll(kind, transport, stage);
        checkAll(results, transport);
        played.set(transport, results);
      }
      expect(written(kind, played.keys())).toEqual(paragraphsOf(played));
    },
    600_000,
  );
