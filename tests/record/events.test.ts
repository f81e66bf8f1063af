// The closed lists of the log: what they promise of themselves, that the source uses all of them, and that the
// compiler takes nothing else.

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { Glob } from "bun";
import { define, type Step } from "../../src/protocols/protocol.ts";
import type { Entry } from "../../src/record/entry.ts";
import { EVENTS, type EventName, KEYS, keysOf } from "../../src/record/events.ts";
import { RULES } from "../../src/record/rules.ts";
import { checkEntry } from "./lists.ts";

const root = `${import.meta.dir}/../..`;
const source = [...new Glob("src/**/*.ts").scanSync(root)]
  .filter((path) => !/^src\/record\/(?:events|rules)\.ts$/.test(path))
  .map((path) => readFileSync(`${root}/${path}`, "utf8"))
  .join("\n");

const events = Object.keys(EVENTS) as EventName[];
const namesOf = (event: EventName) => keysOf(event).map(({ name }) => name);

describe("the lists", () => {
  test("have names of small letters, and sentences", () => {
    for (const list of [EVENTS, KEYS, RULES])
      for (const name of Object.keys(list)) expect(name).toMatch(/^[a-z]+(?:-[a-z]+)*$/);
    for (const { sentence } of Object.values(EVENTS)) expect(sentence).toMatch(/^[A-Z].*\.$/);
    for (const { sentence } of Object.values(KEYS)) expect(sentence).toMatch(/[^.;]$/);
    for (const sentence of Object.values(RULES)) expect(sentence).toMatch(/[^.;]$/);
  });

  test("have no key that no event has, and none twice in an event", () => {
    const used = new Set<string>(events.flatMap(namesOf));
    expect([...used].sort()).toEqual(Object.keys(KEYS).sort());
    for (const event of events) expect(new Set(namesOf(event)).size).toBe(namesOf(event).length);
  });

  test.each(events)("of %s put last what a client chose", (event) => {
    const chosen = namesOf(event).map((key) => "client" in KEYS[key]);
    expect(chosen).toEqual([...chosen].sort((a, b) => Number(a) - Number(b)));
  });

  test("give an event a reason when it has that key, and only then", () => {
    for (const event of events) expect("reasons" in EVENTS[event]).toBe(namesOf(event).includes("reason"));
  });

  test("have nothing that the source does not tell", () => {
    const unused = (names: string[]) =>
      names.filter((name) => !source.includes(`"${name}"`) && !source.includes(`${name}:`));
    expect(unused(Object.keys(EVENTS))).toEqual([]);
    expect(unused(Object.keys(RULES))).toEqual([]);
    for (const event of Object.values(EVENTS))
      if ("reasons" in event) expect(unused(Object.keys(event.reasons))).toEqual([]);
  });
});

describe("the compiler refuses", () => {
  const none = { lineLimit: () => 0, serverLost: next, expired: next, tooManyErrors: next };
  const outside = { name: "x", options: {}, dialogue: "stream", unavailable: () => "" } as const;

  function next(): Step {
    return { next: "close" };
  }

  test("an event, a key, a level and a reason that are not listed", () => {
    const entries: Entry[] = [
      // @ts-expect-error
      { level: 1, event: "timeout", fields: {} },
      // @ts-expect-error
      { level: 2, event: "incomplete-message", fields: {} },
      // @ts-expect-error
      { level: 0, event: "fault", fields: { error: "e", why: "w" } },
      // @ts-expect-error
      { level: 0, event: "fault", fields: {} },
      // @ts-expect-error
      { level: 1, event: "server-lost", fields: { reason: "bored", mode: "reply" } },
      // @ts-expect-error
      { level: 1, event: "dnsbl-silent", fields: { zone: 7 } },
    ];
    // The tests' own check does, too.
    for (const entry of entries) expect(() => checkEntry(entry)).toThrow(/^[a-z]/);
  });

  test("a rule that is neither listed nor declared by the protocol", () => {
    // @ts-expect-error
    const step: Step = { next: "close", refused: "whim" };
    expect(Object.keys(RULES)).not.toContain(step.refused as string);
    const own = define({
      ...{ ...outside, rules: { whim: "what it does not like" } },
      converse: () => ({ ...none, clientLine: () => ({ next: "close", refused: "whim" }) }),
    });
    const undeclared = define({
      ...outside,
      // @ts-expect-error
      converse: () => ({ ...none, clientLine: () => ({ next: "close", refused: "whim" }) }),
    });
    expect([own.rules, undeclared.rules]).toEqual([{ whim: "what it does not like" }, undefined]);
  });
});
