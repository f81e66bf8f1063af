// The certificates of a listener while their files change: as certbot does it, as others do it, and as it goes wrong.

import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Entry } from "../../src/record/entry.ts";
import { Renewal } from "../../src/serve/renewal.ts";
import { makeCertificate } from "../certificate.ts";

const DAY = 86_400_000;

const root = mkdtempSync(join(tmpdir(), "protowrap-renewal-"));
afterAll(() => rmSync(root, { recursive: true }));

const old = makeCertificate(root, "old", { common: "old.test" });
const fresh = makeCertificate(root, "fresh", { common: "new.test" });
const expired = makeCertificate(root, "expired", { common: "expired.test", days: -3 });
const short = makeCertificate(root, "short", { common: "short.test", days: 10 });

let directory: string;
let clock: number;
let told: string[];
beforeEach(() => {
  directory = mkdtempSync(join(root, "files-"));
  clock = Date.now();
  told = [];
});

const path = (name: string) => join(directory, name);
const log = ({ event, level, fields }: Entry) => {
  expect([event, level]).toEqual(["certificate", 0]);
  const { state, cert } = fields as { readonly state: string; readonly cert: string };
  told.push(`${state} ${cert}`);
};

/** One file of certificate and key, where nothing else is said. */
function renewal(
  certificates: readonly [string, ...string[]] = [path("c.pem")],
  keys: readonly string[] = [],
) {
  return new Renewal({ certificates, keys }, log, () => clock);
}

function put(name: string, ...texts: string[]): void {
  writeFileSync(path(`${name}.new`), texts.join(""));
  renameSync(path(`${name}.new`), path(name));
}

/** As certbot has it: /live/x.pem is a link to /archive/xN.pem, and another link takes its place. */
function link(name: string, target: string): void {
  symlinkSync(target, path(`${name}.new`));
  renameSync(path(`${name}.new`), path(name));
}

function labelOf({ current }: Renewal): string {
  return current.includes(JSON.stringify(fresh.text.certificate).slice(1, -1)) ? "new" : "old";
}

describe("certificates of files", () => {
  test("are told of when they are loaded, and no file is looked at in vain", () => {
    put("c.pem", old.text.certificate, old.text.key);
    const files = renewal();
    expect(told).toEqual(["loaded old.test"]);
    for (let look = 0; look < 5; look++) expect(files.look()).toBe(false);
    expect(told).toEqual(["loaded old.test"]);
  });

  test("are others when a file is another: moved in its place, or written anew", () => {
    put("c.pem", old.text.certificate, old.text.key);
    const files = renewal();
    put("c.pem", fresh.text.certificate, fresh.text.key);
    expect(files.look()).toBe(true);
    expect(labelOf(files)).toBe("new");
    expect(files.look()).toBe(false);
    writeFileSync(path("c.pem"), old.text.certificate + old.text.key);
    expect(files.look()).toBe(true);
    expect(labelOf(files)).toBe("old");
    expect(told).toEqual(["loaded old.test", "loaded new.test", "loaded old.test"]);
  });

  test("are others when links lead elsewhere, as certbot moves them", () => {
    link("cert.pem", old.certificate);
    link("key.pem", old.key);
    const files = renewal([path("cert.pem")], [path("key.pem")]);
    link("cert.pem", fresh.certificate);
    link("key.pem", fresh.key);
    expect(files.look()).toBe(true);
    expect(labelOf(files)).toBe("new");
  });

  test("are kept between one link and the other, of which nobody is told, and then others", () => {
    link("cert.pem", old.certificate);
    link("key.pem", old.key);
    const files = renewal([path("cert.pem")], [path("key.pem")]);
    link("key.pem", fresh.key);
    expect(files.look()).toBe(false);
    expect(labelOf(files)).toBe("old");
    link("cert.pem", fresh.certificate);
    expect(files.look()).toBe(true);
    expect(labelOf(files)).toBe("new");
    for (let look = 0; look < 3; look++) expect(files.look()).toBe(false);
    expect(told).toEqual(["loaded old.test", "loaded new.test"]);
    // What was right is looked at with as much patience as before.
    link("key.pem", old.key);
    expect(files.look()).toBe(false);
    expect(told).toHaveLength(2);
  });

  test("are kept where the other link does not follow, which is told once, at the second look", () => {
    link("cert.pem", old.certificate);
    link("key.pem", old.key);
    const files = renewal([path("cert.pem")], [path("key.pem")]);
    link("key.pem", fresh.key);
    expect(files.look()).toBe(false);
    expect(told).toEqual(["loaded old.test"]);
    for (let look = 0; look < 3; look++) {
      expect(files.look()).toBe(false);
      expect(told.slice(1)).toEqual([`kept-old ${path("cert.pem")}`]);
    }
    expect(labelOf(files)).toBe("old");
    link("cert.pem", fresh.certificate);
    expect(files.look()).toBe(true);
    expect(labelOf(files)).toBe("new");
    expect(told).toEqual(["loaded old.test", `kept-old ${path("cert.pem")}`, "loaded new.test"]);
  });

  test.each([
    ["broken", () => put("c.pem", "nonsense")],
    ["without its key", () => put("c.pem", fresh.text.certificate)],
    ["of another key", () => put("c.pem", fresh.text.certificate, old.text.key)],
    ["gone", () => unlinkSync(path("c.pem"))],
  ])("are kept when the file is %s: told once, and recovered from", (_, spoil) => {
    put("c.pem", old.text.certificate, old.text.key);
    const files = renewal();
    spoil();
    for (let look = 0; look < 3; look++) expect(files.look()).toBe(false);
    expect(labelOf(files)).toBe("old");
    expect(told).toEqual(["loaded old.test", `kept-old ${path("c.pem")}`]);
    put("c.pem", fresh.text.certificate, fresh.text.key);
    expect(files.look()).toBe(true);
    expect(labelOf(files)).toBe("new");
    expect(told.at(-1)).toBe("loaded new.test");
  });

  test("that are broken in another way are told of once more", () => {
    put("c.pem", old.text.certificate, old.text.key);
    const files = renewal();
    const times = () => told.filter((line) => line.startsWith("kept-old")).length;
    put("c.pem", "nonsense");
    for (let look = 0; look < 2; look++) files.look();
    expect(times()).toBe(1);
    put("c.pem", "more nonsense");
    for (let look = 0; look < 2; look++) files.look();
    expect(times()).toBe(2);
    // Wrong in one way at one look and in another at the next it is told all the same.
    put("c.pem", "nonsense once more");
    files.look();
    put("c.pem", "and another");
    files.look();
    expect(times()).toBe(3);
  });

  test("that are broken at the beginning are no beginning", () => {
    put("c.pem", "nonsense");
    expect(() => renewal()).toThrow(/c\.pem: expected a certificate in PEM/);
    expect(() => renewal([path("missing.pem")])).toThrow(/missing\.pem: cannot be read: ENOENT/);
    expect(told).toEqual([]);
  });

  test("of which one is broken are kept together", () => {
    put("a.pem", old.text.certificate, old.text.key);
    put("b.pem", expired.text.certificate, expired.text.key);
    const files = renewal([path("a.pem"), path("b.pem")]);
    put("a.pem", fresh.text.certificate, fresh.text.key);
    put("b.pem", "nonsense");
    expect(files.look()).toBe(false);
    expect(labelOf(files)).toBe("old");
  });
});

describe("a date", () => {
  test("that has passed is told of at the beginning and once a day, and served all the same", () => {
    put("c.pem", expired.text.certificate, expired.text.key);
    const files = renewal();
    expect(told).toEqual(["loaded expired.test", "expired expired.test"]);
    clock += DAY - 1;
    expect(files.look()).toBe(false);
    expect(told).toHaveLength(2);
    clock += 1;
    files.look();
    files.look();
    expect(told.slice(2)).toEqual(["expired expired.test"]);
  });

  test("that is near is told of once a day, from the fourteenth day on", () => {
    put("c.pem", old.text.certificate, old.text.key);
    const files = renewal();
    // It ends in thirty days, but for the moments since it was made.
    for (let day = 1; day <= 15; day++) {
      clock += DAY;
      files.look();
    }
    expect(told).toEqual(["loaded old.test"]);
    clock += DAY;
    files.look();
    expect(told.slice(1)).toEqual(["expiring old.test"]);
    put("c.pem", short.text.certificate, short.text.key);
    clock = Date.now();
    expect(files.look()).toBe(true);
    expect(told.slice(2)).toEqual(["loaded short.test", "expiring short.test"]);
  });

  test("passes while files are broken: the old ones are told of", () => {
    put("c.pem", old.text.certificate, old.text.key);
    const files = renewal();
    put("c.pem", "nonsense");
    for (let look = 0; look < 2; look++) files.look();
    clock += 40 * DAY;
    files.look();
    expect(told.at(-1)).toBe("expired old.test");
  });
});
