// The extensions of SMTP that clients are not offered, as the manual has them (mdoc): what a client sees that tries one
// all the same, and why. The reasons are those of src/protocols/smtp/keywords.ts; the tests hold the answers to what the
// program says.

import { LOST } from "../../src/protocols/smtp/keywords.ts";
import { marksOf, put } from "./place.ts";
import { prose } from "./prose.ts";

export interface Unsupported {
  /** Its keyword in an EHLO reply, where it has one. */
  readonly name: string;
  readonly standard: string;
  /** What a client says that tries it, and what it hears, code and enhanced code. */
  readonly tries: readonly Try[];
}

export type Try = readonly [line: string, answer: string, then?: "the session ends"];

const MAIL = "MAIL FROM:<a@c.test>";
const RCPT = "RCPT TO:<u@local.test>";
const NO_COMMAND = "502 5.5.1";
const NO_PARAMETER = "555 5.5.4";

/** In the order of the manual; every keyword of the list has its entry. */
export const UNSUPPORTED: readonly Unsupported[] = [
  { name: "CHUNKING", standard: "RFC 3030", tries: [["BDAT 5 LAST", NO_COMMAND, "the session ends"]] },
  { name: "BINARYMIME", standard: "RFC 3030", tries: [[`${MAIL} BODY=BINARYMIME`, NO_PARAMETER]] },
  { name: "BURL", standard: "RFC 4468", tries: [["BURL imap://c.test/x LAST", NO_COMMAND]] },
  { name: "CHECKPOINT", standard: "RFC 1845", tries: [[`${MAIL} TRANSID=<1@c.test>`, NO_PARAMETER]] },
  {
    name: "SMTPUTF8",
    standard: "RFC 6531",
    tries: [
      [`${MAIL} SMTPUTF8`, NO_PARAMETER],
      ["MAIL FROM:<\xc3\xbc@c.test>", "553 5.6.7"],
    ],
  },
  { name: "UTF8SMTP", standard: "RFC 5336", tries: [[`${MAIL} ALT-ADDRESS=a@c.test`, NO_PARAMETER]] },
  { name: "REQUIRETLS", standard: "RFC 8689", tries: [[`${MAIL} REQUIRETLS`, NO_PARAMETER]] },
  { name: "STARTTLS", standard: "RFC 3207", tries: [["STARTTLS", NO_COMMAND]] },
  { name: "PRDR", standard: "Exim", tries: [[`${MAIL} PRDR`, NO_PARAMETER]] },
  { name: "PIPECONNECT", standard: "Exim", tries: [] },
  { name: "ETRN", standard: "RFC 1985", tries: [["ETRN c.test", NO_COMMAND]] },
  { name: "ATRN", standard: "RFC 2645", tries: [["ATRN c.test", NO_COMMAND]] },
  { name: "TURN", standard: "RFC 821", tries: [["TURN", NO_COMMAND]] },
  { name: "SEND", standard: "RFC 821", tries: [["SEND FROM:<a@c.test>", NO_COMMAND]] },
  { name: "SOML", standard: "RFC 821", tries: [["SOML FROM:<a@c.test>", NO_COMMAND]] },
  { name: "SAML", standard: "RFC 821", tries: [["SAML FROM:<a@c.test>", NO_COMMAND]] },
  { name: "VRFY", standard: "RFC 5321", tries: [["VRFY u", NO_COMMAND]] },
  { name: "EXPN", standard: "RFC 5321", tries: [["EXPN list", NO_COMMAND]] },
  { name: "HELP", standard: "RFC 5321", tries: [["HELP", NO_COMMAND]] },
  { name: "XCLIENT", standard: "Postfix", tries: [["XCLIENT ADDR=127.0.0.1", NO_COMMAND]] },
  { name: "XFORWARD", standard: "Postfix", tries: [["XFORWARD ADDR=127.0.0.1", NO_COMMAND]] },
  { name: "XEXCH50", standard: "Exchange", tries: [["XEXCH50 5 2", NO_COMMAND]] },
  { name: "VERB", standard: "Sendmail", tries: [["VERB", NO_COMMAND]] },
  { name: "ONEX", standard: "Sendmail", tries: [["ONEX", NO_COMMAND]] },
  { name: "TIME", standard: "none", tries: [["TIME", "500 5.5.2"]] },
  { name: "DELIVERBY", standard: "RFC 2852", tries: [[`${MAIL} BY=120;R`, NO_PARAMETER]] },
  { name: "MT-PRIORITY", standard: "RFC 6710", tries: [[`${MAIL} MT-PRIORITY=3`, NO_PARAMETER]] },
  { name: "FUTURERELEASE", standard: "RFC 4865", tries: [[`${MAIL} HOLDFOR=60`, NO_PARAMETER]] },
  { name: "NO-SOLICITING", standard: "RFC 3865", tries: [[`${MAIL} SOLICIT=org.example:ADV`, NO_PARAMETER]] },
  { name: "MTRK", standard: "RFC 3885", tries: [[`${MAIL} MTRK=Z2l2ZW4`, NO_PARAMETER]] },
  { name: "SUBMITTER", standard: "RFC 4405", tries: [[`${MAIL} SUBMITTER=a@c.test`, NO_PARAMETER]] },
  { name: "CONPERM", standard: "RFC 4141", tries: [[`${MAIL} CONPERM`, NO_PARAMETER]] },
  { name: "CONNEG", standard: "RFC 4141", tries: [[`${RCPT} CONNEG`, NO_PARAMETER]] },
  { name: "RRVS", standard: "RFC 7293", tries: [[`${RCPT} RRVS=2014-04-03T23:01:00Z`, NO_PARAMETER]] },
  { name: "LIMITS", standard: "RFC 9422", tries: [] },
];

/** It has no keyword: a client begins with it. */
export const LMTP: Unsupported = {
  ...{ name: "LMTP", standard: "RFC 2033", tries: [["LHLO c.test", "500 5.5.2"]] },
};
const WHY_NO_LMTP = "another protocol, in which a message has an answer for each of its recipients";

export const MARKS = marksOf("src/protocols/smtp");

/** The page with the table as it is now. */
export function withExtensions(page: string): string {
  return put(page, MARKS, [...table(), ".Pp", "Why:", ...reasons(), ""].join("\n"));
}

function table(): string[] {
  const rows = [...UNSUPPORTED, LMTP].flatMap(({ name, standard, tries }) => {
    if (tries.length === 0) return [`.It ${name} Ta ${standard} Ta Ta nothing that could be said`];
    return tries.map(([line, answer, then], at) => {
      const first = at === 0 ? `${name} Ta ${standard}` : "Ta";
      const end = then === undefined ? "" : ` , and ${then}`;
      return `.It ${first} Ta ${answer} Ta Li ${said(line)}${end}`;
    });
  });
  return [
    '.Bl -column "FUTURERELEASE" "Exchange" "502 5.5.1"',
    ".It Em Keyword Ta Em Standard Ta Em Hears Ta Em Having said",
    ...rows,
    ".El",
  ];
}

/** Nothing beyond ASCII, and no macro, is in the page; addresses that are right are left out. */
function said(line: string): string {
  return line.replace(`${MAIL} `, "MAIL ... ").replace(`${RCPT} `, "RCPT ... ").replace("\xc3\xbc", "\\(:u");
}

function reasons(): string[] {
  const by = new Map<string, string[]>();
  for (const { name } of UNSUPPORTED) by.set(LOST[name]!, [...(by.get(LOST[name]!) ?? []), name]);
  by.set(WHY_NO_LMTP, [LMTP.name]);
  const items = [...by].flatMap(([why, names]) => [`.It ${names.join(", ")}`, ...prose(`${why};`)]);
  return [".Bl -tag -width Ds -compact", ...items.slice(0, -1), items.at(-1)!.replace(/;$/, "."), ".El"];
}
