// What the options of POP3 come to, in plain words, and what of them is hardly ever meant. Knows what options mean
// to an administrator; looks at no file and asks nobody.

import { clearSentence, failureSentence, guessRows, loginDoubts, saslSentence } from "../login-words.ts";
import { words } from "../protocol.ts";
import { pop3Inquiry } from "./inquiry.ts";
import { obliging } from "./obliging.ts";
import { pop3Options } from "./options.ts";

export const pop3Words = {
  ...words(pop3Options, {
    ports: { clear: 110, implicit: 995 },
    describe: (options, place) => [
      ["logins", `USER and PASS, APOP where the server has it; ${saslSentence(options)}`],
      ["logins", `taken ${clearSentence(options, place)}`],
      ["failures", failureSentence(options)],
      ...guessRows(place),
    ],
    doubts: loginDoubts,
    obliging,
  }),
  inquiry: pop3Inquiry,
};
