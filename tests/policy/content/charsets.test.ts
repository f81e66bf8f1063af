import { describe, expect, test } from "bun:test";
import { charsetNamed } from "../../../src/policy/content/charsets.ts";
import { isEbcdic } from "../../../src/policy/content/ebcdic.ts";

/** What it says, in every reading of the charset. @param copied whether one that is copied half-way says it */
function said(label: string, octets: Iterable<number>, copied = false): string[] {
  const all = [...octets];
  return charsetNamed(label).map((make) => {
    const text: number[] = [];
    let decoder = make((octet) => text.push(octet));
    for (const [at, octet] of all.entries()) {
      if (copied && at === all.length >> 1) decoder = decoder.clone((octet) => text.push(octet));
      decoder.decode(octet);
    }
    decoder.end();
    return Buffer.from(text).toString();
  });
}

const ascii = (text: string) => Buffer.from(text, "latin1");
const utf16be = (text: string) => Buffer.from(text, "utf16le").swap16();

test.each(["us-ascii", "utf-8", "UTF8", "iso-8859-1", "windows-1252", "cp1252", "x-unknown", ""])(
  "in %p the octets say it themselves, or nobody knows",
  (label) => {
    expect(charsetNamed(label)).toEqual([]);
  },
);

describe.each([false, true])("copied %p", (copied) => {
  test.each([
    ["koi8-r", [0xd0, 0xd2, 0xc9], "при"],
    ["cp1251", [0xe4, 0xe0], "да"],
    ["win-1251", [0xe4, 0xe0], "да"],
    ["shift_jis", [0x93, 0xfa, 0x96, 0x7b], "日本"],
    ["utf-7", ascii("a+AGI-c+-d+AOk e+ZeVnLA"), "ab" + "c+dé e日本"],
    ["utf-7", ascii("+A+g-+AD/-"), "\u03e8?"],
    ["UNICODE-1-1-UTF-7", ascii("+2D3eAA-"), "😀"],
    ["utf-7", ascii("+2D0-x+3gA-+2D0"), "\ufffdx\ufffd\ufffd"],
    ["utf-16le", [0x61, 0, 0x3d, 0xd8], "a\ufffd"],
    ["utf-7", ascii("+2D0AYQ"), "\ufffda"],
    ["utf-16le", Buffer.from("hé😀", "utf16le"), "hé😀"],
    ["utf-16be", utf16be("hé😀"), "hé😀"],
    ["utf-32be", [0, 0, 0, 0x68, 0, 1, 0xf6, 0], "h😀"],
    ["ucs-4le", [0x68, 0, 0, 0, 0, 0xd8, 0, 0, 0, 0, 0x11, 0], "h\ufffd\ufffd"],
    ["iso-2022-kr", ascii("\x1b$)Ca\x0e0!\x0fb"), "a??b"],
    ["iso-2022-kr", ascii("\x0e0!\nb"), "??\nb"],
    ["iso-2022-cn", ascii("a\x1bN0b\x1bO"), "a?b"],
    ["iso-2022-cn", ascii("a\x1b$\x01b\x1b$"), "a\x01b"],
    ["iso-2022-jp-2", ascii("\x1b.Aa\x1b)Bb"), "ab"],
    ["iso-2022-int-1", ascii("a\x1b(I1\x1b(Bb\x1b$B0!\x1b(Jc"), "a?b??c"],
    ["hz-gb-2312", ascii("a~~b~{0!~}c~\r\nd~{0!\ne~xf"), "a~b??cd??\nexf"],
    ["cp037", [0xc8, 0x85, 0x93, 0x93, 0x96, 0x40, 0xf1, 0x15, 0xff], "Hello 1\n?"],
    ["ebcdic-us", [0xc1], "A"],
    ["500V1", [0xc1], "A"],
    ["OSF100201F4", [0xc1], "A"],
    ["cp939", [0xc1, 0x0e, 0x0f, 0xc2], "AB"],
    ["unicode_escape", ascii("\\x41\\u00e9\\U0001F600\\101\\7x"), "Aé😀A\x07x"],
    ["unicode_escape", ascii("\\n\\\\x41\\"), "\n\\x41\\"],
    ["raw-unicode-escape", ascii("a\\\r\nb\\\nc\\q\\x4\\\\\\x"), "abc\\q\\x4\\\\x"],
    ["unicode_escape", ascii("\\UFFFFFFFF"), "\u{10ffff}"],
    ["unicode_escape", ascii("\\12"), "\n"],
  ])("%s", (label, octets, text) => {
    const [first] = said(label, octets, copied && label !== "shift_jis");
    expect(first).toBe(text);
  });
});

test("a mark says the order of octets, or both are tried", () => {
  expect(said("utf-16", Buffer.from("\ufeffab", "utf16le"))).toEqual(["ab", "ab"]);
  expect(said("utf-16", utf16be("\ufeffab"))).toEqual(["ab", "ab"]);
  expect(said("utf-16", utf16be("ab"))).toEqual(["ab", "愀戀"]);
  // It is a mark at the beginning only.
  expect(said("unicode", utf16be("a\ufffeb"))[0]).toBe("a\ufffeb");
});

test("long texts are decoded in pieces, characters over their borders too", () => {
  const text = `x${"日本".repeat(5000)}`;
  const octets = [0x78, ...Array.from({ length: 5000 }, () => [0x93, 0xfa, 0x96, 0x7b]).flat()];
  expect(said("shift_jis", octets)).toEqual([text]);
});

test("a name is what Python makes of it, and what the C library does", () => {
  expect(said("iso-?2022-_-kr", ascii("a\x0e\x0fb"))).toEqual(["ab", "ab"]);
  expect(said("ko{i8-r", [0xd0])).toEqual(["п"]);
  expect(said("'koi8_r'", [0xd0])).toEqual(["п"]);
});

test("a dot separates, too, and two slashes separate or end a name", () => {
  expect(said("utf//7", ascii("+AGE-"))).toEqual(["a", "a"]);
  expect(said("unicode.1.1.utf.7", ascii("+AGE-"))).toEqual(["a", "a"]);
  expect(said("utf-7//TRANSLIT", ascii("+AGE-"))).toEqual(["a", "a"]);
});

test.each(["", "1252", "ibm-1", "osf10020001", "osf1002", "99999"])("%p is no EBCDIC", (name) => {
  expect(isEbcdic(name)).toBeFalse();
});

test("what cannot end base64 in UTF-7 ends it, or is not there", () => {
  expect(said("utf-7", ascii("+AE \tkATA-+AGE"))).toEqual([" \tkATA-a", "ILa"]);
  expect(said("utf-7", ascii("+AGE x"))).toEqual(["a x", "a x"]);
});

test("of ISO-2022-JP both its ASCII and all of it is read", () => {
  expect(said("iso-2022-jp", ascii("a\x1b$BF|K\\\x1b(Bb"))).toEqual(["a????b", "a$BF|K\\(Bb", "a日本b"]);
});

test("a name is told at once, however long it is", () => {
  expect(charsetNamed(`iso-2022-jp${"1".repeat(10_000)}x`)).toEqual([]);
  expect(charsetNamed(`iso-2022-jp${"1".repeat(28)}x`)).toEqual([]);
  expect(said(`utf${"-".repeat(60)}7`, ascii("+AGE-"))).toEqual(["a", "a"]);
});
