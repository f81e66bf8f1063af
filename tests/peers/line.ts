// The peers of "line" for the invariants: anything is said, and every line is answered.

import fc from "fast-check";
import { CANARY, type Peers, SECRET } from "../simulation.ts";

export const linePeers: Peers = {
  options: {},
  openings: [""],
  lines: fc.oneof(
    fc.constantFrom("", CANARY, `a LOGIN u ${SECRET}`, "tab\there", "esc\x1b", "nul\0", "bare\rcr", "\xff"),
    fc.constantFrom("x".repeat(198), "x".repeat(199), "x".repeat(2000)),
  ),
  server: () => ({ greeting: "* hello\r\n", hear: () => ({ answer: "* ok\r\nprompt> " }) }),
  hostile: ["", "END", "\0\xff\x1b", "half aEND", "x".repeat(5000)],
  isCommand: (line) => /^[^\0-\x08\x0a-\x1f]{0,198}$/.test(line),
  isOwn: () => false,
  verb: (line) => line.slice(0, 198),
  hasBody: () => false,
};
