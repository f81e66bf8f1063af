// Whom servers are trusted by: files that were named, the system's, and files that are none.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import type { Destination } from "../../src/io/tcp.ts";
import { withRoots } from "../../src/options/roots.ts";
import { UsageError } from "../../src/options/usage.ts";
import { Authority } from "../e2e/parts/authority.ts";
import { Scratch } from "../e2e/parts/scratch.ts";

const scratch = new Scratch();
let root: string;
beforeAll(async () => {
  root = (await Authority.make(scratch)).root.certificate;
});
afterAll(() => scratch[Symbol.asyncDispose]());

const to = (ca: string | null): Destination => ({
  ...{ host: "127.0.0.1", port: 25, weight: 1 },
  tls: { starts: "starttls", name: "mx.test", ca },
});
const plain: Destination = { ...to(null), tls: null };

describe("The certificates that servers are trusted by", () => {
  test("are read for each that speaks TLS, and for no other", () => {
    const text = readFileSync(root, "latin1");
    expect(withRoots([plain, to(root)], "--connect")).toEqual([
      null,
      { starts: "starttls", name: "mx.test", roots: text },
    ]);
  });

  test("are the system's where no file is named", () => {
    const system = scratch.file("system.pem", `a comment\n${readFileSync(root, "latin1")}`);
    expect(withRoots([to(null)], "--connect", system)[0]?.roots).toBe(readFileSync(root, "latin1"));
    expect(() => withRoots([to(null)], "--connect", "/no/such.pem")).toThrow("/no/such.pem");
  });

  test.each([
    ["/no/such.pem", null, "cannot be read: ENOENT"],
    ["empty.pem", "nothing\n", "has none"],
    ["broken.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "has one that is none"],
  ])("are not those of %s", (name, content, what) => {
    const path = content === null ? name : scratch.file(name, content);
    const wrong = () => withRoots([to(path)], "FILE:3: connect");
    expect(wrong).toThrow(UsageError);
    expect(wrong).toThrow(`FILE:3: connect: expected certificates in PEM, got ${path}, which ${what}`);
  });
});
