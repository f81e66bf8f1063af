// What files of certificates and keys come to, as openssl makes them and as administrators mix them up.

import { afterAll, describe, expect, test } from "bun:test";
import { createHash, X509Certificate } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CertificateError, certificatesOf, daysLeft } from "../../src/options/certificates.ts";
import { type Pem, type PemFiles, readPem } from "../../src/options/pem.ts";
import { makeCertificate } from "../certificate.ts";

const directory = mkdtempSync(join(tmpdir(), "protowrap-certificates-"));
afterAll(() => rmSync(directory, { recursive: true }));

const authority = makeCertificate(directory, "authority", { common: "Tests", isAuthority: true });
const ec = makeCertificate(directory, "ec", {
  names: "DNS:MX.test,DNS:*.Example.test,IP:127.0.0.1,email:a@x.test,DNS:mail.test",
  issuer: authority,
});
const rsa = makeCertificate(directory, "rsa", { kind: "rsa", common: "Rsa.test" });
const nameless = makeCertificate(directory, "nameless", { common: null });
const expired = makeCertificate(directory, "expired", { days: -3 });

const pem = (path: string, ...texts: string[]): Pem => ({ path, text: texts.join(""), error: "" });
const files = (certificates: PemFiles["certificates"], ...keys: Pem[]): PemFiles => ({ certificates, keys });

/** The first, of one file and perhaps one key. */
function only(...texts: string[]) {
  return certificatesOf(files([pem("/c.pem", ...texts)]))[0];
}

function errorOf(given: PemFiles): CertificateError {
  try {
    certificatesOf(given);
  } catch (error) {
    if (error instanceof CertificateError) return error;
    throw error;
  }
  throw new Error("it was taken");
}

describe("a key", () => {
  test.each([
    ["EC", ec],
    ["RSA", rsa],
  ])("of %s may stand in the certificate's file, before it or behind it, or in another", (_, made) => {
    const { certificate, key } = made.text;
    const [behind, before] = [only(certificate, key), only(key, certificate)];
    const apart = certificatesOf(files([pem("/c.pem", certificate)], pem("/k.pem", key)))[0];
    expect(before).toEqual(behind);
    expect(apart).toEqual(behind);
    expect(behind.chain).toBe(certificate);
    expect(new X509Certificate(behind.chain).publicKey.export({ type: "spki", format: "pem" })).toBe(
      Bun.spawnSync(["openssl", "pkey", "-pubout"], { stdin: Buffer.from(behind.key) }).stdout.toString(),
    );
  });

  test("is found by what it fits, in whatever order files are given", () => {
    const both = certificatesOf(
      files(
        [pem("/e", ec.text.certificate), pem("/r", rsa.text.certificate)],
        pem("/x", nameless.text.key),
        pem("/rk", rsa.text.key),
        pem("/ek", ec.text.key),
      ),
    );
    expect(both.map(({ path }) => path)).toEqual(["/e", "/r"]);
    for (const { chain, key } of both) expect(only(chain, key).chain).toBe(chain);
  });

  test("in the old form of its kind is one, too", () => {
    for (const [made, kind, head] of [
      [ec, "ec", "BEGIN EC PRIVATE KEY"],
      [rsa, "rsa", "BEGIN RSA PRIVATE KEY"],
    ] as const) {
      const traditional = kind === "rsa" ? ["-traditional"] : [];
      const old = Bun.spawnSync(["openssl", kind, "-in", made.key, ...traditional]).stdout.toString();
      expect(old).toContain(head);
      expect(only(made.text.certificate, old)).toEqual(only(made.text.certificate, made.text.key));
    }
  });

  test("of another certificate is a mismatch, and so is none", () => {
    const stranger = errorOf(files([pem("/c.pem", ec.text.certificate)], pem("/k.pem", nameless.text.key)));
    expect([stranger.state, stranger.path]).toEqual(["mismatch", "/c.pem"]);
    expect(stranger.message).toStartWith("--tls-cert: /c.pem: expected its key");
    expect(errorOf(files([pem("/c.pem", rsa.text.certificate)], pem("/k.pem", ec.text.key))).state).toBe(
      "mismatch",
    );
    expect(errorOf(files([pem("/c.pem", ec.text.certificate)])).state).toBe("mismatch");
    // Of the second file it is told as of the first.
    const second = files([pem("/a", ec.text.certificate, ec.text.key), pem("/b", rsa.text.certificate)]);
    expect(errorOf(second).path).toBe("/b");
  });

  test("that is encrypted, or none, is broken, by its own file's name", () => {
    const encrypted = Bun.spawnSync(
      ["openssl", "pkcs8", "-topk8", "-in", ec.key, "-passout", "pass:x"],
      {},
    ).stdout.toString();
    const made = "-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----\n";
    for (const text of [encrypted, made]) {
      const error = errorOf(files([pem("/c.pem", ec.text.certificate)], pem("/k.pem", text)));
      expect([error.state, error.path]).toEqual(["broken", "/k.pem"]);
      expect(error.message).not.toContain(text.split("\n")[1]!);
    }
  });
});

describe("a certificate", () => {
  test("may bring a chain, of which the first is the one", () => {
    const one = only(ec.text.certificate, authority.text.certificate, ec.text.key);
    expect(one.chain).toBe(ec.text.certificate + authority.text.certificate);
    expect(one.names).toEqual(["mx.test", "*.example.test", "mail.test"]);
    const reversed = files([pem("/c.pem", authority.text.certificate, ec.text.certificate, ec.text.key)]);
    expect(errorOf(reversed).state).toBe("mismatch");
  });

  test("may have text around it, and lines that end in CRLF", () => {
    const said = `subject=CN = mx.test\n${ec.text.certificate}\n# the key\n${ec.text.key}`;
    expect(only(said).names).toEqual(only(ec.text.certificate, ec.text.key).names);
    expect(only(said.replaceAll("\n", "\r\n")).names).toEqual(["mx.test", "*.example.test", "mail.test"]);
  });

  test("has the names of hosts of its subjectAltName, and else the subject's", () => {
    expect(only(ec.text.certificate, ec.text.key).names).toEqual(["mx.test", "*.example.test", "mail.test"]);
    expect(only(rsa.text.certificate, rsa.text.key).names).toEqual(["rsa.test"]);
    expect(only(nameless.text.certificate, nameless.text.key).names).toEqual([]);
  });

  test("is called by its first name, or by its file", () => {
    expect(only(ec.text.certificate, ec.text.key).label).toBe("mx.test");
    expect(only(nameless.text.certificate, nameless.text.key).label).toBe("/c.pem");
  });

  test("has names that no subject can smuggle in", () => {
    for (const [name, common] of [
      ["comma", "a.test, DNS:evil.test"],
      ["blank", "a b.test"],
      ["slash", "a.test\\/CN=evil.test"],
    ] as const) {
      const made = makeCertificate(directory, name, { common });
      expect(only(made.text.certificate, made.text.key).names).toEqual([]);
    }
  });

  test("tells when it ends, and how many whole days are left", () => {
    const now = Date.now();
    expect(daysLeft(only(ec.text.certificate, ec.text.key), now)).toBeWithin(29, 31);
    expect(daysLeft(only(expired.text.certificate, expired.text.key), now)).toBe(-4);
    expect(daysLeft({ until: 86_400_000 }, 0)).toBe(1);
    expect(daysLeft({ until: 86_399_999 }, 0)).toBe(0);
    expect(daysLeft({ until: -1 }, 0)).toBe(-1);
  });

  test("tells the digest of its key that a TLSA record has", () => {
    const spki = Bun.spawnSync(["openssl", "pkey", "-in", ec.key, "-pubout", "-outform", "DER"]).stdout;
    expect(only(ec.text.certificate, ec.text.key).keyDigest).toBe(
      createHash("sha256").update(spki).digest("hex"),
    );
  });

  test.each([
    ["an empty file", ""],
    ["a file of other things", "hello\n"],
    ["a key alone", ec.text.key],
    ["half a certificate", ec.text.certificate.slice(0, 200)],
    ["a certificate of nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"],
    ["one that is not cut where it ends", ec.text.certificate.replace("-----END", "----END")],
  ])("is broken in %s", (_, text) => {
    const error = errorOf(files([pem("/c.pem", text)], pem("/k.pem", ec.text.key)));
    expect([error.state, error.path]).toEqual(["broken", "/c.pem"]);
  });

  test("is broken where its chain is", () => {
    const nonsense = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    expect(errorOf(files([pem("/c.pem", ec.text.certificate, nonsense, ec.text.key)])).state).toBe("broken");
  });
});

describe("a file", () => {
  test("that cannot be read is told with why", () => {
    const given = readPem({ certificates: [join(directory, "missing.pem")], keys: [] });
    const error = errorOf(given);
    expect([error.state, error.path]).toEqual(["broken", join(directory, "missing.pem")]);
    expect(error.message).toEndWith("cannot be read: ENOENT");
    const directoryError = errorOf(readPem({ certificates: [ec.certificate], keys: [directory] }));
    expect([directoryError.state, directoryError.path]).toEqual(["broken", directory]);
  });

  test("that is read makes what its text makes", () => {
    chmodSync(ec.key, 0o600);
    const read = certificatesOf(readPem({ certificates: [ec.certificate], keys: [ec.key] }))[0];
    expect(read).toEqual({ ...only(ec.text.certificate, ec.text.key), path: ec.certificate });
  });
});
