// A server that agrees to everything a client may ask, for `protowrap explain`. Knows the commands as the
// wrapper writes them, and no policy; stores nothing.

import { TERMINATOR } from "../../wire/message.ts";
import type { Obliging } from "../protocol.ts";
import { answersOf, CANCEL, MECHANISMS } from "../sasl.ts";

const EHLO = [
  "250-server",
  "250-8BITMIME",
  "250-DSN",
  "250-ENHANCEDSTATUSCODES",
  "250-PIPELINING",
  "250-SIZE",
  "250-SMTPUTF8",
  `250 AUTH ${[...MECHANISMS].join(" ")}`,
  "",
].join("\r\n");

export function obliging(): Obliging {
  /** Answers still due in the SASL exchange that is open. */
  let due = 0;
  return (command) => {
    if (command === "") return "220 server ESMTP\r\n";
    if (command === TERMINATOR) return "250 2.0.0 taken\r\n";
    const [verb, ...words] = command.trimEnd().split(" ");
    if (due > 0) {
      due = verb === CANCEL ? 0 : due - 1;
      if (verb === CANCEL) return "501 5.7.0 cancelled\r\n";
      return due > 0 ? "334 \r\n" : "235 2.7.0 welcome\r\n";
    }
    switch (verb) {
      case "EHLO":
        return EHLO;
      case "AUTH":
        due = answersOf(words);
        return due > 0 ? "334 \r\n" : "235 2.7.0 welcome\r\n";
      case "DATA":
        return "354 go on\r\n";
      case "QUIT":
        return "221 2.0.0 bye\r\n";
      default:
        return "250 2.0.0 ok\r\n";
    }
  };
}
