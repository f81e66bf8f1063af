// What is said of the files of --tls-cert and --tls-key, with certificates that openssl makes on the spot.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Looked, lookAt, type Purpose } from "../../../src/cli/check/certificates.ts";
import { digestOf, issue, newKey } from "../../certificate.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "protowrap-certificates-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const DAY = 86_400_000;
const PURPOSE: Purpose = {
  ...{ hostname: "mx.a.test", ports: [25], isForRoot: false, isRoot: true },
  now: Date.now(),
};
const key = newKey();
const other = newKey();
const certificate = issue(key, ["mx.a.test", "*.b.test"]);

function put(name: string, text: string, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode });
  chmodSync(path, mode);
  return path;
}

function look(certificates: [string, ...string[]], keys: string[] = [], more: Partial<Purpose> = {}): Looked {
  return lookAt({ certificates, keys, where: "--tls-cert" }, { ...PURPOSE, ...more });
}

/** Without the folder, which is another each time. */
function said({ findings }: Looked): string[] {
  return findings.map(({ severity, about, text }) =>
    `${severity}: ${about}: ${text}`.replaceAll(`${folder}/`, ""),
  );
}

function rows({ rows: all }: Looked): string[] {
  return all.map(([subject, sentence]) => `${subject}: ${sentence}`.replaceAll(`${folder}/`, ""));
}

describe("a certificate as it ought to be", () => {
  test("is told with its names, its days and its TLSA record, and nothing is said against it", () => {
    const looked = look([put("c.pem", certificate, 0o644)], [put("k.pem", key)]);
    expect(said(looked)).toEqual([]);
    const until = new Date(PURPOSE.now + 90 * DAY).toISOString().slice(0, 10);
    const [first, ...records] = rows(looked);
    expect(first).toMatch(/^tls: c\.pem: for mx\.a\.test, \*\.b\.test; (?:89|90) days left, until /);
    expect(first).toEndWith(until);
    expect(records).toEqual([`tls: _25._tcp.mx.a.test. IN TLSA 3 1 1 ${digestOf(key)}`]);
  });

  test("has a record for each port, by the name that is ours, or else its own first", () => {
    const both = { ports: [25, 587] };
    const records = (hostname: string) =>
      rows(look([put("c.pem", key + certificate)], [], { ...both, hostname }))
        .slice(1)
        .map((row) => row.replace(/ IN .*/, ""));
    expect(records("MX.a.test")).toEqual(["tls: _25._tcp.mx.a.test.", "tls: _587._tcp.mx.a.test."]);
    expect(records("x.b.test")).toEqual(["tls: _25._tcp.x.b.test.", "tls: _587._tcp.x.b.test."]);
    expect(records("c.test")).toEqual(["tls: _25._tcp.mx.a.test.", "tls: _587._tcp.mx.a.test."]);
  });

  test("has a record without a name where no port and no name is known", () => {
    const record = `tls: TLSA 3 1 1 ${digestOf(key)}`;
    expect(rows(look([put("c.pem", key + certificate)], [], { ports: [] }))[1]).toBe(record);
    const wild = put("w.pem", key + issue(key, ["*.c.test"]));
    expect(rows(look([wild]))[1]).toBe(record);
  });

  test("of many names tells the first", () => {
    const many = issue(key, ["mx.a.test", ..."bcdefgh".split("").map((letter) => `${letter}.test`)]);
    expect(rows(look([put("c.pem", key + many)]))[0]).toContain("e.test, f.test and 2 more; ");
  });
});

describe("an error is", () => {
  test("a key that is another's", () => {
    expect(said(look([put("c.pem", certificate)], [put("k.pem", other)]))).toEqual([
      "error: c.pem: expected its key, in the file or in one of --tls-key",
    ]);
  });

  test("a file that is missing, told once whatever depends on it", () => {
    expect(said(look([put("c.pem", certificate)], [join(folder, "k.pem")]))).toEqual([
      "error: k.pem: cannot be read: ENOENT",
    ]);
    const looked = look([join(folder, "none.pem"), put("c.pem", key + certificate)]);
    expect(said(looked)).toEqual(["error: none.pem: cannot be read: ENOENT"]);
    expect(rows(looked)[0]).toStartWith("tls: c.pem: ");
  });

  test("a file without a certificate, and one with a broken key, each told", () => {
    const looked = look([put("c.pem", "nothing"), put("d.pem", certificate + key.replace(/\n../, "\n!!"))]);
    expect(said(looked)).toEqual([
      expect.stringMatching(/^error: d\.pem: its key is none: /),
      "error: c.pem: expected a certificate in PEM, got none",
    ]);
  });
});

describe("a warning is", () => {
  test("a certificate that ends soon, or has ended: senders do not look, and it is offered on", () => {
    const path = put("c.pem", key + certificate);
    const inDays = (days: number) => said(look([path], [], { now: PURPOSE.now + days * DAY }));
    expect(inDays(75)).toEqual([]);
    expect(inDays(77)).toEqual([expect.stringMatching(/^warning: c\.pem: ends on \S+, in 1[23] days$/)]);
    expect(inDays(91)).toEqual([expect.stringMatching(/^warning: c\.pem: ended on \S+; it is offered on$/)]);
  });

  test("that none of them has our name", () => {
    const [a, b] = [put("a.pem", key + issue(key, ["a.test"])), put("b.pem", key + certificate)];
    expect(said(look([a]))).toEqual([
      "warning: --tls-cert: no certificate is for mx.a.test, our name (--hostname)",
    ]);
    expect(said(look([a, b]))).toEqual([]);
    expect(said(look([b], [], { hostname: "deep.x.b.test" }))).toHaveLength(1);
  });

  test("a key that anyone can read, unless a directory keeps them out", () => {
    const archive = join(folder, "archive");
    mkdirSync(archive, { mode: 0o700 });
    writeFileSync(join(archive, "k.pem"), key, { mode: 0o644 });
    symlinkSync(join(archive, "k.pem"), join(folder, "k.pem"));
    const told = () => said(look([put("c.pem", certificate, 0o644)], [join(folder, "k.pem")]));
    chmodSync(folder, 0o755);
    expect(told()).toEqual([]);
    chmodSync(archive, 0o755);
    expect(told()).toEqual(["warning: k.pem: anyone can read the key in it: chmod 0600"]);
  });

  test("a file that anyone can write", () => {
    const path = put("c.pem", key + certificate, 0o602);
    expect(said(look([path]))).toEqual([
      "warning: c.pem: what proves who we are may be replaced: anyone can write c.pem",
    ]);
  });
});

test.if(process.getuid?.() === 0)("a key that only root may read is no error to whoever is not root", () => {
  const [c, k] = [put("c.pem", certificate, 0o644), put("k.pem", key)];
  chmodSync(folder, 0o755);
  const looked = (more: Partial<Purpose>) => {
    process.seteuid!(65_534);
    try {
      return said(look([c], [k], { isRoot: false, ...more }));
    } finally {
      process.seteuid!(0);
    }
  };
  // Root owns them, which nobody minds where root starts it.
  expect(looked({ isForRoot: true })).toEqual(["warning: k.pem: cannot be looked at by you; root may"]);
  expect(looked({})).toEqual(["error: k.pem: cannot be read: EACCES"]);
});
