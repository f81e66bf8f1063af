// What a renewed certificate tells of its key: who has a TLSA record of the old one must know.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Renewal } from "../../src/serve/renewal.ts";
import { digestOf, issue, newKey } from "../certificate.ts";
import { checkEntry } from "../record/lists.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "protowrap-renewal-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Watched {
  readonly renewal: Renewal;
  /** What the log was told since it was last asked: states, and what of a key is told. */
  told(): string[];
}

function watched(...certificates: [string, ...string[]]): Watched {
  const lines: string[] = [];
  const renewal = new Renewal({ certificates, keys: [] }, (entry) => {
    checkEntry(entry);
    const { state, cert, tlsa } = entry.fields as Readonly<Record<string, unknown>>;
    lines.push([state, cert, ...(tlsa === undefined ? [] : [tlsa])].join(" "));
  });
  return { renewal, told: () => lines.splice(0) };
}

function put(name: string, pem: string): string {
  const path = join(folder, name);
  writeFileSync(path, pem);
  return path;
}

test("a certificate that is renewed with its key says nothing of it, one with another key its TLSA record", () => {
  const [key, other] = [newKey(), newKey()];
  const path = put("a.pem", key + issue(key, ["a.test"]));
  const { renewal, told } = watched(path);
  expect(told()).toEqual(["loaded a.test"]);
  expect(renewal.look()).toBe(false);
  put("a.pem", `${key}${issue(key, ["a.test"])}\n`);
  expect(renewal.look()).toBe(true);
  expect(told()).toEqual(["loaded a.test"]);
  put("a.pem", `${other}${issue(other, ["a.test"])}\n\n`);
  expect(renewal.look()).toBe(true);
  expect(told()).toEqual([`loaded a.test 3 1 1 ${digestOf(other)}`]);
  put("a.pem", `${other}${issue(other, ["a.test"])}\n\n\n`);
  expect(renewal.look()).toBe(true);
  expect(told()).toEqual(["loaded a.test"]);
});

test("of two certificates only the one with another key tells its record", () => {
  const [key, other] = [newKey(), newKey()];
  const first = put("a.pem", key + issue(key, ["a.test"]));
  const { renewal, told } = watched(first, put("b.pem", key + issue(key, ["b.test"])));
  told();
  put("b.pem", `${other}${issue(other, ["b.test"])}\n`);
  expect(renewal.look()).toBe(true);
  expect(told()).toEqual(["loaded a.test", `loaded b.test 3 1 1 ${digestOf(other)}`]);
});

test("a file that is broken keeps the old certificate, and the key that is told of is the one served before", () => {
  const [key, other] = [newKey(), newKey()];
  const path = put("a.pem", key + issue(key, ["a.test"]));
  const { renewal, told } = watched(path);
  const served = renewal.current;
  told();
  put("a.pem", issue(other, ["a.test"]));
  for (let look = 0; look < 2; look++) expect(renewal.look()).toBe(false);
  expect(told()).toEqual([`kept-old ${path}`]);
  expect(renewal.current).toBe(served);
  put("a.pem", `${other}${issue(other, ["a.test"])}\n`);
  expect(renewal.look()).toBe(true);
  expect(told()).toEqual([`loaded a.test 3 1 1 ${digestOf(other)}`]);
});
