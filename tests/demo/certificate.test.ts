// The demo's certificate, as others read it: the runtime, openssl, and what serves it.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { selfSigned } from "../../src/demo/certificate.ts";
import { certificatesOf, daysLeft } from "../../src/options/certificates.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "protowrap-demo-certificate-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const NOW = Date.UTC(2026, 10, 22, 1, 2, 3, 456);
const made = selfSigned(["mail.demo.test", "demo.test"], ["127.0.0.1"], 2, NOW);

test("the runtime reads whom it is for, until when, and that its own key has signed it", () => {
  const certificate = new X509Certificate(made.certificate);
  expect(certificate.subject).toBe("CN=mail.demo.test");
  expect(certificate.issuer).toBe("CN=mail.demo.test");
  expect(certificate.subjectAltName).toBe("DNS:mail.demo.test, DNS:demo.test, IP Address:127.0.0.1");
  expect(certificate.validFromDate.toISOString()).toBe("2026-11-22T01:02:03.000Z");
  expect(certificate.validToDate.toISOString()).toBe("2026-11-24T01:02:03.000Z");
  expect(certificate.serialNumber).toMatch(/^01[0-9A-F]{30}$/);
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  expect(certificate.checkPrivateKey(createPrivateKey(made.key))).toBe(true);
});

test("openssl verifies it, strictly", () => {
  const path = join(folder, "c.pem");
  writeFileSync(path, selfSigned(["mail.demo.test"], ["127.0.0.1"], 2).certificate);
  const argv = ["openssl", "verify", "-x509_strict", "-check_ss_sig", "-CAfile", path, path];
  const verified = Bun.spawnSync(argv, { timeout: 20_000 });
  expect(verified.stdout.toString()).toBe(`${path}: OK\n`);
});

test("it can be served, whatever number of names", () => {
  for (const count of [1, 3, 20, 200]) {
    const names = Array.from({ length: count }, (_, at) => `host${at}.demo.test`) as [string];
    const { certificate, key } = selfSigned(names, [], 1, NOW);
    const [one] = certificatesOf({
      certificates: [{ path: "c.pem", text: certificate, error: "" }],
      keys: [{ path: "k.pem", text: key, error: "" }],
    });
    expect(one.names).toEqual(names);
    expect(daysLeft(one, NOW)).toBe(0);
  }
});

test("each has a key and a number of its own", () => {
  const other = selfSigned(["mail.demo.test"], [], 2, NOW);
  expect(other.key).not.toBe(made.key);
  const numbers = [made, other].map(({ certificate }) => new X509Certificate(certificate).serialNumber);
  expect(new Set(numbers).size).toBe(2);
});
