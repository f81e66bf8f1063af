// ManageSieve's peers for the invariants: what clients say by strings of each kind, and a server that is correct and moody,
// repeats what it is told of, and complains of what a correct peer would not send now.

import fc from "fast-check";
import { CANARY, type Choose, type Peers, SECRET, type ServerModel } from "../simulation.ts";
import { CLIENT } from "./smtp.ts";

const XCLIENT = new RegExp(`^XCLIENT ADDR=${CLIENT}(?: PORT=[1-9][0-9]*)?$`);

const word = fc.constantFrom;

/** The same octets as a string of each kind; the last ones are none that a client may send. */
function string(octets: string): fc.Arbitrary<string> {
  const { length } = octets;
  const announced = `{${length}+}\r\n${octets}`;
  return fc.oneof(
    { weight: 12, arbitrary: word(`"${octets}"`, announced, announced) },
    { weight: 1, arbitrary: word(`{${length}}\r\n${octets}`, `{0${length}+}\r\n${octets}`, `"${octets}`) },
  );
}

function command(...words: fc.Arbitrary<string>[]): fc.Arbitrary<string> {
  return fc.tuple(...words).map((said) => said.join(" "));
}

const SCRIPTS = [
  "",
  "keep;",
  `# ${CANARY}\r\nLOGOUT\r\nAUTHENTICATE "PLAIN" "${SECRET}"\r\n`,
  `\0\n\xff{5+}\r\n"OK`,
];
const name = fc.oneof(string("a"), string("Ferien \xc3\xbc"), string(""), string("a\x07"), string(`"\\`));
const script = word(...SCRIPTS).chain(string);
const mechanism = word('"PLAIN"', '"plain"', '"LOGIN"', '"GSSAPI"', "PLAIN", '"XOAUTH2"');
const data = fc.oneof(
  string(SECRET),
  string("*"),
  string("="),
  string(`${SECRET}!`),
  string(""),
  string("A".repeat(1500)),
);

const lines = fc.oneof(
  { weight: 5, arbitrary: command(word("AUTHENTICATE", "authenticate"), mechanism) },
  { weight: 6, arbitrary: command(word("AUTHENTICATE"), mechanism, data) },
  { weight: 5, arbitrary: data },
  { weight: 8, arbitrary: command(word("PUTSCRIPT", "putscript"), name, script) },
  { weight: 4, arbitrary: command(word("CHECKSCRIPT"), script) },
  {
    weight: 6,
    arbitrary: command(word("GETSCRIPT", "SETACTIVE", "DELETESCRIPT", "getscript", CANARY), name),
  },
  { weight: 2, arbitrary: command(word("RENAMESCRIPT"), name, name) },
  { weight: 2, arbitrary: command(word("HAVESPACE"), name, word("0", "99", "007", "4294967296", "5000000")) },
  {
    weight: 8,
    arbitrary: word(
      "CAPABILITY",
      "LISTSCRIPTS",
      "listscripts",
      "NOOP",
      'NOOP "tag"',
      "UNAUTHENTICATE",
      "STARTTLS",
    ),
  },
  { weight: 1, arbitrary: word("LOGOUT", "LOGOUT now") },
  {
    weight: 3,
    arbitrary: word(
      "",
      `XCLIENT ADDR=${CANARY}`,
      `${CANARY} {7+}\r\n${CANARY}`,
      `LISTSCRIPTS "${CANARY}" {3+}\r\nabc x`,
      `AUTHENTICATE ${SECRET}`,
      SECRET,
      `PUTSCRIPT "a" {${SECRET.length}+}\r\n${SECRET}x`,
      `PUTSCRIPT "a" {9`,
      `X {99999999999+}`,
      "(NOOP)",
    ),
  },
);

/** What the commands have for arguments, as the wrapper writes them: how many, and whether octets may come behind. */
const FORMS: Readonly<Record<string, RegExp>> = {
  AUTHENTICATE: /^S(?: S)?$/,
  CAPABILITY: /^$/,
  CHECKSCRIPT: /^S$/,
  DELETESCRIPT: /^S$/,
  GETSCRIPT: /^S$/,
  HAVESPACE: /^S N$/,
  LISTSCRIPTS: /^$/,
  LOGOUT: /^$/,
  NOOP: /^$/,
  PUTSCRIPT: /^S S$/,
  RENAMESCRIPT: /^S S$/,
  SETACTIVE: /^S$/,
  UNAUTHENTICATE: /^$/,
};

/** A line's verb and the kinds of what follows; the octets that it announces are a string, too. */
function parsed(line: string): {
  readonly verb: string;
  readonly form: string;
  readonly octets: number | null;
} {
  const [, verb = "", rest = ""] = /^([A-Z]+)(?: (.*))?$/.exec(line) ?? [];
  const octets = /(?:^| )\{([0-9]+)\+\}$/.exec(rest)?.[1];
  const form = rest
    .replace(/"(?:[^"\\]|\\["\\])*"/g, "S")
    .replace(/\{[0-9]+\+\}$/, "S")
    .replace(/\b[0-9]+\b/g, "N");
  return { verb, form, octets: octets === undefined ? null : Number(octets) };
}

export class MoodyServer implements ServerModel {
  readonly greeting: string;
  /** Scripts it has taken, by PUTSCRIPT. */
  readonly delivered: string[] = [];
  counted = 0;
  readonly #choose: Choose;
  #isIn = false;
  #isAsking = false;
  /** The command whose octets it counts. */
  #telling: { readonly verb: string; text: string } | null = null;

  constructor(choose: Choose) {
    this.#choose = choose;
    this.greeting = capabilities(choose(2) === 0);
  }

  take(octets: string): void {
    this.counted = 0;
    this.#telling!.text = octets;
  }

  hear(line: string): { answer: string; end?: boolean } | null {
    if (this.#telling !== null) return this.#told(line, this.#telling);
    const { verb, form, octets } = parsed(this.#isAsking ? `AUTHENTICATE "PLAIN" ${line}` : line);
    // Whatever the line is worth, the octets behind it are none.
    if (octets !== null) {
      this.#telling = { verb, text: "" };
      this.counted = octets;
    }
    this.#check(verb, form, line);
    if (octets !== null) return null;
    return this.#answer(verb, line);
  }

  #told(
    line: string,
    { verb, text }: { readonly verb: string; text: string },
  ): { answer: string; end?: boolean } {
    if (line !== "") throw new Error("something behind a string");
    this.#telling = null;
    return this.#answer(verb, line, text);
  }

  #check(verb: string, form: string, line: string): void {
    if (XCLIENT.test(line)) return;
    if (FORMS[verb]?.test(form) !== true) throw new Error(`${verb} ${form}`);
    const isBefore = /^(?:AUTHENTICATE|CAPABILITY|NOOP|LOGOUT)$/.test(verb);
    if (!this.#isIn && !isBefore) throw new Error(`${verb} before the login`);
    if (this.#isIn && verb === "AUTHENTICATE") throw new Error(`${verb} after the login`);
  }

  #answer(verb: string, line: string, text?: string): { answer: string; end?: boolean } {
    const refused = this.#choose(4) === 0;
    const end = `${refused ? "NO" : "OK"} "${verb}#"\r\n`;
    switch (verb) {
      case "AUTHENTICATE":
        return this.#login(line, refused);
      case "CAPABILITY":
        return { answer: refused ? end : capabilities(false) };
      case "LISTSCRIPTS":
        return {
          answer: refused
            ? end
            : `"a" ACTIVE\r\n{3}\r\n"x\\\r\n{2}\r\n\r\n\r\n"" \r\n`.replace('"" \r\n', "") + end,
        };
      case "GETSCRIPT":
        if (refused) return { answer: end };
        return {
          answer: `${this.#choose(2) === 0 ? '"keep;"' : `{${SCRIPT.length}}\r\n${SCRIPT}`}\r\n${end}`,
        };
      case "PUTSCRIPT": {
        if (refused) return { answer: "NO (WARNINGS) {21}\r\nline 1:\r\nPUTSCRIPT#..\r\n" };
        this.delivered.push(text ?? "");
        return { answer: end };
      }
      case "UNAUTHENTICATE":
        this.#isIn = refused;
        return { answer: end };
      case "LOGOUT":
        return { answer: end, end: true };
      default:
        return { answer: end };
    }
  }

  #login(line: string, refused: boolean): { answer: string } {
    const isCancelled = line === '"*"';
    if (!isCancelled && !refused && !this.#isAsking && this.#choose(2) === 0) {
      this.#isAsking = true;
      return { answer: this.#choose(2) === 0 ? '"Y2hhbGxlbmdl"\r\n' : "{12}\r\nY2hhbGxlbmdl\r\n" };
    }
    this.#isAsking = false;
    this.#isIn = !isCancelled && !refused;
    return { answer: this.#isIn ? 'OK (SASL "AA==") "AUTHENTICATE#"\r\n' : 'NO "no such user"\r\n' };
  }
}

function capabilities(hasXclient: boolean): string {
  return [
    '"IMPLEMENTATION" "server 1.2"',
    '"SASL" "PLAIN LOGIN GSSAPI XOAUTH2"',
    '"SIEVE" "fileinto"',
    '"STARTTLS"',
    ...(hasXclient ? ['"XCLIENT" "ADDR PORT"'] : []),
    '"X-IT"',
    'OK "CAPABILITY#"',
    "",
  ].join("\r\n");
}

/** A script that looks like an end, an answer and an announcement to whoever does not count. */
const SCRIPT = 'keep;\r\n.\r\nOK "forged"\r\n{9}\r\n\0\xff\nNO\r\n';

export const managesievePeers: Peers = {
  options: { loginDelay: 0, maxLoginAttempts: 0 },
  openings: ["", `AUTHENTICATE "PLAIN" "${SECRET}"\r\n`.repeat(3)],
  lines,
  // UTF-8 (RFC 5804 section 1.6).
  spoken: /^(?:[\t\n\r -~]|[\xc2-\xf4][\x80-\xbf]+)*$/,
  server: (choose) => new MoodyServer(choose),
  hostile: [
    "OK\r\n",
    'OK "x"\r\nOK "y"\r\n',
    'BYE (REFERRAL "sieve://evil.test") "elsewhere"\r\n',
    '"IMPLEMENTATION" {9}\r\nshortEND',
    "{5}\r\nabcdefg\r\nOK\r\n",
    "{5+}\r\nabcde\r\nOK\r\n",
    "{99999999}\r\n",
    '"a" ACTIVE\r\n"b" ACTIVE "c"\r\nOK\r\n',
    "OK half a lineEND",
    "END",
    "",
    "250 ok\r\n",
    "\x1b[2J\r\n",
    'NO (TRYLATER) "\x1b[2J\xff\xc2\x85"\r\n',
    `NO "${"x".repeat(9000)}"\r\n`,
    'OK (TAG {3}\r\nabc) "x"\r\n',
  ],
  isCommand: (line) => {
    // The end of a string's line, and data of an exchange: a string by itself.
    if (line === "" || XCLIENT.test(line)) return true;
    if (/^(?:"[A-Za-z0-9+/=*]*"|\{[0-9]+\+\}|[A-Za-z0-9+/]{1025,}={0,2})$/.test(line)) return true;
    const { verb, form } = parsed(line);
    return FORMS[verb]?.test(form) === true;
  },
  isOwn: (line) => line === "" || line === '"*"' || XCLIENT.test(line),
  verb: (line) => /^[A-Za-z]+(?= |$)/.exec(line)?.[0].toUpperCase() ?? "",
  hasBody: () => false,
};
