// A server that agrees to everything a client may ask, for `protowrap explain`: any password opens it, and
// every message there could be is there. Knows the commands as the wrapper writes them, and no policy.

import type { Obliging } from "../protocol.ts";
import { answersOf, CANCEL, MECHANISMS } from "../sasl.ts";

/** More than anybody asks for. */
const MESSAGES = 1_000_000;

const CAPABILITIES = ["TOP", "UIDL", "USER", "RESP-CODES", "PIPELINING"];

export function obliging(): Obliging {
  /** Answers still due in the SASL exchange that is open. */
  let due = 0;
  return (command) => {
    const [verb, ...words] = command.trimEnd().split(" ");
    if (due > 0) {
      due = verb === CANCEL ? 0 : due - 1;
      if (verb === CANCEL) return "-ERR cancelled\r\n";
      return due > 0 ? "+ \r\n" : "+OK welcome\r\n";
    }
    switch (verb) {
      case "":
        return "+OK server <1.1@server>\r\n";
      case "CAPA":
        return listing([...CAPABILITIES, `SASL ${[...MECHANISMS].join(" ")}`]);
      case "STAT":
        return `+OK ${MESSAGES} ${MESSAGES}\r\n`;
      case "AUTH":
        if (words.length === 0) return listing([...MECHANISMS]);
        due = answersOf(words);
        return due > 0 ? "+ \r\n" : "+OK welcome\r\n";
      case "LIST":
      case "UIDL":
        return words.length === 0 ? listing([]) : `+OK ${words[0]} 1\r\n`;
      case "RETR":
      case "TOP":
        return listing([]);
      default:
        return "+OK\r\n";
    }
  };
}

function listing(lines: readonly string[]): string {
  return ["+OK", ...lines, ".", ""].join("\r\n");
}
