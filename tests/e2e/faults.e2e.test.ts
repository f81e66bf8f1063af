// Everything that can go wrong, at every step of a session: nothing is delivered by half, no process stays,
// the exit code is the documented one. FAULTS.md is the whole result as a table, and where another transport of the
// client differs from the first one; it is written by scripts/faults and compared here, so that it says what is so.
// What takes too long to be played each time is played by tests/long. Most of it is waiting: both protocols at the same time.

import { afterAll, expect } from "bun:test";
import { Stage } from "../corpus/stage.ts";
import { checkAll, paragraphsOf, playAll, type Results, write, written } from "./parts/faultspage.ts";
import { waiting } from "./parts/missing.ts";
import { TRANSPORTS, type Transport } from "./parts/transport.ts";

const isWriting = process.env.FAULTS === "write";
const transports = TRANSPORTS.filter(({ isPlayedEachTime }) => isPlayedEachTime || isWriting);

const stage = new Stage();
afterAll(() => stage.remove());

for (const kind of ["smtp", "pop3"] as const) {
  const played = new Map<Transport, Promise<Results>>();
  let last: Promise<unknown> = Promise.resolve();
  const by = (transport: Transport) => {
    // One transport after the other: more at a time would show how busy the machine is.
    const results = played.get(transport) ?? last.then(() => playAll(kind, transport, stage));
    last = results;
    played.set(transport, results);
    return results;
  };

  for (const transport of transports)
    waiting(
      `${kind} by ${transport.name}: no fault leads to what must never be`,
      transport.needs,
      async () => checkAll(await by(transport), transport),
      180_000,
    );

  waiting(
    `${kind}: what each side sees of each fault is what FAULTS.md says`,
    transports.flatMap(({ needs }) => needs),
    async () => {
      const all = new Map<Transport, Results>();
      for (const transport of transports) all.set(transport, await by(transport));
      const paragraphs = paragraphsOf(all);
      if (isWriting) write(kind, paragraphs);
      else expect(written(kind, transports)).toEqual(paragraphs);
    },
    600_000,
  );
}
