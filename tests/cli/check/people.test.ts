// Whom a configuration makes of whom, and whom it cannot.

import { expect, test } from "bun:test";
import type { Finding } from "../../../src/cli/check/finding.ts";
import { type People, peopleOf } from "../../../src/cli/check/people.ts";
import { settled } from "../../settled.ts";

const people = (...argv: string[]) => peopleBy("ann", ...argv);

async function peopleBy(checker: "root" | "ann", ...argv: string[]): Promise<People & { said: string[] }> {
  const found: Finding[] = [];
  const { settings } = await settled("pop3", ...argv);
  const made = peopleOf(settings, checker === "root", (finding) => found.push(finding));
  return { ...made, said: found.map(({ severity, about, text }) => `${severity} ${about}: ${text}`) };
}

const nobody = (gid: number) => ({ name: "65534", uid: 65534, gid });

test("nobody is become unless it is said", async () => {
  expect(await people()).toEqual({ wrapper: null, server: null, said: [] });
});

test("the server is as the wrapper, its group too, unless it has a user of its own", async () => {
  expect(await people("--user", "65534")).toEqual({
    wrapper: nobody(65534),
    server: nobody(65534),
    said: [],
  });
  expect(await people("--user", "65534", "--group", "7")).toEqual({
    wrapper: nobody(7),
    server: nobody(7),
    said: [],
  });
  expect(await people("--user", "65534", "--group", "7", "--server-user", "root")).toEqual({
    wrapper: nobody(7),
    server: { name: "root", uid: 0, gid: 0 },
    said: [],
  });
});

test("what no start would take is an error", async () => {
  expect((await people("--user", "nobuddy")).said).toEqual(['error --user: there is no user "nobuddy"']);
  expect((await people("--user", "65534", "--group", "no group")).said).toEqual([
    'error --group: there is no group "no group"',
  ]);
  expect((await people("--user", "65534", "--server-user", "nobuddy")).said).toEqual([
    'error --server-user: there is no user "nobuddy"',
  ]);
  expect((await people("--user", "root")).said).toEqual([
    "error --user: root is allowed for --server-user only",
  ]);
  expect((await people("--server-user", "root")).said).toEqual([
    "error --server-user: expected --user with it: only root can become somebody else",
  ]);
});

test("a group alone does nothing", async () => {
  expect((await people("--group", "7")).said).toEqual(["warning --group: has no effect without --user"]);
});

test("root, who has to be told whom to become, is told so", async () => {
  const missing = "warning --user: missing: started as root, as you are now, it refuses to run";
  expect((await peopleBy("root")).said).toEqual([missing]);
  expect((await peopleBy("root", "--user", "65534")).said).toEqual([]);
});
