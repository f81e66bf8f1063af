// Lines of the log: their form, and that nobody can forge one.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Entry } from "../../src/record/entry.ts";
import { formatJson, formatText } from "../../src/record/format.ts";

const context = { session: "s.1", client: "192.0.2.7:51422" };

function refused(line: string): Entry {
  return { level: 1, event: "refused", fields: { rule: "relay", line, reply: "550 5.7.1 no" } };
}

describe("a line of text", () => {
  test("tells whose it is first, then the event, then its fields", () => {
    expect(formatText(refused("RCPT TO:<v@evil.test>"), context)).toBe(
      'session=s.1 client=192.0.2.7:51422 event=refused rule=relay line="RCPT TO:<v@evil.test>" reply="550 5.7.1 no"',
    );
  });

  test("has quotes where a value is not plain, and escapes in them", () => {
    const line = 'a"b\\c\r\n\x00\x1b[2J\x7f\x9b\xe9\u2028';
    expect(formatText({ level: 0, event: "e", fields: { line, empty: "", n: 7 } }, {})).toBe(
      'event=e line="a\\"b\\\\c\\x0d\\x0a\\x00\\x1b[2J\\x7f\\x9b\\xe9\\u2028" empty="" n=7',
    );
  });

  test("is bounded whatever is in it", () => {
    expect(formatText(refused("\0".repeat(100_000)), context).length).toBeLessThan(1200);
  });
});

test("a line of JSON has the same names, and numbers", () => {
  const entry: Entry = { level: 1, event: "end", fields: { in: 78, reply: "\x9b\u2028" } };
  const line = formatJson(entry, context);
  expect(line).toBe(
    '{"session":"s.1","client":"192.0.2.7:51422","event":"end","in":78,"reply":"\\u009b\\u2028","level":1}',
  );
  expect(JSON.parse(line).reply).toBe("\x9b\u2028");
});

describe("whatever a value is", () => {
  const hostile = fc.oneof(
    fc.string({ unit: "binary", maxLength: 300 }),
    fc
      .array(fc.constantFrom('"', "\\", " ", "\n", "\r", "event=end", "client=1.2.3.4:5", "=", "{", "}", "x"))
      .map((words) => words.join("")),
  );

  test("text is one printable line, whose fields are read back as they were", () => {
    fc.assert(
      fc.property(hostile, (value) => {
        const line = formatText(refused(value), context);
        expect(line).toMatch(/^[ -~]*$/);
        const fields = read(line);
        expect([...fields.keys()]).toEqual(["session", "client", "event", "rule", "line", "reply"]);
        expect(fields.get("event")).toBe("refused");
        expect(fields.get("line")).toBe(cut(value));
      }),
    );
  });

  test("JSON is one printable line, which is read back as it was", () => {
    fc.assert(
      fc.property(hostile, (value) => {
        const line = formatJson(refused(value), context);
        expect(line).toMatch(/^[ -~]*$/);
        expect(JSON.parse(line)).toEqual({
          ...{ ...context, event: "refused", rule: "relay", line: cut(value), reply: "550 5.7.1 no" },
          level: 1,
        });
      }),
    );
  });
});

function cut(value: string): string {
  return value.length > 200 ? `${value.slice(0, 200)}...` : value;
}

/** A reader as strict as the form: nothing between two fields but one blank. */
function read(line: string): Map<string, string> {
  const fields = new Map<string, string>();
  const field = /([a-z-]+)=(?:"((?:[^"\\]|\\["\\]|\\x[0-9a-f]{2}|\\u[0-9a-f]{4})*)"|([^\s"]+))(?: |$)/gy;
  let at = 0;
  for (const match of line.matchAll(field)) {
    at = match.index + match[0].length;
    const text = match[2]?.replace(/\\(?:(["\\])|x(..)|u(....))/g, (_, plain, short, long) => {
      return plain ?? String.fromCharCode(Number.parseInt(short ?? long, 16));
    });
    fields.set(match[1]!, text ?? match[3]!);
  }
  expect(at).toBe(line.length);
  return fields;
}
