import { expect, test } from "bun:test";
import { Boundaries, MAX_DEPTH } from "../../../src/policy/content/boundaries.ts";

function delimiter(boundaries: Boundaries, line: string) {
  return boundaries.delimiter(line, 2, line.length);
}

const opens = { opens: true, digest: false };
const closes = { opens: false, digest: false };

test("a delimiter is the whole line but for blanks at its end", () => {
  const boundaries = new Boundaries();
  boundaries.open("b", false);
  expect(delimiter(boundaries, "--b \t\r")).toEqual(opens);
  expect(delimiter(boundaries, "--b--\r")).toEqual(closes);
  for (const line of ["--", "--c", "--bb", "--b-", "-- b"]) expect(delimiter(boundaries, line)).toBeNull();
});

test("a boundary may end as a last delimiter does", () => {
  const boundaries = new Boundaries();
  boundaries.open("b--", false);
  expect(delimiter(boundaries, "--b--")).toEqual(opens);
  expect(delimiter(boundaries, "--b----")).toEqual(closes);
});

test("the outer delimiter ends what is within, its last one not the multipart itself", () => {
  const boundaries = new Boundaries();
  expect(boundaries.none).toBeTrue();
  boundaries.open("outer", true);
  boundaries.open("inner", false);
  expect(delimiter(boundaries, "--inner")).toEqual(opens);
  expect(delimiter(boundaries, "--outer--")).toEqual({ opens: false, digest: true });
  expect(delimiter(boundaries, "--inner")).toBeNull();
  expect(delimiter(boundaries, "--outer")).toEqual({ opens: true, digest: true });
});

test("of two with one boundary the outer is found again when the inner has ended", () => {
  const boundaries = new Boundaries();
  boundaries.open("outer", false);
  boundaries.open("same", true);
  boundaries.open("middle", false);
  boundaries.open("same", false);
  expect(delimiter(boundaries, "--same")).toEqual(opens);
  expect(delimiter(boundaries, "--middle")).toEqual(opens);
  expect(delimiter(boundaries, "--same")).toEqual({ opens: true, digest: true });
});

test("there is a limit", () => {
  const boundaries = new Boundaries();
  for (let depth = 0; depth < MAX_DEPTH; depth++) expect(boundaries.open(`${depth}`, false)).toBeTrue();
  expect(boundaries.open("more", false)).toBeFalse();
});
