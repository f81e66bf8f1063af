// Lines of the log: their form, and that nobody can forge one.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Entry } from "../../src/record/entry.ts";
import { formatJson, formatText } from "../../src/record/format.ts";

const context = { session: "s.1", client: "192.0.2.7:51422" };

function refused(line: string): Entry {
  return { level: 1, event: "refused", fields: { rule: "relay", by: "us", reply: "550 5.7.1 no", line } };
}

function told(line: string): Entry<"command"> {
  return { level: 3, event: "command", fields: { line } };
}

describe("a line of text", () => {
  test("tells whose it is first, then the event, then its fields", () => {
    expect(formatText(refused("RCPT TO:<v@evil.test>"), context)).toBe(
      'session=s.1 client=192.0.2.7:51422 event=refused rule=relay by=us reply="550 5.7.1 no" line="RCPT TO:<v@evil.test>"',
    );
  });

  test.each([
    ['a"b\\c\r\n\x00\x1b[2J\x7f', '"a\\"b\\\\c\\x0d\\x0a\\x00\\x1b[2J\\x7f"'],
    ["", '""'],
    ["\xe9\x9b", '"\\xe9\\x9b"'], // octets that are no UTF-8
    ["J\xc3\xbcrgen \xe6\xbc\xa2 \xf0\x9f\x93\xac", '"Jürgen 漢 📬"'],
    ["\xc2\x9b\xe2\x80\xa8\xe2\x80\xae", '"\\x9b\\u2028\\u202e"'], // a control, a line end, a turn of direction
    ["\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80", '"\\xc0\\x80\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80"'], // overlong, half, too far
    ["\u6f22\u202e", '"漢\\u202e"'], // text of our own
  ])("writes %j as %s", (line, written) => {
    expect(formatText(told(line), {})).toBe(`event=command line=${written}`);
  });

  test("has numbers, and lists with commas", () => {
    const fields = { octets: 7, recipients: 2, reply: "250", from: "", to: ["a@b.test", "c@d.test"] };
    expect(formatText({ level: 1, event: "message", fields }, {})).toBe(
      'event=message octets=7 recipients=2 reply=250 from="" to="a@b.test,c@d.test"',
    );
  });

  test("is bounded whatever is in it", () => {
    expect(formatText(refused("\0".repeat(100_000)), context).length).toBeLessThan(1200);
  });

  test("is never cut within a character", () => {
    const line = formatText(told(`${"x".repeat(199)}\xf0\x9f\x93\xac`), {});
    expect(line).toEndWith("x...");
    expect(line).not.toMatch(/\p{Cs}/u);
  });
});

test("a line of JSON has the same names, numbers and lists", () => {
  const fields = {
    octets: 78,
    recipients: 1,
    reply: "\xc2\x9b\xe2\x80\xa8\xe9",
    from: "",
    to: ["\xc3\xbc@b.test"],
  };
  const line = formatJson({ level: 1, event: "message", fields }, context);
  expect(line).toBe(
    '{"session":"s.1","client":"192.0.2.7:51422","event":"message","octets":78,"recipients":1,"reply":"\\u009b\\u2028é","from":"","to":["ü@b.test"],"level":1}',
  );
  expect(JSON.parse(line).reply).toBe("\x9b\u2028\xe9");
});

describe("whatever a value is", () => {
  const hostile = fc.oneof(
    fc.array(
      fc.integer({ min: 0, max: 255 }).map((unit) => String.fromCharCode(unit)),
      { maxLength: 300 },
    ),
    fc.array(
      fc.constantFrom('"', "\\", " ", "\n", "\r", "event=end", "client=1.2.3.4:5", "=", "{", "}", "x"),
    ),
    fc.array(fc.constantFrom("\xc3\xbc", "\xe2\x80\xae", "\xf0\x9f\x93\xac", "\xc2\x85", "\xe9")),
  );
  const octets = hostile.map((words) => words.join(""));

  test("text is one line that shows, whose fields are read back as they were", () => {
    fc.assert(
      fc.property(octets, (value) => {
        const line = formatText(refused(value), context);
        expect(line).toMatch(/^[^\p{C}\p{Zl}\p{Zp}]*$/u);
        const fields = read(line);
        expect([...fields.keys()]).toEqual(["session", "client", "event", "rule", "by", "reply", "line"]);
        expect(fields.get("event")).toBe("refused");
        expect(fields.get("line")).toBe(cut(value));
      }),
    );
  });

  test("JSON is one line that shows, which is read back as it was", () => {
    fc.assert(
      fc.property(octets, (value) => {
        const line = formatJson(refused(value), context);
        expect(line).toMatch(/^[^\p{C}\p{Zl}\p{Zp}]*$/u);
        expect(JSON.parse(line)).toEqual({
          ...{
            ...context,
            event: "refused",
            rule: "relay",
            by: "us",
            reply: "550 5.7.1 no",
            line: cut(value),
          },
          level: 1,
        });
      }),
    );
  });
});

/** Characters where the octets are UTF-8, and lone octets as the units they were. */
function meant(octets: string): string {
  let text = "";
  for (let at = 0; at < octets.length; ) {
    const length = [4, 3, 2].find((size) => {
      const bytes = Buffer.from(octets.slice(at, at + size), "latin1");
      return bytes.length === size && bytes.toString().length <= 2 && bytes.equals(Buffer.from(one(bytes)));
    });
    text += length === undefined ? octets[at]! : one(Buffer.from(octets.slice(at, at + length), "latin1"));
    at += length ?? 1;
  }
  return text;
}

/** The one character that these octets are, or nothing. */
function one(bytes: Buffer): string {
  const text = bytes.toString();
  return [...text].length === 1 && !text.includes("\ufffd") ? text : "";
}

function cut(value: string): string {
  const text = meant(value);
  return text.length > 200 ? `${text.slice(0, 200).replace(/[\ud800-\udbff]$/, "")}...` : text;
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
