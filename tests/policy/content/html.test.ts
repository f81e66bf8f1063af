import { expect, test } from "bun:test";
import { Html } from "../../../src/policy/content/html.ts";

function read(html: string): { text: string; tags: string } {
  let text = "";
  let tags = "";
  const reader = new Html(
    (octet) => (text += String.fromCharCode(octet)),
    (octet) => (tags += String.fromCharCode(octet)),
  );
  for (const octet of Buffer.from(html, "latin1")) reader.decode(octet);
  reader.end();
  return { text, tags };
}

test.each([
  ["plain &amp; simple", "plain & simple"],
  ["&#65;&#x42;&#X43;&#0000000000000000000000000000000000068;", "ABCD"],
  ["&#65B &#x41G;", "AB AG;"],
  ["&ampB &shyB &unknown; &constructor; & ;&", "&B B &unknown; &constructor; & ;&"],
  ["a&shy;b&#8203;c&zwnj;d&#xfeff;e", "abcde"],
  ["a&nbsp;b&#160;&#x2003; c", "a b c"],
  ["&#233;&#x1f600;&#xd800;&#99999999;", "\xc3\xa9\xf0\x9f\x98\x80\xef\xbf\xbd\xef\xbf\xbd"],
  ["&#65", "A"],
  [`&${"a".repeat(1001)};`, `&${"a".repeat(1001)};`],
  ["caf\xc3\xa9", "caf\xc3\xa9"],
])("references: %p shows %p", (html, text) => {
  expect(read(html).text).toBe(text);
});

test.each([
  ["I<b>LO</b>VE", "ILOVE"],
  ["one<br>two<p>three</P >four<span>five<pretty>six", "one\ntwo\nthree\nfourfivesix"],
  ["a\r\n\t b  c\n", "a b c "],
  ["1 < 2 <3 <", "1 < 2 <3 "],
  ["a<!-- b > c -- > -->d<!-->e<!--->f<!doctype x>g<?x?>h</>i", "adefghi"],
  [`a<b c=">" d = '>"' e="'>'" f=">>>`, "a"],
  [`a<b c"">d<b e='x'>f`, "adf"],
])("tags: %p shows %p", (html, text) => {
  expect(read(html).text).toBe(text);
});

test("tags are lines of their own, their references decoded", () => {
  expect(read('x<a\nhref="http&#58;//y">z</a><!-- c --><i>').tags).toBe(
    '<a href="http://y">\n</a>\n<!-\n<i>\n',
  );
});
