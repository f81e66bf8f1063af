// Whom a configuration makes of whom, and whom it cannot.

import { expect, test } from "bun:test";
import type { Finding } from "../../../src/cli/check/finding.ts";
import { type People, peopleOf } from "../../../src/cli/check/people.ts";
import { parse } from "../../../src/cli/parse.ts";

function people(...argv: string[]): People & { said: string[] } {
  const found: Finding[] = [];
  const made = peopleOf(parse("pop3", argv).values, (finding) => found.push(finding));
  return { ...made, said: found.map(({ severity, about, text }) => `${severity} ${about}: ${text}`) };
}

const nobody = (gid: number) => ({ name: "65534", uid: 65534, gid });

test("nobody is become unless it is said", () => {
  expect(people()).toEqual({ wrapper: null, server: null, said: [] });
});

test("the server is as the wrapper, its group too, unless it has a user of its own", () => {
  expect(people("--user", "65534")).toEqual({ wrapper: nobody(65534), server: nobody(65534), said: [] });
  expect(people("--user", "65534", "--group", "7")).toEqual({
    wrapper: nobody(7),
    server: nobody(7),
    said: [],
  });
  expect(people("--user", "65534", "--group", "7", "--server-user", "root")).toEqual({
    wrapper: nobody(7),
    server: { name: "root", uid: 0, gid: 0 },
    said: [],
  });
});

test("what no start would take is an error", () => {
  expect(people("--user", "nobuddy").said).toEqual(['error --user: there is no user "nobuddy"']);
  expect(people("--user", "65534", "--group", "no group").said).toEqual([
    'error --group: there is no group "no group"',
  ]);
  expect(people("--user", "65534", "--server-user", "nobuddy").said).toEqual([
    'error --server-user: there is no user "nobuddy"',
  ]);
  expect(people("--user", "root").said).toEqual(["error --user: root is allowed for --server-user only"]);
  expect(people("--server-user", "root").said).toEqual([
    "error --server-user: expected --user with it: only root can become somebody else",
  ]);
});

test("a group alone does nothing", () => {
  expect(people("--group", "7").said).toEqual(["warning --group: has no effect without --user"]);
});
