import { expect, test } from "bun:test";
import { Entity } from "../../../src/policy/content/entity.ts";

function entity(...fields: string[]): Entity {
  const entity = new Entity(false);
  for (const field of fields) entity.field(field);
  return entity;
}

test.each([
  ["no type is text", [], true],
  ["text", ["Content-Type: text/html; charset=x"], true],
  ["a type that is none", ["Content-Type: text"], true],
  ["an attachment", ["Content-Type: application/octet-stream"], false],
  ["a multipart without a boundary", ["Content-Type: multipart/mixed"], true],
  ["a multipart", ["content-type : multipart/mixed; boundary=b"], false],
  ["contradictions, one of them text", ["Content-Type: image/png", "Content-Type: text/plain"], true],
  ["another field", ["X-Content-Type: image/png"], true],
])("%s", (_, fields, text) => {
  expect(entity(...fields).text).toBe(text);
});

test.each([
  ["boundary=b", ["b"]],
  ['charset="x;boundary=no"; BOUNDARY = "b c\\"d;" ; x=y', ['b c"d;']],
  ["(a (nested;) comment; boundary=no \\) ) boundary=b (end)", ["b"]],
  ['boundary*0="one"; boundary*1*=two', ["onetwo"]],
  ["boundary=b trailing", ["b"]],
  ["xboundary=b; boundary", []],
  [`boundary=${"b".repeat(997)}`, []],
  ['boundary="open', ["open"]],
  [") boundary=b", []],
])("of %p the boundaries are %p", (parameters, boundaries) => {
  expect(entity(`Content-Type: multipart/mixed; ${parameters}`).boundaries).toEqual(boundaries);
});

test("of many boundaries some are kept", () => {
  const fields = Array.from({ length: 9 }, (_, at) => `Content-Type: multipart/mixed; boundary=${at}`);
  expect(entity(...fields).boundaries).toEqual(["0", "1", "2", "3"]);
});

test("both encodings are believed", () => {
  const { base64, quotedPrintable } = entity(
    "Content-Transfer-Encoding: (c) BASE64",
    "Content-Transfer-Encoding: Quoted-Printable",
  );
  expect({ base64, quotedPrintable }).toEqual({ base64: true, quotedPrintable: true });
  expect(entity("Content-Transfer-Encoding: 8bit").base64).toBeFalse();
});

test("a message has a header of its own unless it is encoded", () => {
  expect(entity("Content-Type: message/rfc822").message).toBeTrue();
  expect(entity("Content-Type: text/plain").message).toBeFalse();
  const encoded = entity("Content-Type: message/rfc822", "Content-Transfer-Encoding: base64");
  expect([encoded.message, encoded.text]).toEqual([false, true]);
});

test("what a digest holds are messages", () => {
  expect(entity("Content-Type: multipart/digest; boundary=b").digest).toBeTrue();
  expect([new Entity(true).message, new Entity(false).message]).toEqual([true, false]);
});
