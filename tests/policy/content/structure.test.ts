import { describe, expect, test } from "bun:test";
import { OVERLAP } from "../../../src/policy/content/blocks.ts";
import { MAX_DEPTH } from "../../../src/policy/content/boundaries.ts";
import { Readers } from "../../../src/policy/content/readers.ts";

/** What the structure shows that the octets do not. */
function shown(...lines: string[]): string[] {
  return read([lines]).lines;
}

/** @param views of a message, as lines */
function read(views: readonly (readonly string[])[]) {
  let text = "";
  const structure = new Readers((octets, seen) => {
    text += Buffer.from(octets.subarray(seen)).toString("latin1");
  });
  for (const lines of views) {
    const view = Buffer.from(lines.map((line) => `${line}\r\n`).join(""), "latin1");
    structure.read(view, view.toString("latin1"), 0);
  }
  structure.end();
  return { lines: text.split("\r\n").slice(0, -1), unreadable: structure.unreadable };
}

const b64 = (text: string) => Buffer.from(text).toString("base64");
const TEXT_B64 = ["Content-Type: text/plain", "Content-Transfer-Encoding: base64", ""];

describe("header fields", () => {
  test("are unfolded, their encoded-words decoded", () => {
    expect(shown("Subject: hi", " there", "\tyou", "X: y", "Y: =?x?Q?a?=", " =?x?Q?b?=", "", " z")).toEqual([
      "Subject: hi there\tyou",
      "Y: =?x?Q?a?= =?x?Q?b?=",
      "Y: ab",
    ]);
  });

  test("end with the message, too", () => {
    expect(shown("Subject: a", " b")).toEqual(["Subject: a b"]);
  });

  test("are read as unstuffed", () => {
    expect(shown(".Content-Transfer-Encoding: base64", ".X: a", ". b", "", b64("dot"))).toEqual([
      "X: a b",
      "dot",
    ]);
  });

  test("need no name", () => {
    expect(shown(" begins", " folded", "no colon", " =?x?Q?word?=")).toEqual([
      " begins folded",
      "no colon =?x?Q?word?=",
      "no colon word",
    ]);
  });

  test("longer than is held are looked at in pieces, each with the name", () => {
    const lines = Array.from({ length: 200 }, (_, at) => ` ${String(at).repeat(900).slice(0, 900)}`);
    const views = [
      ["Subject: long", ...lines.slice(0, 75)],
      lines.slice(75, 150),
      [...lines.slice(150), " end"],
    ];
    const found = read(views).lines;
    expect(found.map((piece) => [piece.slice(0, 9), piece.slice(-4)])).toEqual([
      ["Subject: ", lines[74]!.slice(-4)],
      ["Subject: ", lines[149]!.slice(-4)],
      ["Subject: ", " end"],
    ]);
    const repeated = OVERLAP - 20; // without the line ends it was folded with
    expect(found[1]!.includes(found[0]!.slice(-repeated))).toBeTrue();
  });
});

describe("text parts", () => {
  test("are decoded", () => {
    expect(shown(...TEXT_B64, b64("one\ntwo").slice(0, 5), b64("one\ntwo").slice(5))).toEqual(["one", "two"]);
    expect(shown("content-transfer-encoding: quoted-printable", "", "=41=", "..B", ".C")).toEqual([
      "A.B",
      "C",
    ]);
  });

  test("that claim both encodings are read both ways, apart", () => {
    const encodings = ["base64", "quoted-printable"].map((name) => `Content-Transfer-Encoding: ${name}`);
    expect(shown(...encodings, "", "SUxPVkVZT1Uh", "=49")).toEqual(["SUxPVkVZT1Uh", "I", "ILOVEYOU!\xe3"]);
  });

  test("of other types are not", () => {
    expect(shown("Content-Type: image/png", "Content-Transfer-Encoding: base64", "", b64("png"))).toEqual([]);
  });

  test("of a multipart are found", () => {
    expect(
      shown(
        'Content-Type: multipart/mixed; boundary="o"',
        "",
        b64("preamble"),
        "--o",
        ...TEXT_B64,
        b64("first"),
        ".--o",
        "Content-Transfer-Encoding: quoted-printable",
        "",
        "--other",
        "--o--no=",
        "--o",
        "Content-Type: multipart/alternative; boundary=i",
        "",
        "--i  ",
        ...TEXT_B64,
        b64("second"),
        "--i--",
        b64("epilogue"),
        "--o",
        "Content-Transfer-Encoding: quoted-printable",
        "--o",
        ...TEXT_B64,
        b64("third"),
        "--o--",
      ),
      // "--o--no=" is an end for those who look at the beginning of a line only.
    ).toEqual([
      "first",
      "--other",
      "--o--no",
      "second",
      "second",
      "third",
      "third",
      "Content-Type: multipart/mixed; boundary=o",
    ]);
  });

  test("are decoded as one text to their delimiter, wherever the views of them end", () => {
    const part = ["Content-Type: multipart/mixed; boundary=o", "", "--o", ...TEXT_B64];
    const views = [
      [...part, b64("for")],
      [b64("bid")],
      [b64("den"), "--o", ...TEXT_B64, b64("next"), "--o--"],
    ];
    expect(read(views).lines).toEqual(["forbidden", "next"]);
  });

  test("are not looked for in a line that has no end yet", () => {
    let text = "";
    const structure = new Readers((octets, seen) => {
      text += Buffer.from(octets.subarray(seen)).toString("latin1");
    });
    const quoted = "Content-Transfer-Encoding: quoted-printable";
    const header = `Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n${quoted}\r\n\r\n`;
    for (const piece of [header, "--o", "=41\r\n--o--\r\n=42\r\n"]) {
      const view = Buffer.from(piece, "latin1");
      structure.read(view, piece, 0);
    }
    structure.end();
    expect(text).toBe("--oA\r\n");
  });

  test("within messages are found", () => {
    const inner = ["Subject: in", " ner", ...TEXT_B64, b64("deep")];
    expect(shown("Content-Type: message/rfc822", "", ...inner)).toEqual(["Subject: in ner", "deep"]);
    expect(shown("Content-Type: multipart/digest; boundary=d", "", "--d", "", ...inner)).toEqual([
      "Subject: in ner",
      "deep",
    ]);
  });
});

test("more multiparts within each other than are followed are too deep", () => {
  const nest = (depth: number) =>
    Array.from({ length: depth }, (_, at) => [
      `Content-Type: multipart/mixed; boundary=b${at}`,
      "",
      `--b${at}`,
    ]);
  expect(read(nest(MAX_DEPTH)).unreadable).toBeNull();
  expect(read(nest(MAX_DEPTH + 1)).unreadable).toBe("mime-nesting");
});
