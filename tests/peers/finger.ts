// Finger's peers for the invariants: good and bad queries, and a server that answers and hangs up.

import fc from "fast-check";
import { CANARY, type Peers } from "../simulation.ts";

export const fingerPeers: Peers = {
  options: {},
  openings: [""],
  lines: fc.constantFrom(
    "",
    "u",
    "/W u",
    "/w",
    `${CANARY}@host`,
    `${CANARY};id`,
    "-l",
    "x".repeat(600),
    "u\0",
  ),
  server: () => ({ greeting: "", hear: () => ({ answer: "Login: u\r\n\tPlan: none\n", end: true }) }),
  hostile: ["", "END", "half aEND", "\x1b]0;x\x07END", "x".repeat(5000)],
  isCommand: (line) => /^(\/W ?)?[A-Za-z0-9._-]*$/.test(line),
  isOwn: () => false,
  verb: (line) => line.replace(/^\/w */i, ""),
  hasBody: () => false,
};
