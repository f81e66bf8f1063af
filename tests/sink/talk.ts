// Talks to an embedded server without any I/O: octets in, the answer as one string. Knows no protocol.

import type { Server } from "../../src/sink/server.ts";
import { decode, encode } from "../../src/wire/latin1.ts";

/** All that comes back when `text` arrives in chunks of `size` octets. */
export function talk(server: Server, text: string, size = text.length): string {
  let answer = "";
  for (let at = 0; at < text.length && !server.over; at += size) {
    for (const piece of server.octets(encode(text.slice(at, at + size))))
      answer += typeof piece === "string" ? piece : decode(piece);
  }
  return answer;
}

/** Status lines only: what a client would go by. */
export function codes(answer: string): string[] {
  return answer
    .split("\r\n")
    .filter((line) => line !== "")
    .map((line) =>
      line
        .split(" ", 2)
        .slice(0, line.startsWith("+") || line.startsWith("-") ? 1 : 2)
        .join(" "),
    );
}

export function sizesOf(text: string): number[] {
  return [1, 2, 3, 5, 7, 11, 64, text.length].filter((size) => size <= text.length);
}
