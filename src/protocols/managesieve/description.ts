// What the options of ManageSieve come to, in plain words, and what of them is hardly ever meant. Knows what options mean
// to an administrator; looks at no file and asks nobody.

import { clearSentence, failureSentence, guessRows, loginDoubts } from "../login-words.ts";
import { words } from "../protocol.ts";
import { sieveInquiry } from "./inquiry.ts";
import { obliging } from "./obliging.ts";
import { sieveOptions } from "./options.ts";

export const sieveWords = {
  ...words(sieveOptions, {
    describe: (options, place) => [
      ["logins", options.auth === "pass" ? "AUTHENTICATE by the server" : "none: AUTHENTICATE is refused"],
      ["logins", `taken ${clearSentence(options, place)}`],
      ["failures", failureSentence(options)],
      ...guessRows(place),
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
