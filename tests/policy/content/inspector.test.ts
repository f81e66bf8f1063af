import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { BLOCK } from "../../../src/policy/content/blocks.ts";
import { MAX_DEPTH } from "../../../src/policy/content/boundaries.ts";
import { ContentInspector } from "../../../src/policy/content/inspector.ts";
import { Rules } from "../../../src/policy/content/rules.ts";

const rules = new Rules(["ILOVEYOU", "^Subject: .*viagra", '\\.(exe|scr|pif)"', "^secret$"]);

function verdict(views: Iterable<Uint8Array>, by = rules): string | null {
  const inspector = new ContentInspector(by, () => 0);
  for (const view of views) {
    const rule = inspector.octets(view);
    if (rule !== null) return rule;
  }
  return inspector.end();
}

const message = (...lines: string[]) => Buffer.from(lines.map((line) => `${line}\r\n`).join(""), "latin1");
const b64 = (text: string | Buffer) => Buffer.from(text).toString("base64");

test.each([
  ["a line", ["A: b", "", "say ILoveYou"], "block-body#1"],
  ["a field", ["Subject: cheap VIAGRA"], "block-body#2"],
  ["a folded field", ["Subject: cheap", "\tviagra", "", "x"], "block-body#2"],
  ["encoded-words, split", ["Subject: =?utf-8?B?dmlh?=", " =?utf-8?Q?gra?=", ""], "block-body#2"],
  ["an attachment's name", ["Content-Type: x/y;", ' name="=?x?Q?a.exe?="', ""], "block-body#3"],
  [
    "quoted-printable",
    ["Content-Transfer-Encoding: quoted-printable", "", "I=4COVE=", "YOU"],
    "block-body#1",
  ],
  ["base64", ["Content-Transfer-Encoding: base64", "", b64("a\nsecret\nb")], "block-body#4"],
  [
    "UTF-16",
    [
      "Content-Type: text/plain; charset=utf-16",
      "Content-Transfer-Encoding: base64",
      "",
      b64(Buffer.from("secret", "utf16le")),
    ],
    "block-body#4",
  ],
  ["nothing", ["Subject: hello", "", "viagra, ILOVE", "YOU, x.exe", "secrets"], null],
])("finds it in %s", (_, lines, rule) => {
  expect(verdict([message(...lines)])).toBe(rule);
});

test("a message may be empty", () => {
  expect(verdict([])).toBeNull();
});

test("a message nested deeper than is followed is refused", () => {
  const nest = Array.from({ length: MAX_DEPTH + 1 }, (_, at) => [
    `Content-Type: multipart/mixed; boundary=b${at}`,
    "",
    `--b${at}`,
  ]);
  expect(verdict([message(...nest.flat())])).toBe("mime-nesting");
});

test("padding does not hide a match in a long line, nor in a long field", () => {
  for (const padding of [60000, 65530, 131072])
    for (const head of ["", "A: b\r\n\r\n"]) {
      const text = `${head}${"x".repeat(padding)}ILOVEYOU${"y".repeat(100000)}\r\n`;
      expect(verdict([Buffer.from(text)])).toBe("block-body#1");
    }
  expect(verdict([Buffer.from(`Subject: ${"x".repeat(131072)}viagra\r\n`)])).toBe("block-body#2");
  const folds = " padding\r\n".repeat(30000);
  expect(verdict([Buffer.from(`Subject: x\r\n${folds} via\r\n\r\n`)])).toBeNull();
  expect(verdict([Buffer.from(`Subject: x\r\n${folds} =?x?Q?via?=\r\n =?x?Q?gra?=\r\n\r\n`)])).toBe(
    "block-body#2",
  );
});

test("what the pieces of a long line have in common is decoded once", () => {
  const text = Buffer.from(`${"a".repeat(48000)}b${"a".repeat(20000)}`).toString("base64");
  const lines = message("Content-Transfer-Encoding: base64", "", text);
  expect(verdict([lines], new Rules(["b.*b"]))).toBeNull();
  expect(verdict([lines], new Rules(["aba"]))).toBe("block-body#1");
});

test("the border of two blocks cuts no decoded word, in the last of a part neither", () => {
  const head = [
    "Content-Type: multipart/mixed; boundary=b",
    "",
    "--b",
    "Content-Transfer-Encoding: base64",
    "",
  ];
  const triples = Math.floor((BLOCK - message(...head).length) / 6);
  for (let before = triples - 4; before < triples + 4; before++) {
    const text = `${"x".repeat(3 * before)}ILOVEYOU`.match(/.{1,3}/g)!.map((triple) => btoa(triple));
    expect([before, verdict([message(...head, ...text, "--b--")])]).toEqual([before, "block-body#1"]);
  }
});

test("a refusal does not wait for the end", () => {
  const inspector = new ContentInspector(rules, () => 0);
  expect(
    inspector.octets(message("A: b", "", "ILOVEYOU", ...Array.from({ length: 2000 }, () => "x".repeat(70)))),
  ).toBe("block-body#1");
});

describe("however it is split", () => {
  const LINES = [
    ...[
      "Subject: via",
      " gra",
      "\tx",
      "",
      "",
      "--b",
      "--b--",
      ".--c",
      "--c",
      "..",
      ".x",
      "ILOVE",
      "secret",
      "=\t",
    ],
    ...[
      "Content-Type: multipart/mixed;",
      "Content-Type: multipart/digest; boundary=c",
      " boundary=b",
      "x: y",
    ],
    ...["Content-Type: text/plain", "Content-Type: message/rfc822", "Content-Type: image/png", "a.exe=22"],
    ...["Content-Transfer-Encoding: base64", "Content-Transfer-Encoding: quoted-printable", "ILOVE=", "YOU"],
    ...[
      "SUxPVkVZT1U=",
      "SUxPVkV",
      "ZT1U",
      "c2VjcmV0",
      " =?x?B?SUxPVkU=?=",
      " =?x?Q?YOU?=",
      "=?x?Q?",
      "\xe9\xff",
    ],
    "z".repeat(30000),
  ];
  const messages = fc
    .array(fc.constantFrom(...LINES), { minLength: 1, maxLength: 40 })
    .map((lines) => message(...lines));

  test("the verdict is the same, and nothing throws", () => {
    fc.assert(
      fc.property(
        messages,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 9 }),
        (text, cuts) => {
          const at = [
            0,
            ...cuts.map((cut) => Math.floor(cut * text.length)).sort((a, b) => a - b),
            text.length,
          ];
          const whole = verdict([text]);
          expect(verdict(at.slice(1).map((to, index) => text.subarray(at[index], to)))).toBe(whole);
          if (text.length < 2000)
            expect(verdict(Array.from(text, (octet) => Uint8Array.of(octet)))).toBe(whole);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("a view may change after the call", () => {
    const inspector = new ContentInspector(rules, () => 0);
    const view = Buffer.from("ILOVE");
    inspector.octets(view);
    view.fill("x");
    inspector.octets(Buffer.from("YOU\r\n"));
    expect(inspector.end()).toBe("block-body#1");
  });
});

describe("time is linear", () => {
  const MULTIPART = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
  const SHAPES: readonly (readonly [name: string, head: string, repeated: string])[] = [
    ["tiny headers", "", "a:b\r\n"],
    ["a field that never ends", "Subject: x", "\r\n y"],
    ["unfinished encoded-words", "Subject: x", "\r\n =?a?B?"],
    ["encoded-words", "Subject: x", "\r\n =?a?B?eHh4?="],
    ["encoded-word starts on one line", "Subject: ", "=?a?B? "],
    ["comments", "Content-Type: text/plain", ";(("],
    ["blanks in a parameter", "Content-Type: text/plain; a", " "],
    ["lines that are no fields", "x\r\n", "y\r\n"],
    ["delimiters that are longer", MULTIPART, "--bc\r\n\r\n"],
    ["charsets", MULTIPART, "--b\r\nContent-Type: text/plain; charset=utf-7\r\n\r\n+AGE-\r\n"],
    ["a charset", "Content-Type: text/plain; charset=utf-16\r\n\r\n", "x+AGEAYg-\r\n"],
    ["padding within base64", "Content-Transfer-Encoding: base64\r\n\r\n", "S=AA"],
    ["files", "a: b\r\n\r\n", "begin 644 x\r\n"],
    ["a file", "a: b\r\n\r\nbegin 644 x\r\n", `M${"x".repeat(60)}\r\n`],
    ["words in words", "Subject: x", `\r\n =?a?B?${btoa("=?b?Q?x?=")}?=`],
    ["words over question marks", "Subject: x", "\r\n =?a?Q?b?c"],
    [
      "messages that are encoded",
      MULTIPART,
      `--b\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n${btoa("a: b\r\n\r\nc")}\r\n`,
    ],
    ["boundaries declared", "", "Content-Type: multipart/mixed; boundary=b\r\n"],
    ["messages in messages", "", "Content-Type: message/rfc822\r\n\r\n"],
    ["parts", MULTIPART, "--b\r\n\r\n"],
    ["dashes", MULTIPART, "--\r\n"],
    ["no line end", MULTIPART, "x"],
    ["no line end in base64", "Content-Transfer-Encoding: base64\r\n\r\n", "eHh4"],
    ["soft line breaks", "Content-Transfer-Encoding: quoted-printable\r\n\r\n", "x=\r\n"],
    ["near misses", "a: b\r\n\r\n", "subject: .exe ILOVEYO\r\n"],
    ["matches over line ends", "a: b\r\n\r\n", "subject: \r\n viagra\r\n"],
  ];

  /** Fields that say what a part is are followed up to a length. */
  const TOO_LONG = new Set(["comments", "blanks in a parameter"]);

  /** The least of several runs, in milliseconds: what else the machine does only ever adds. */
  function cost(text: Buffer, rule: string | null): number {
    const runs = Array.from({ length: 3 }, () => {
      const start = performance.now();
      expect(verdict([text])).toBe(rule);
      return performance.now() - start;
    });
    return Math.min(...runs);
  }

  test.each(SHAPES)(
    "%s",
    (name, head, repeated) => {
      const rule = TOO_LONG.has(name) ? "mime-ambiguity" : null;
      const shape = (octets: number) =>
        Buffer.from(`${head}${repeated.repeat(Math.ceil(octets / repeated.length))}\r\n`);
      cost(shape(100_000), rule); // until compiled
      const small = cost(shape(250_000), rule);
      const large = cost(shape(1_000_000), rule);
      // Four times the input: quadratic would be sixteen times the time. Short times are all noise.
      expect(large).toBeLessThan(Math.max(100, small * 9));
    },
    20_000,
  );
});
