// What the options of ManageSieve come to, in plain words, and what of them is hardly ever meant. Knows what options mean
// to an administrator; looks at no file and asks nobody.

import type { GivenOf } from "../../options/table.ts";
import { clearSentence, failureSentence, guessRows, loginDoubts } from "../login-words.ts";
import { type Place, type Row, words } from "../protocol.ts";
import { sieveInquiry } from "./inquiry.ts";
import { obliging } from "./obliging.ts";
import { sieveOptions } from "./options.ts";

const NO_LOGIN: Row = ["logins", "none: AUTHENTICATE is refused"];

export const sieveWords = {
  ...words(sieveOptions, {
    // RFC 5804 section 1.8 has one port, and TLS from the first octet on none of its own.
    ports: { clear: 4190, implicit: 4190 },
    describe: (options, place) => [
      ...(options.auth === "off" ? [NO_LOGIN] : loginRows(options, place)),
      [
        "scripts",
        options.maxScriptSize === 0 ? "of any size" : `up to ${options.maxScriptSize} octets, as they are`,
      ],
    ],
    doubts: (options, place) => [
      ...(options.auth === "off"
        ? [["--auth", "off: nobody can log in, nor do anything else"] as const]
        : []),
      ...loginDoubts(options, place),
    ],
    obliging,
  }),
  inquiry: sieveInquiry,
};

function loginRows(options: GivenOf<typeof sieveOptions>, place: Place): readonly Row[] {
  return [
    ["logins", "AUTHENTICATE by the server"],
    ["logins", `taken ${clearSentence(options, place)}`],
    ["failures", failureSentence(options)],
    ...guessRows(place),
  ];
}
