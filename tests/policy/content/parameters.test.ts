import { expect, test } from "bun:test";
import { readings, valuesOf } from "../../../src/policy/content/parameters.ts";

function values(body: string, name = "name"): string[] {
  return readings(body).flatMap(({ parameters }) =>
    valuesOf(parameters, name).map(({ text, charset }) => (charset === null ? text : `${charset}:${text}`)),
  );
}

test.each([
  ["x; name=a", ["a"]],
  ["x; NAME = a b", ["a", "a b"]],
  ['x; name="a;\\"b" ; y', ['a;"b']],
  ["x; name=a; name=b; name=a", ["a", "b"]],
  ["x; name*1=b; name*0=a", ["ab", "ba"]],
  ["x; name*0=a; name*2=c", ["a", "ac"]],
  ["x; name*0=a; name*0=b; name*1=c", ["ac", "abc"]],
  ["x; name*1=a", ["a"]],
  ["x; name=p; name*0=a", ["p", "a"]],
  ["x; name*=utf-8'en'%41%zz", ["utf-8:A%zz"]],
  ["x; name*=%41", ["A"]],
  ["x; name*=''%41", ["A"]],
  ["x; name*0*=utf-8''%41; name*1=%42; name*2*=%43", ["utf-8:A%42C"]],
  ["x; name=a(b)c", ["ac", "a(b)c"]],
  ["(x; name=b) x; name=a", ["a", "b)", "b) x", "a"]],
  ['x; name*1="b"; name*0=a"', ["ab", "ba", 'a"b']],
  ['x; name*0="a b"; name*1=c d', ["a bc", "a bc d"]],
  ["x; name*1=b; name*=a", ["a", "ab"]],
  ['x; name=~"a\\b c"', ['~"a\\b', '~"a\\b c"', "~ab c"]],
  ["x; other=a", []],
  ["x; name\t*0 =a; name *1 *=%42", ["aB"]],
  ['x; name="a"b', ["a", '"a"b', "ab"]],
  ["x; name=a*b", ["a*b", "a"]],
  ["x name=a; name=b", ["a", "b"]],
  ["x; name*=us-as cii'en'%41", ["us-as", "us-as cii:A"]],
])("in %p it is %p", (body, expected) => {
  expect(values(body)).toEqual(expected);
});

test("the value is before all parameters", () => {
  expect(readings(" text/(x)plain ; a=b").map(({ value }) => value)).toEqual(["text/plain", "text/(x)plain"]);
  expect(readings("")[0]).toEqual({ value: "", parameters: [] });
});
