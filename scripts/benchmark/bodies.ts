// Knows the messages that throughput is measured with: an ordinary one, and shapes a hostile client chooses
// because they cost a scanner most. All are legal, or are made so by the options named beside them.

export interface Body {
  readonly id: string;
  readonly name: string;
  readonly chunk: Buffer;
  /** How often the chunk is sent, and in writes of how many octets (default: whole). */
  readonly times: number;
  readonly writeSize?: number;
  /** What ends the message after the last chunk. */
  readonly end: string;
  readonly options: readonly string[];
}

export interface HostileBody extends Body {
  /** The part of socat's throughput that must be left: two thirds of what was measured when it was written. */
  readonly floor: number;
}

const MEBIBYTE = 1 << 20;
const NO_LIMIT = ["--max-message-size", "0"];
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ abcdefghijklmnopqrstuvwxyz 0123456789";

/** Lines of 76 letters, digits and blanks, each different, the same in every run. */
function text(octets: number): Buffer {
  let state = 1;
  const letter = () => {
    state = (state * 48271) % 0x7fffffff;
    return LETTERS[state % LETTERS.length];
  };
  const lines = Math.floor(octets / 78);
  return Buffer.from(
    Array.from({ length: lines }, () => `${Array.from({ length: 76 }, letter).join("")}\r\n`).join(""),
  );
}

function repeated(line: string): Buffer {
  const times = Math.floor(MEBIBYTE / line.length);
  return Buffer.alloc(times * line.length, line);
}

export const ordinary: Body = {
  id: "data",
  name: "DATA",
  chunk: text(MEBIBYTE),
  times: 512,
  end: ".\r\n",
  options: NO_LIMIT,
};

export const withRules: Body = {
  ...ordinary,
  id: "data-rules",
  name: "DATA, 3 body rules",
  times: 64,
  options: [
    ...NO_LIMIT,
    ...["^X-Spam-Flag: YES", "(?:buy|order)\\s+now", "v[i1]agra"].flatMap((rule) => ["--block-body", rule]),
  ],
};

/** As a list of phrases that somebody keeps: more than are searched for by themselves. */
export const withManyRules: Body = {
  ...withRules,
  id: "data-rules-300",
  name: "DATA, 300 body rules",
  options: [
    ...NO_LIMIT,
    ...Array.from({ length: 300 }, (_, at) => ["--block-body", `(?:buy|order)\\s+pill${at}\\b`]).flat(),
  ],
};

export const hostile: readonly HostileBody[] = [
  {
    ...ordinary,
    id: "data-lf",
    name: "DATA of empty lines",
    chunk: repeated("\r\n"),
    times: 64,
    floor: 0.15,
  },
  {
    ...ordinary,
    id: "data-dot",
    name: "DATA of stuffed dots",
    chunk: repeated("..\r\n"),
    times: 64,
    floor: 0.18,
  },
  {
    ...ordinary,
    id: "data-octets",
    name: "DATA in one-octet writes",
    chunk: text(MEBIBYTE / 2),
    times: 1,
    writeSize: 1,
    floor: 0.4,
  },
  {
    ...ordinary,
    id: "data-line",
    name: "DATA, one line of 1 GiB",
    chunk: repeated("x"),
    times: 1024,
    end: "\r\n.\r\n",
    options: [...NO_LIMIT, "--long-text", "pass"],
    floor: 0.4,
  },
];
