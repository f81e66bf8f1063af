import { expect, test } from "bun:test";
import { Boundaries, MAX_DEPTH } from "../../../src/policy/content/boundaries.ts";

function delimiter(boundaries: Boundaries, line: string) {
  return boundaries.delimiter(line, 2, line.length);
}

function open(boundaries: Boundaries, boundary: string, digest: boolean): boolean {
  return boundaries.open({ boundary, start: boundary, digest });
}

const opens = { opens: true, digest: false };
const closes = { opens: false, digest: false };

test("a delimiter is the whole line but for blanks at its end", () => {
  const boundaries = new Boundaries();
  open(boundaries, "b", false);
  expect(delimiter(boundaries, "--b \t\r")).toEqual(opens);
  expect(delimiter(boundaries, "--b--\r")).toEqual(closes);
  for (const line of ["--", "--c", "--bb", "--b-", "-- b"]) expect(delimiter(boundaries, line)).toBeNull();
});

test("a boundary may end as a last delimiter does", () => {
  const boundaries = new Boundaries();
  open(boundaries, "b--", false);
  expect(delimiter(boundaries, "--b--")).toEqual(opens);
  expect(delimiter(boundaries, "--b----")).toEqual(closes);
});

test("the outer delimiter ends what is within, its last one not the multipart itself", () => {
  const boundaries = new Boundaries();
  expect(boundaries.none).toBeTrue();
  open(boundaries, "outer", true);
  open(boundaries, "inner", false);
  expect(delimiter(boundaries, "--inner")).toEqual(opens);
  expect(delimiter(boundaries, "--outer--")).toEqual({ opens: false, digest: true });
  expect(delimiter(boundaries, "--inner")).toBeNull();
  expect(delimiter(boundaries, "--outer")).toEqual({ opens: true, digest: true });
});

test("of two with one boundary the outer is found again when the inner has ended", () => {
  const boundaries = new Boundaries();
  open(boundaries, "outer", false);
  open(boundaries, "same", true);
  open(boundaries, "middle", false);
  open(boundaries, "same", false);
  expect(delimiter(boundaries, "--same")).toEqual(opens);
  expect(delimiter(boundaries, "--middle")).toEqual(opens);
  expect(delimiter(boundaries, "--same")).toEqual({ opens: true, digest: true });
});

test("there is a limit", () => {
  const boundaries = new Boundaries();
  for (let depth = 0; depth < MAX_DEPTH; depth++) expect(open(boundaries, `${depth}`, false)).toBeTrue();
  expect(open(boundaries, "more", false)).toBeFalse();
});

test("who compares beginnings finds the longest that fits", () => {
  const boundaries = new Boundaries();
  boundaries.open({ boundary: "a?b", start: "a", digest: false });
  open(boundaries, "ab", true);
  open(boundaries, "abc", false);
  const level = (line: string) => boundaries.levelOf(line, 2);
  expect([level("--abd"), level("--ax"), level("--b"), level("--abcd")]).toEqual([1, 0, -1, 2]);
  expect(boundaries.beginning(1, "--abd", 2)).toEqual({ opens: true, digest: true });
  expect([level("--abcd"), delimiter(boundaries, "--abc")]).toEqual([1, null]);
  expect(boundaries.beginning(0, "--a--b", 2)).toEqual(closes);
});
