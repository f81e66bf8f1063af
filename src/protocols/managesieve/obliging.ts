// A server that agrees to everything a client may ask, for `protowrap explain`: any password opens it, and every script is
// there. Knows the commands as the wrapper writes them, and no policy.

import type { Obliging } from "../protocol.ts";
import { answersOf, CANCEL, MECHANISMS } from "../sasl.ts";
import { quote, wordsOf } from "./strings.ts";

const CAPABILITIES = [
  '"IMPLEMENTATION" "server"',
  `"SASL" ${quote([...MECHANISMS].join(" "))}`,
  '"SIEVE" "fileinto reject envelope vacation"',
  '"UNAUTHENTICATE"',
  '"VERSION" "1.0"',
];

export function obliging(): Obliging {
  /** Answers still due in the SASL exchange that is open. */
  let due = 0;
  return (command) => {
    // A script comes behind it; what ends it is answered.
    if (command.endsWith("+}\r\n")) return "";
    // Of a string that is announced it only matters that there is one.
    const line = command.replace(/\{[0-9]+\+\}\r\n.*/s, '""').trimEnd();
    const [verb, ...words] = wordsOf(line)!.words.map(({ text }) => text);
    if (due > 0) {
      due = verb === CANCEL ? 0 : due - 1;
      if (verb === CANCEL) return 'NO "cancelled"\r\n';
      return due > 0 ? '""\r\n' : "OK\r\n";
    }
    switch (command === "" ? "CAPABILITY" : verb) {
      case "CAPABILITY":
        return [...CAPABILITIES, "OK", ""].join("\r\n");
      case "AUTHENTICATE":
        due = answersOf(words);
        return due > 0 ? '""\r\n' : "OK\r\n";
      case "GETSCRIPT":
        return '"keep;"\r\nOK\r\n';
      default:
        return "OK\r\n";
    }
  };
}
