// Every attack script against the built binary. What belongs to work not done yet stands in pending.json with its
// reason, and a script there must fail: the list shrinks, it does not rot.

import { afterAll, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { Places } from "./places.ts";
import { play, type Report, wrapped } from "./runner.ts";
import { readCorpus, readPending, type Script } from "./script.ts";
import { Stage } from "./stage.ts";

const BINARY = process.env.PROTOWRAP ?? resolve(import.meta.dir, "../../dist/protowrap");
// Most of a script's time is waiting for silence; more at once than this, and slowness would look like silence.
const AT_ONCE = 6;
const TIMEOUT_MS = 120_000;

/** What --syntax lax makes right. All the others it leaves as they are: tests/protocols/smtp/repair.test.ts. */
const MADE_RIGHT = new Set(["RL15", "RL21"]);

if (!existsSync(BINARY)) {
  const message = `the attack corpus cannot be played: there is no ${BINARY}`;
  if (process.env.CI === "true") test(message, () => expect.unreachable(message));
  else test.skip(message, () => {});
} else {
  const corpus = readCorpus();
  const stage = new Stage();
  afterAll(() => stage.remove());
  const pending = readPending();
  const places = new Places(AT_ONCE);

  for (const script of corpus) {
    const reason = pending[script.id];
    const title = `${script.id} ${script.note ?? ""}`.trimEnd();
    test.concurrent(
      reason === undefined ? title : `${title} (pending: ${reason})`,
      async () => {
        const { failures } = await places.run(() => attack(script, stage));
        // Side by side, the order of what is printed does not tell whose it is.
        if (reason === undefined) expect(failures.map((failure) => `${script.id} ${failure}`)).toEqual([]);
        else expect(failures, `${script.id} passes: remove it from the list`).not.toEqual([]);
      },
      TIMEOUT_MS,
    );
  }

  for (const script of corpus.filter(({ id }) => MADE_RIGHT.has(id)))
    test.concurrent(
      `${script.id} by --syntax lax`,
      async () => {
        const taken = {
          ...script,
          script: script.script.map((step) => (step.expect?.startsWith("^501") ? { expect: "^250 " } : step)),
          serverMustSee: ["^RCPT TO:<u@local\\.test>\\r\\n"],
          serverMustNotSee: ["test\\.>"],
        };
        const { failures } = await places.run(() => play(taken, stage, lax));
        expect(failures).toEqual([]);
      },
      TIMEOUT_MS,
    );

  test("every pending id is in the corpus", () => {
    const ids = new Set(corpus.map(({ id }) => id));
    expect(Object.keys(pending).filter((id) => !ids.has(id))).toEqual([]);
  });
}

function lax(...given: Parameters<ReturnType<typeof wrapped>>): string[] {
  const [program, protocol, ...options] = wrapped(BINARY)(...given) as [string, string, ...string[]];
  return [program, protocol, "--syntax=lax", ...options];
}

function attack(script: Script, stage: Stage): Promise<Report> {
  return play(script, stage, wrapped(BINARY));
}
