// What somebody else calls an entry.

import { describe, expect, test } from "bun:test";
import { EVENTS, type EventName, KEYS, keysOf } from "../../src/record/events.ts";
import { listedEntry } from "../../src/record/listed.ts";

const VALUES = { text: "x", number: 7, list: ["x", "y"], status: "SIGTERM" };

/** All that an event may tell. */
function full(event: EventName): Record<string, unknown> {
  const known = EVENTS[event];
  const fields = Object.fromEntries(keysOf(event).map(({ name }) => [name, VALUES[KEYS[name].is]]));
  return "reasons" in known ? { ...fields, reason: Object.keys(known.reasons)[0] } : fields;
}

describe.each(Object.keys(EVENTS) as EventName[])("%s", (event) => {
  const { level } = EVENTS[event];
  const sure = keysOf(event).filter(({ isSure }) => isSure);

  test("is an entry with all of its keys, and with those that are sure", () => {
    const fields = full(event);
    expect(listedEntry(event, fields)).toEqual({ level, event, fields } as never);
    const few = Object.fromEntries(sure.map(({ name }) => [name, fields[name]]));
    expect(listedEntry(event, few)).toEqual({ level, event, fields: few } as never);
  });

  test("is none without one that is sure, or with one of another kind", () => {
    for (const { name } of sure) {
      const { [name]: _, ...others } = full(event);
      expect(listedEntry(event, others)).toBeNull();
    }
    for (const { name } of keysOf(event))
      for (const wrong of [null, {}, true, Number.NaN, [7]])
        expect(listedEntry(event, { ...full(event), [name]: wrong })).toBeNull();
  });
});

test("keys come in the order of the list, and those that are not listed go", () => {
  const entry = listedEntry("truncated", { client: "x", octets: 7, session: "y" });
  expect(entry).toEqual({ level: 1, event: "truncated", fields: { octets: 7 } });
  const given = { line: "l", helo: "h", by: "us", rule: "r" };
  expect(Object.keys(listedEntry("refused", given)!.fields)).toEqual(["rule", "by", "helo", "line"]);
});

test("a status is a number or a signal, a number is no text, a list has texts", () => {
  expect(listedEntry("end", { ...full("end"), "server-exit": 0 })).not.toBeNull();
  expect(listedEntry("truncated", { octets: "7" })).toBeNull();
  expect(listedEntry("truncated", { octets: Number.POSITIVE_INFINITY })).toBeNull();
  expect(listedEntry("unsolicited", { said: 7 })).toBeNull();
  expect(listedEntry("refused", { ...full("refused"), to: "x" })).toBeNull();
});

test("a reason that is none of its event makes none", () => {
  for (const reason of ["none", "constructor", "block-ip"])
    expect(listedEntry("end", { ...full("end"), reason })).toBeNull();
});

test.each(["nothing", "", "constructor", "__proto__"])("%p is no event", (event) =>
  expect(listedEntry(event, {})).toBeNull(),
);

test.each([null, undefined, "x", 7])("%p is no fields", (fields) =>
  expect(listedEntry("connect", fields)).toBeNull(),
);
