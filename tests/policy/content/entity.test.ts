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
  ["a type of three", ["Content-Type: image/png/x"], true],
  ["an attachment", ["Content-Type: application/octet-stream"], false],
  ["a multipart without a boundary", ["Content-Type: multipart/mixed"], true],
  ["a multipart", ["content-type : multipart/mixed; boundary=b"], false],
  ["contradictions, one of them text", ["Content-Type: image/png", "Content-Type: text/plain"], true],
  ["another field", ["X-Content-Type: image/png"], true],
])("%s", (_, fields, text) => {
  expect(entity(...fields).text).toBe(text);
});

const boundaries = (entity: Entity) =>
  entity.forms.flatMap((form) => (form.is === "multipart" ? [form.boundary] : []));

test.each([
  ["boundary=b", ["b"]],
  ['charset="x;boundary=no"; BOUNDARY = "b c\\"d;" ; x=y', ['b c"d;']],
  ["(a (nested;) comment; boundary=no \\) ) boundary=b (end)", ["b", "no", "no \\) ) boundary=b (end)"]],
  ['boundary*0="one"; boundary*1*=two', ["onetwo"]],
  ['boundary*1=two; boundary*0="one"', ["onetwo", "twoone"]],
  ["boundary*=us-ascii'en'b%20c", ["b c"]],
  ["boundary*0=a; boundary*2=c", ["a", "ac"]],
  ["boundary=a; boundary=b; boundary=a", ["a", "b"]],
  ["boundary=b trailing", ["b", "b trailing"]],
  ["xboundary=b; boundary", []],
  [`boundary=${"b".repeat(4097)}`, []],
  ['boundary="open', ["open", '"open']],
  ['boundary="<b>"', ["<b>", "b"]],
  ['boundary="\\"b\\""', ['"b"', "b"]],
  ["boundary*=utf-7''+AGI-", ["+AGI-", "b"]],
  ["boundary=b*c", ["b*c", "b"]],
  [") boundary=b", []],
])("of %p the boundaries are %p", (parameters, expected) => {
  expect(boundaries(entity(`Content-Type: multipart/mixed; ${parameters}`))).toEqual(expected);
});

test("who compares beginnings compares a token, or eighty octets", () => {
  const start = (parameter: string) =>
    entity(`Content-Type: multipart/mixed; ${parameter}`).forms.map(
      (form) => form.is === "multipart" && form.start,
    );
  expect(start("boundary=a=b")).toEqual(["a"]);
  expect(start('boundary="a=b"')).toEqual(["a=b"]);
  expect(start(`boundary=${"a".repeat(99)}`)).toEqual(["a".repeat(80)]);
});

test("a semicolon may be forgotten", () => {
  expect(boundaries(entity('Content-Type: multipart/mixed boundary="b"'))).toEqual(["b"]);
});

test.each([
  ["boundaries", (at: number) => `Content-Type: multipart/mixed; boundary=${at}`],
  ["charsets", (at: number) => `Content-Type: text/plain; charset=${at}`],
])("of many %s nobody can mean all", (_, field) => {
  const fields = (count: number) => Array.from({ length: count }, (_, at) => field(at));
  expect([entity(...fields(4)).tooMuch, entity(...fields(9)).tooMuch]).toEqual([false, true]);
  expect(entity(`Content-Type: multipart/mixed; boundary=${"b".repeat(4097)}`).tooMuch).toBeTrue();
});

test("both encodings are believed", () => {
  const both = ["Content-Transfer-Encoding: (c) BASE64", "Content-Transfer-Encoding: Quoted-Printable"];
  expect(entity(...both).encodings).toEqual(["base64", "quoted-printable"]);
  expect(entity("Content-Transfer-Encoding: 8bit").encodings).toEqual([]);
  expect(entity('Content-Transfer-Encoding: "base64" indeed').encodings).toEqual(["base64"]);
});

test("charsets are by any name", () => {
  const charset = (parameters: string) => entity(`Content-Type: text/plain; ${parameters}`).charsets;
  expect(charset("charset='UTF-7'")).toEqual(["utf-7"]);
  expect(charset("charset*1=f-7; charset*0=ut")).toEqual(["utf-7", "f-7ut"]);
  expect(charset("x=y; charset=''")).toEqual([]);
  expect(charset("charset=utf-7/x")).toEqual(["utf-7/x", "utf-7"]);
});

const forms = (...fields: string[]) => entity(...fields).forms.map(({ is }) => is);

test("an encoded message is a text, too, for who decodes it first", () => {
  expect(forms("Content-Type: message/rfc822")).toEqual(["message"]);
  expect(forms("Content-Type: message/delivery-status")).toEqual(["fields"]);
  expect(forms("Content-Type: text/plain")).toEqual(["leaf"]);
  const encoded = entity("Content-Type: message/rfc822", "Content-Transfer-Encoding: base64");
  expect([encoded.forms.map(({ is }) => is), encoded.text]).toEqual([["message", "leaf"], true]);
});

test("what a digest holds are messages", () => {
  const [form] = entity("Content-Type: multipart/digest; boundary=b").forms;
  expect(form).toEqual({ is: "multipart", boundary: "b", start: "b", digest: true });
  expect([true, false].map((inDigest) => new Entity(inDigest).forms[0]!.is)).toEqual(["message", "leaf"]);
});

test("a clone goes its own way", () => {
  const one = entity("Content-Type: multipart/mixed; boundary=a", "Content-Transfer-Encoding: base64");
  const other = one.clone();
  other.field("Content-Type: multipart/mixed; boundary=b");
  expect([boundaries(one), boundaries(other), other.encodings]).toEqual([["a"], ["a", "b"], ["base64"]]);
});
