// Lines of a password file.

import { expect, mock, spyOn, test } from "bun:test";
import * as crypto from "node:crypto";
import { Passwd, PasswdError, passwdLine } from "../../src/sink/passwd.ts";

const octets = (text: string) => Buffer.from(text, "latin1");

/** RFC 7914 section 12: "pleaseletmein", "SodiumChloride", N 16384, r 8, p 1, 64 octets. */
const VECTOR = [
  "rfc:scrypt$16384$8$1",
  octets("SodiumChloride").toString("base64"),
  Buffer.from(
    "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2" +
      "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887",
    "hex",
  ).toString("base64"),
].join("$");

test("a line that was made is good for its name and password, and for no other", () => {
  const passwd = new Passwd(passwdLine("ann", octets("s\xe9cret word")) + passwdLine("ben", octets("x")));
  expect(passwd.verify("ann", octets("s\xe9cret word"))).toBe(true);
  expect(passwd.verify("ann", octets("x"))).toBe(false);
  expect(passwd.verify("ben", octets("x"))).toBe(true);
  expect(passwd.verify("eve", octets("x"))).toBe(false);
});

test("the same password makes another line every time", () => {
  expect(passwdLine("ann", octets("x"))).not.toBe(passwdLine("ann", octets("x")));
});

test("the published vector is good, comments and empty lines around it", () => {
  const passwd = new Passwd(`# users\r\n\n${VECTOR}\r\n`);
  expect(passwd.verify("rfc", octets("pleaseletmein"))).toBe(true);
  expect(passwd.verify("rfc", octets("pleaseletmeiN"))).toBe(false);
});

test("a name that is not there costs as much as one that is", () => {
  const passwd = new Passwd(VECTOR);
  const derive = spyOn(crypto, "scryptSync");
  passwd.verify("rfc", octets("x"));
  passwd.verify("nobody", octets("x"));
  const [known, unknown] = derive.mock.calls;
  expect(unknown![3]).toEqual(known![3]);
  expect(derive).toHaveBeenCalledTimes(2);
  mock.restore();
});

for (const [line, what] of [
  ["ann", "no hash"],
  [":scrypt$16384$8$1$AAAA$AAAAAAAAAAAAAAAAAAAAAAAA", "no name"],
  ["ann:secret", "a plain password"],
  ["ann:scrypt$16383$8$1$AAAA$AAAAAAAAAAAAAAAAAAAAAAAA", "N is no power of two"],
  ["ann:scrypt$16384$0$1$AAAA$AAAAAAAAAAAAAAAAAAAAAAAA", "r is 0"],
  ["ann:scrypt$4194304$8$1$AAAA$AAAAAAAAAAAAAAAAAAAAAAAA", "more memory than a login may cost"],
  ["ann:scrypt$16384$8$1$AAAA$AAAA", "a hash too short to mean anything"],
] as const) {
  test(`a file is refused for a line with ${what}, which is not repeated`, () => {
    expect(() => new Passwd(`\n${line}\n`)).toThrow(
      new PasswdError("line 2 is not name:scrypt$N$r$p$salt$hash"),
    );
  });
}

for (const name of ["", "a:b", "a b", "a\n", "\xe9", "x".repeat(65)]) {
  test(`no line is made for the name ${JSON.stringify(name).slice(0, 20)}`, () => {
    expect(() => passwdLine(name, octets("x"))).toThrow(PasswdError);
  });
}
