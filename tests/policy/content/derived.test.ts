import { expect, test } from "bun:test";
import { DerivedText } from "../../../src/policy/content/derived.ts";

function written(write: (text: DerivedText) => void): string {
  let seen = "";
  const text = new DerivedText((octets) => {
    seen += Buffer.from(octets).toString("latin1");
  });
  write(text);
  text.end();
  return seen;
}

const octets = (text: DerivedText, source: string) => {
  for (const octet of Buffer.from(source, "latin1")) text.octet(octet);
};

test("CR, LF and CRLF end a line, dots are stuffed, NUL is left out", () => {
  expect(written((text) => octets(text, "a\rb\nc\r\nd\n\r.e.\n..\0I\0L\0"))).toBe(
    "a\r\nb\r\nc\r\nd\r\n\r\n..e.\r\n...IL\r\n",
  );
});

test("lines stand apart from what is around them", () => {
  expect(
    written((text) => {
      octets(text, "open");
      text.line("one");
      text.line(".two");
      octets(text, "\n\r");
      text.endLine();
      octets(text, "\nrest");
    }),
  ).toBe("open\r\none\r\n..two\r\n\r\n\r\n\r\nrest\r\n");
});

test("what is complete can be looked at early", () => {
  const seen: string[] = [];
  const text = new DerivedText((view) => seen.push(Buffer.from(view).toString()));
  text.lines();
  text.line("one");
  octets(text, "tw");
  text.lines();
  expect(seen).toEqual(["one\r\n"]);
  octets(text, "o");
  text.end();
  expect(seen).toEqual(["one\r\n", "two\r\n"]);
});
