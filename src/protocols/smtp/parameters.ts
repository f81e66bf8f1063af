// The parameters of MAIL and RCPT (RFC 5321 section 4.1.1.11 and the extensions' own RFCs).
// Knows each keyword's grammar and the extension it belongs to; not what the server thinks of it.

/** A parameter as it goes to the server: keyword in upper case. */
export interface Parameter {
  readonly keyword: string;
  readonly value: string;
}

export type ParametersResult =
  | { readonly parameters: readonly Parameter[] }
  | { readonly fault: "syntax" | "unknown" };

interface Rule {
  /** The EHLO keyword that must have been offered. */
  readonly extension: string;
  /** The whole value, empty where there is none. */
  readonly value: RegExp;
  /** The value is a word of the protocol, not the client's own text: upper case for the server. */
  readonly words?: true;
  /** A well-formed value we do not serve. */
  readonly unserved?: RegExp;
}

/** RFC 3461 section 4: printable octets, "+" and "=" and the rest as +HH. */
const XTEXT = "(?:[!-*,-<>-~]|\\+[0-9A-F]{2})";

const MAIL: Readonly<Record<string, Rule>> = {
  // RFC 4954 section 5
  AUTH: { extension: "AUTH", value: new RegExp(`^(?:<>|${XTEXT}{1,500})$`) },
  // RFC 6152; RFC 3030's BINARYMIME needs BDAT, which is never offered
  BODY: { extension: "8BITMIME", value: /^(?:7BIT|8BITMIME)$/i, words: true, unserved: /^BINARYMIME$/i },
  // RFC 3461 sections 4.3 and 4.4
  ENVID: { extension: "DSN", value: new RegExp(`^(?=.{1,100}$)${XTEXT}+$`) },
  RET: { extension: "DSN", value: /^(?:FULL|HDRS)$/i, words: true },
  // RFC 1870 section 3
  SIZE: { extension: "SIZE", value: /^[0-9]{1,20}$/ },
  // RFC 6531 section 3.4: it has no value
  SMTPUTF8: { extension: "SMTPUTF8", value: /^$/ },
};

const RCPT: Readonly<Record<string, Rule>> = {
  // RFC 3461 sections 4.1 and 4.2
  NOTIFY: {
    extension: "DSN",
    value: /^(?:NEVER|(?:SUCCESS|FAILURE|DELAY)(?:,(?:SUCCESS|FAILURE|DELAY)){0,2})$/i,
    words: true,
  },
  ORCPT: { extension: "DSN", value: new RegExp(`^(?=.{1,500}$)[A-Za-z0-9-]+;${XTEXT}+$`) },
};

const RULES = { MAIL, RCPT };

/**
 * Reads what follows the path: nothing, or blanks and parameters.
 * @param offered the extensions in our own EHLO reply; empty after HELO
 */
export function parseParameters(
  verb: "MAIL" | "RCPT",
  text: string,
  offered: ReadonlySet<string>,
): ParametersResult {
  if (text === "") return { parameters: [] };
  if (!text.startsWith(" ")) return { fault: "syntax" };
  const parameters: Parameter[] = [];
  const keywords = new Set<string>();
  let unknown = false;
  for (const word of text.split(" ").filter((part) => part !== "")) {
    const parts = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~]+))?$/.exec(word);
    if (parts === null) return { fault: "syntax" };
    const keyword = parts[1]!.toUpperCase();
    const value = parts[2] ?? "";
    if (keywords.has(keyword)) return { fault: "syntax" };
    keywords.add(keyword);
    const rule = Object.hasOwn(RULES[verb], keyword) ? RULES[verb][keyword]! : null;
    if (rule === null || !offered.has(rule.extension) || rule.unserved?.test(value)) unknown = true;
    else if (!rule.value.test(value)) return { fault: "syntax" };
    parameters.push({ keyword, value: rule?.words ? value.toUpperCase() : value });
  }
  return unknown ? { fault: "unknown" } : { parameters };
}

export function writeParameters(parameters: readonly Parameter[]): string {
  return parameters.map(({ keyword, value }) => ` ${keyword}${value === "" ? "" : `=${value}`}`).join("");
}

/** The declared size of a message in octets (RFC 1870), or null. Up to 20 digits: a bigint. */
export function declaredSize(parameters: readonly Parameter[]): bigint | null {
  const size = parameters.find(({ keyword }) => keyword === "SIZE")?.value;
  return size === undefined ? null : BigInt(size);
}
