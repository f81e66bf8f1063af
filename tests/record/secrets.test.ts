// Secrets a server repeats do not reach the log, in none of their usual forms.

import { expect, test } from "bun:test";
import fc from "fast-check";
import { Secrets } from "../../src/record/secrets.ts";

const masked = (text: string, ...secrets: string[]) => {
  const known = new Secrets();
  for (const secret of secrets) known.learn(secret);
  return known.mask(text);
};

test("a secret is masked as it came and as base64", () => {
  expect(masked("bad password kitpass", "kitpass")).toBe("bad password ***");
  expect(masked("-ERR a2l0cGFzcw==", "kitpass")).toBe("-ERR ***==");
});

test("what base64 has in it is masked decoded, encoded alone, and as a whole", () => {
  const plain = btoa("\0kituser\0kitpass");
  expect(masked(`${plain} kituser:kitpass a2l0cGFzcw`, plain)).toBe("*** kituser:*** ***");
  expect(masked("token t0k3n-t0k3n", btoa("user=u\x01auth=Bearer t0k3n-t0k3n\x01\x01"))).not.toContain(
    "t0k3n",
  );
});

test("whatever stands before it in base64", () => {
  for (const before of ["PASS ", "PASS", "PAS"])
    expect(masked(btoa(`${before}sw0rdf1sh and more`), "sw0rdf1sh")).toMatch(/^[^*]{1,8}\*\*\*[^*]+$/);
});

test("a digest is masked in the case it is forwarded in", () => {
  const digest = "C4C9334BAC560ECC979E58001B3E22FB";
  expect(masked(digest.toLowerCase(), digest)).toBe("***");
});

test("a short one is masked only where it stands alone", () => {
  expect(masked("+OK ab about cab, ab.", "ab")).toBe("+OK *** about cab, ***.");
  expect(masked("a.c abc a+c", "a.c")).toBe("*** abc a+c");
});

test("the newest are remembered, and text without them stays", () => {
  const many = Array.from({ length: 20 }, (_, i) => `secret-${i}-x`);
  expect(masked("secret-19-x", ...many)).toBe("***");
  expect(masked("nothing of it", "kitpass")).toBe("nothing of it");
});

test("whatever it is, it is gone", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary-ascii", minLength: 4 }),
      fc.string(),
      fc.string(),
      (secret, a, b) => {
        fc.pre(!"******".includes(secret));
        expect(masked(`${a}${secret}${b}`, secret)).not.toContain(secret);
      },
    ),
  );
});
