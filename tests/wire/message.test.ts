// Messages on their way to a server: against a reference that reads the whole message at once and knows
// nothing of states, held octets or views; at every split; with the sequences that servers took for an end.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { decode, encode } from "../../src/wire/latin1.ts";
import { FAULTS, MessageBody, type MessageLimits } from "../../src/wire/message.ts";

const NONE: MessageLimits = { size: 0, line: 0, discard: 0, bareNewline: "reject" };
const NORMALIZE: MessageLimits = { ...NONE, bareNewline: "normalize" };
const EOD = "\r\n.\r\n";
const SEED = Number(process.env.FC_SEED ?? Date.now() & 0x7fffffff);
const RUNS = Number(process.env.FC_RUNS ?? 3000);

interface Outcome {
  readonly forwarded: string;
  /** The first octet after the message, -1 when it did not end. */
  readonly end: number;
  readonly fault: string | null;
  readonly size: number;
}

/** Scans `input` in pieces of the sizes given, the last one over and over. */
function scan(input: string, limits: MessageLimits, sizes: readonly number[] = [input.length]): Outcome {
  const body = new MessageBody(limits);
  let forwarded = "";
  let at = 0;
  for (let piece = 0; at < input.length && !body.ended; piece++) {
    const size = sizes[Math.min(piece, sizes.length - 1)]!;
    const memory = encode(`..${input.slice(at, at + size)}`);
    const chunk = memory.subarray(2);
    at += body.scan(chunk, 0, (octets) => {
      forwarded += decode(octets);
    });
    memory.fill(0x21); // a view kept beyond the call would show this
  }
  return { forwarded, end: body.ended ? at : -1, fault: body.fault, size: body.size };
}

function everySplit(input: string, limits: MessageLimits): Outcome[] {
  return Array.from({ length: input.length }, (_, first) => scan(input, limits, [first + 1, input.length]));
}

/** Everything read at once: the end by searching for it, then line by line what a server must get. */
function reference(input: string, limits: MessageLimits): Outcome {
  const dot = `\r\n${input}`.indexOf(EOD);
  const text = input.slice(0, dot);
  let forwarded = "";
  let size = 0;
  /** Where each fault would be noticed first. */
  const noticed: { at: number; fault: string }[] = [];
  const count = (at: number, octets: number, column: number) => {
    const tooBig = limits.size > 0 ? size - limits.size : 0;
    const tooLong = limits.line > 0 ? column - limits.line : 0;
    // The limit that was passed more octets ago was passed first.
    if (tooBig > 0 && tooBig <= octets && tooBig > tooLong) noticed.push({ at, fault: FAULTS.size });
    else if (tooLong > 0) noticed.push({ at, fault: FAULTS.line });
    else if (tooBig > 0) noticed.push({ at, fault: FAULTS.size });
  };
  let at = 0;
  for (const [line, content, end] of text.matchAll(/((?:[^\r\n]|\r(?!\n))*)(\r?\n)/g) as Iterable<string[]>) {
    const stuffed = content!.startsWith(".");
    const lone = content === ".";
    let column = 0;
    for (const [index, octet] of [...content!].entries()) {
      if (octet === "\0") noticed.push({ at: at + index, fault: FAULTS.nul });
      else if (octet === "\r" && limits.bareNewline === "reject")
        noticed.push({ at: at + index + 0.5, fault: FAULTS.bareNewline });
      else if (index > 0 || !stuffed) {
        size++;
        count(at + index + (octet === "\r" ? 0.5 : 0), 1, ++column);
      }
    }
    at += line!.length;
    if (end === "\n" && limits.bareNewline === "reject")
      noticed.push({ at: at - 1, fault: FAULTS.bareNewline });
    if (lone) {
      size++;
      count(at - 1, 1, ++column);
    }
    size += 2;
    column += 2;
    count(at - 1, 2, column);
    forwarded += `${lone ? ".." : content!.replaceAll("\r", " ")}\r\n`;
  }
  noticed.sort((a, b) => a.at - b.at);
  return { forwarded, end: dot + 3, fault: noticed[0]?.fault ?? null, size };
}

/** What the sixteen look like to servers that are lenient, each in the middle of a message. */
const FAKE_ENDS = [
  "\n.\n",
  "\n.\r\n",
  "\r.\r",
  "\r.\r\n",
  "\r\n.\n",
  "\r\n.\r",
  "\n.\r",
  "\r.\n",
  "\n.\r\r\n",
  "\r\r\n.\r\r\n",
  "\0\r\n.\r\n",
  "\r\n\0.\r\n",
  "\r\0\n.\r\n",
  "\r\n.\0\r\n",
  "\r\n.\r\0\n",
  "\r\n.\r\n\0",
];

describe("the end of a message", () => {
  test.each([
    [".\r\n", "", 3],
    ["\r\n.\r\n", "\r\n", 5],
    ["a\r\n.\r\nMAIL", "a\r\n", 6],
    ["a\r\n\r\n.\r\n", "a\r\n\r\n", 8],
    ["..\r\n.\r\n", "..\r\n", 7],
    [".a\r\n.\r\n", ".a\r\n", 7],
    ["a.\r\n.\r\n", "a.\r\n", 7],
    // what stands before a dot makes it text, whatever it is
    ...["\t", "\x01", "\x0f", "\x10", " ", "\x7f", "\xff"].map(
      (octet) => [`a\r\n${octet}.\r\n.\r\n`, `a\r\n${octet}.\r\n`, 10] as [string, string, number],
    ),
    ["a\r\n.b\r\n...\r\n.\r\n", "a\r\n.b\r\n...\r\n", 15],
    ["\x80\xff\t\x0b\x1f\r\n.\r\n", "\x80\xff\t\x0b\x1f\r\n", 10],
  ])("%j is one message, and its terminator is not forwarded", (input, forwarded, end) => {
    for (const outcome of everySplit(input, NONE))
      expect(outcome).toMatchObject({ forwarded, end, fault: null });
  });

  test.each([["a\r\n"], ["a\r\n."], ["a\r\n.\r"], [".\r"], ["a\r\n..\r\n"], ["a\r\n.a\r\n"], ["a.\r\n"]])(
    "%j has not ended",
    (input) => {
      for (const outcome of everySplit(input, NONE)) expect(outcome).toMatchObject({ end: -1, fault: null });
    },
  );

  test("what was held and what follows it keep their order, however long it is", () => {
    const input = `a\r\n${"x".repeat(100)}\r\n..${"y".repeat(100)}\r\n`;
    for (const { forwarded } of everySplit(`${input}.\r\n`, NONE)) expect(forwarded).toBe(input);
  });

  test("a dot or a CR that may be the end's is held back", () => {
    expect(scan("a\r\n.", NONE).forwarded).toBe("a\r\n");
    expect(scan("a\r\n.\r", NONE).forwarded).toBe("a\r\n");
    expect(scan("a\r", NONE).forwarded).toBe("a");
  });
});

describe("what lenient servers took for an end", () => {
  for (const fake of FAKE_ENDS) {
    const input = `x${fake}MAIL FROM:<smuggled@evil.test>\r\n${EOD.slice(2)}`;
    // The eleventh and the last one hold the true end: what follows it is not the message's.
    const held = `\r\n${input}`.indexOf(EOD) < input.length - 3;

    test(`${JSON.stringify(fake)} is refused, at every split`, () => {
      for (const { forwarded, end, fault } of everySplit(input, NONE)) {
        expect(end).toBe(reference(input, NONE).end);
        if (!held) expect(end).toBe(input.length);
        expect(fault).toBe(
          held ? (fake.startsWith("\0") ? FAULTS.nul : null) : (reference(input, NONE).fault as string),
        );
        if (!held) expect(fault).not.toBeNull();
        expect(forwarded).not.toContain("smuggled");
      }
    });

    test(`${JSON.stringify(fake)} becomes text or is refused with normalize, at every split`, () => {
      for (const { forwarded, end, fault } of everySplit(input, NORMALIZE)) {
        expect(end).toBe(reference(input, NORMALIZE).end);
        expect(fault).toBe(fake.includes("\0") && fake !== "\r\n.\r\n\0" ? FAULTS.nul : null);
        expect(forwarded).toMatch(/^(?:[^\0\r\n]|\r\n)*$/);
        expect(`\r\n${forwarded}`).not.toContain(EOD);
        if (fault === null) expect(forwarded).toBe(reference(input, NORMALIZE).forwarded);
      }
    });
  }

  test.each([
    ["x\n.\ny", "x\r\n..\r\ny"],
    ["x\n.\r\ny", "x\r\n..\r\ny"],
    ["x\r\n.\ny", "x\r\n..\r\ny"],
    ["x\r.\ry", "x . y"],
    ["x\r\n.\ry", "x\r\n. y"],
    ["x\n.\ry", "x\r\n. y"],
    ["x\r\r\n.\r\ry", "x \r\n.  y"],
    ["x\n\ny", "x\r\n\r\ny"],
    ["x\n.a\n..b\ny", "x\r\n.a\r\n..b\r\ny"],
    ["\n.\ny", "\r\n..\r\ny"],
    [".\ny", "..\r\ny"],
  ])("normalize makes %j %j", (input, forwarded) => {
    for (const outcome of everySplit(`${input}${EOD}`, NORMALIZE))
      expect(outcome).toMatchObject({ forwarded: `${forwarded}\r\n`, fault: null });
  });
});

describe("a message that is refused ends where it would have ended", () => {
  for (const fault of ["\0", "\n", "\r", "x".repeat(20)])
    for (const line of [
      "x.",
      ".x",
      "..",
      "\t.",
      "\0.",
      ".\0",
      ".\r",
      "\r.",
      ".\n.",
      "x\n.",
      "\n.\n",
      "x\r\n.",
    ])
      test(`${JSON.stringify(fault)}, then ${JSON.stringify(line)}, at every split`, () => {
        const input = `${fault}\r\n${line}\r\nQUIT\r\n.\r\n`;
        const limits = { ...NONE, line: 15 };
        const { end } = reference(input, limits);
        expect(end).toBe(line === "x\r\n." ? input.length - 9 : input.length);
        for (const outcome of [...everySplit(input, limits), scan(input, limits, [1])])
          expect(outcome.end).toBe(end);
      });
});

test("faults have the names the log tells, which stay", () => {
  expect(FAULTS).toEqual({
    bareNewline: "bare-newline",
    nul: "nul",
    size: "message-size",
    line: "text-line",
    cost: "rule-cost",
  });
});

describe("limits", () => {
  const at = (size: number, line: number) => ({ ...NONE, size, line });

  test.each([
    ["12345678\r\n", null],
    ["123456789\r\n", FAULTS.size],
    ["123\r\n456\r\n", null],
    ["123\r\n4567\r\n", FAULTS.size],
    ["..3456789\r\n", null],
    ["..34567890\r\n", FAULTS.size],
    [".1234567\r\n", null],
    ["12345678\r\n.\0", FAULTS.nul],
    ["12345678\r\n.\rx", FAULTS.bareNewline],
    ["12345678\r\n.x", FAULTS.size],
    ["12345678\r\n\r\n", FAULTS.size],
  ])("a message of at most ten octets, dots and end not counted: %j", (input, fault) => {
    for (const outcome of everySplit(`${input}${EOD}`.replace("\r\n\r\n.", "\r\n."), at(10, 0)))
      expect(outcome.fault).toBe(fault);
  });

  test("the size is that of the text, dots and end not counted", () => {
    for (const { size } of everySplit("a\r\n..b\r\n...\r\n.\r\n", NONE)) expect(size).toBe(3 + 4 + 4);
  });

  test.each([
    [`${"x".repeat(998)}\r\n`, null],
    [`${"x".repeat(999)}\r\n`, FAULTS.line],
    [`${"x".repeat(1001)}\r\n`, FAULTS.line],
    [`.${"x".repeat(998)}\r\n`, null],
    [`.${"x".repeat(999)}\r\n`, FAULTS.line],
    [`${"x".repeat(500)}\r\n${"x".repeat(998)}\r\n`, null],
    [`${"x".repeat(998)}\r\n..\r\n${"\xff".repeat(998)}\r\n`, null],
    [`\r\n${"x".repeat(999)}\r\n`, FAULTS.line],
  ])(
    "a line of at most a thousand octets with its end, the stuffing dot not counted: case %#",
    (input, fault) => {
      for (const split of [1, 2, 3, 500, 997, 998, 999, 1000, 1001])
        for (const sizes of [[split, input.length], [split]])
          expect(scan(`${input}.\r\n`, at(0, 1000), sizes).fault).toBe(fault);
    },
  );

  test("a line may have as few octets as is said, and no limit at all is none", () => {
    expect(scan(`\r\n${EOD}`, at(0, 1)).fault).toBe(FAULTS.line);
    expect(scan(`a\r\n${EOD}`, at(1, 0)).fault).toBe(FAULTS.size);
    expect(scan(`ab${EOD}`, at(1, 0), [1]).fault).toBe(FAULTS.size);
    expect(scan(`${"x".repeat(5000)}${EOD}`, at(0, 0)).fault).toBeNull();
  });

  test("a message that is cut off is refused, whatever else is allowed", () => {
    const body = new MessageBody({ ...NONE, discard: 10 });
    expect(body.scan(encode("x".repeat(20)), 0, () => {})).toBe(10);
    expect(body).toMatchObject({ ended: true, hopeless: true, fault: FAULTS.size });
  });

  test("nothing beyond the limit reaches the server while a long line comes", () => {
    const { forwarded, fault } = scan("x".repeat(5000), at(0, 1000), [100]);
    expect(fault).toBe(FAULTS.line);
    expect(forwarded.length).toBeLessThanOrEqual(1000);
  });

  test("of two limits the one that is passed first is the fault, at every split", () => {
    for (const { fault } of everySplit(`aaaa\r\nbbbb\r\n${"c".repeat(9)}${EOD}`, at(10, 7)))
      expect(fault).toBe(FAULTS.size);
    for (const { fault } of everySplit(`${"c".repeat(9)}\r\nbbbb${EOD}`, at(10, 7)))
      expect(fault).toBe(FAULTS.line);
  });

  test("a refused message is swallowed to its end, but not for ever, however it is cut", () => {
    const limits = { ...NONE, size: 10, discard: 100 };
    for (const bareNewline of ["reject", "normalize"] as const)
      for (const octets of [50, 95, 96, 99, 150])
        for (const size of [1, 7, 64, 200]) {
          const body = new MessageBody({ ...limits, bareNewline });
          const text = encode(`${"x".repeat(octets)}${EOD}`);
          let read = 0;
          while (read < text.length && !body.ended)
            read += body.scan(text.subarray(read, read + size), 0, () => {});
          const whole = octets + EOD.length <= 100;
          expect(body).toMatchObject({ ended: true, hopeless: !whole, fault: FAULTS.size });
          expect(read).toBe(whole ? text.length : 100);
        }
  });
});

describe("an inspector", () => {
  const words = (...refused: string[]) => ({
    seen: "",
    octets(view: Uint8Array) {
      this.seen += decode(view);
      return refused.some((word) => this.seen.includes(word)) ? ("block-body#1" as const) : null;
    },
    end() {
      return this.seen.endsWith("!\r\n") ? ("block-body#2" as const) : null;
    },
  });

  test("sees every octet before the server does, stuffed, and refuses in the middle", () => {
    const input = `one\r\n..two\r\n${"three ".repeat(30)}\r\nfour${EOD}`;
    for (let size = 1; size <= input.length; size++) {
      const inspector = words("four");
      const body = new MessageBody(NONE, inspector);
      let forwarded = "";
      for (let from = 0; from < input.length; from += size)
        body.scan(encode(input.slice(from, from + size)), 0, (octets) => {
          forwarded += decode(octets);
        });
      expect(body).toMatchObject({ fault: "block-body#1", ended: true });
      expect(forwarded).not.toContain("four");
      expect(inspector.seen.startsWith(forwarded)).toBe(true);
    }
  });

  test("has the last word at the end", () => {
    const body = new MessageBody(NONE, words());
    body.scan(encode("a!\r\n.\r\n"), 0, () => {});
    expect(body).toMatchObject({ fault: "block-body#2", ended: true });
  });

  test("is not asked any more once the message is refused", () => {
    const body = new MessageBody(NONE, words());
    body.refuse("server");
    body.scan(encode("a!\r\n.\r\n"), 0, () => expect().fail());
    expect(body).toMatchObject({ fault: "server", ended: true });
  });
});

describe(`any octets at any split (FC_SEED=${SEED})`, () => {
  const special = fc.constantFrom(
    "\r",
    "\n",
    ".",
    "\r\n",
    "\r\n.",
    "\0",
    "a",
    "bb",
    "\t",
    "\xff",
    "x".repeat(70),
  );
  const octet = fc.nat(255).map((code) => String.fromCharCode(code));
  const message = fc
    .array(fc.oneof({ weight: 9, arbitrary: special }, { weight: 1, arbitrary: octet }), { maxLength: 60 })
    .map((pieces) => `${pieces.join("")}${EOD}`);
  const limits = fc.record({
    size: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 200 })),
    line: fc.oneof(fc.constant(0), fc.integer({ min: 2, max: 80 })),
    discard: fc.constant(0),
    bareNewline: fc.constantFrom("reject" as const, "normalize" as const),
  });
  const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 60 });

  test("the outcome is the reference's, and what is forwarded is regular", () => {
    fc.assert(
      fc.property(message, limits, sizes, (input, limits, sizes) => {
        const wanted = reference(input, limits);
        for (const got of [scan(input, limits), scan(input, limits, [1]), scan(input, limits, sizes)]) {
          expect({ end: got.end, fault: got.fault }).toEqual({ end: wanted.end, fault: wanted.fault });
          expect(got.forwarded).toMatch(/^(?:[^\0\r\n]|\r(?=\n)|(?<=\r)\n)*\r?$/);
          expect(`\r\n${got.forwarded}`).not.toContain(EOD);
          // Not even half of an end, which some server might take for a whole one when its input ends.
          expect(`\r\n${got.forwarded}`).not.toMatch(/\r\n\.\r?$/);
          if (got.fault === null) expect(got).toEqual(wanted);
          else expect(wanted.forwarded.startsWith(got.forwarded)).toBe(true);
        }
      }),
      { numRuns: RUNS, seed: SEED },
    );
  });

  test("many small pieces in one chunk stay in order, and none is lost", () => {
    const input = Array.from(
      { length: 9000 },
      (_, index) => `${index % 7}${index % 3 === 0 ? "\n.\r" : "\n"}`,
    ).join("");
    for (const extra of [0, 1, 2, 3]) {
      const text = `${"z".repeat(extra)}\n${input}${EOD}`;
      const { forwarded, fault } = scan(text, NORMALIZE);
      expect(fault).toBeNull();
      expect(forwarded === reference(text, NORMALIZE).forwarded).toBe(true);
    }
  });

  test("without an end nothing is made up: what is forwarded is the start of what would be", () => {
    fc.assert(
      fc.property(message, limits, sizes, (input, limits, sizes) => {
        const whole = scan(input, limits, [1]);
        const part = scan(input.slice(0, whole.end - 3), limits, sizes);
        expect(part.end).toBe(-1);
        if (whole.fault === null) expect(whole.forwarded.startsWith(part.forwarded)).toBe(true);
      }),
      { numRuns: RUNS, seed: SEED },
    );
  });
});
