// A structured field's value and its parameters (RFC 2045 section 5.1, RFC 2231), in every way that mail readers
// take them where a field says something twice, in pieces or with comments in it. Knows the grammar; knows no field and
// no parameter by name. One UTF-16 unit is one octet.

import { hexadecimal } from "./quoted-printable.ts";

export interface Parameter {
  /** Lower case, without what RFC 2231 adds to it. */
  readonly name: string;
  readonly value: string;
  /** What stands there up to the next parameter, for who does not stop at a blank. */
  readonly whole: string;
  /** RFC 2231 section 3: which piece of the value it is. */
  readonly section: number | null;
  /** RFC 2231 section 4: it has octets as %XX, and the first piece its charset in front. */
  readonly isExtended: boolean;
}

export interface Structured {
  readonly value: string;
  readonly parameters: readonly Parameter[];
}

/** A value with the charset it says it has. */
export interface Value {
  readonly text: string;
  /** How it begins: all of it, or as much of what is not quoted as is a token. */
  readonly token: string;
  readonly charset: string | null;
}

const TOKEN = /^[^\s()<>@,;:\\"/[\]?=]*/;
/** A quoted string, and nothing behind it. */
const QUOTED = /^"(?:[^"\\]|\\.)*"$/s;
/** A value behind which somebody has forgotten a semicolon. */
const FORGOTTEN = /^(\S+)\s+([^\s=]+\s*=.*)$/s;

/** How a field's body is read: by who knows comments (RFC 5322 section 3.2.2), and by who does not. */
export function readings(body: string): readonly Structured[] {
  const known = parse(pieces(body, true));
  return body.includes("(") ? [known, parse(pieces(body, false))] : [known];
}

/**
 * What readers take for the value of a parameter: of several the first or the last, of pieces those in the order of
 * their numbers, up to a gap or over it, or as they come.
 */
export function valuesOf(parameters: readonly Parameter[], name: string): readonly Value[] {
  const own = parameters.filter((parameter) => parameter.name === name);
  const plain = own
    .filter(({ section }) => section === null)
    .flatMap((parameter) => [joined([parameter]), ...others(parameter)]);
  const numbered = own.filter(({ section }) => section !== null);
  // What is extended and has no number is the first of those that have one.
  const first = own.filter(({ section, isExtended }) => section === null && isExtended);
  const parts = numbered.length === 0 ? [] : [...first.map((part) => ({ ...part, section: 0 })), ...numbered];
  if (parts.length === 0) return distinct(plain);
  const sorted = [...parts].sort((one, other) => one.section! - other.section!);
  const firsts = sorted.filter((part, index) => sorted[index - 1]?.section !== part.section);
  const gap = firsts.findIndex(({ section }, index) => section !== index);
  return distinct([
    ...plain,
    joined(gap <= 0 ? firsts : firsts.slice(0, gap)),
    ...[firsts, sorted, parts, sorted.map(unstoppedPart)].map(joined),
  ]);
}

/**
 * The values for who does not stop at a blank, nor where a quoted string ends or never does, where those are others; for
 * whom a quoted string may begin late; and for whom a star ends what is not quoted (RFC 2231 section 7).
 */
function others(parameter: Parameter): Value[] {
  const { value, whole } = parameter;
  if (QUOTED.test(whole)) return [];
  const early = whole.startsWith('"') ? value : value.replace(/\*.*$/s, "");
  const late = whole.includes('"') ? [whole.replaceAll('"', "").replaceAll(/\\(.)/gs, "$1")] : [];
  return [early, whole, ...late].map((other) => joined([{ ...parameter, value: other }]));
}

function unstoppedPart(part: Parameter): Parameter {
  return part.whole.startsWith('"') ? part : { ...part, value: part.whole };
}

function joined(parts: readonly Parameter[]): Value {
  const [first] = parts;
  const [, charset = "", rest] = first!.isExtended ? (/^([^']*)'[^']*'(.*)$/s.exec(first!.value) ?? []) : [];
  const text = parts.map(({ value, isExtended }, index) => {
    const own = index === 0 ? (rest ?? value) : value;
    return isExtended ? unescaped(own) : own;
  });
  const whole = text.join("");
  const isQuoted = parts.length > 1 || first!.isExtended || first!.whole.startsWith('"');
  return {
    text: whole,
    token: isQuoted ? whole : TOKEN.exec(whole)![0],
    charset: charset === "" ? null : charset,
  };
}

function unescaped(text: string): string {
  return text.replace(/%([0-9a-f])([0-9a-f])/gi, (_, high: string, low: string) =>
    String.fromCharCode((hexadecimal(high.charCodeAt(0)) << 4) | hexadecimal(low.charCodeAt(0))),
  );
}

function distinct(values: readonly Value[]): Value[] {
  const seen = new Map(values.map((value) => [`${value.charset ?? ""}'${value.text}`, value]));
  return [...seen.values()];
}

function parse([first, ...rest]: readonly [string, ...string[]]): Structured {
  const [, value = first, ...forgotten] = FORGOTTEN.exec(first.trim()) ?? [];
  const parameters = [...forgotten, ...rest].flatMap((piece): Parameter[] => {
    const [, name, section, extended, value] =
      /^\s*([^\s=*]+)\s*(?:\*(\d{1,9})\s*)?(\*\s*)?=(.*)$/s.exec(piece) ?? [];
    if (name === undefined) return [];
    return [
      {
        name: name.toLowerCase(),
        value: unquoted(value!.trim()),
        whole: value!.trim(),
        section: section === undefined ? null : Number(section),
        isExtended: extended !== undefined,
      },
    ];
  });
  return { value: value.trim(), parameters };
}

/** Splits at ";" outside quoted strings. @param comments they are known, and left out */
function pieces(text: string, comments: boolean): [string, ...string[]] {
  const found: [string, ...string[]] = [""];
  let last = 0;
  let depth = 0; // of comments
  let quoted = false;
  for (const [part] of text.matchAll(/\\.|[^\\"();]+|./gs)) {
    if (quoted) {
      quoted = part !== '"';
      found[last] += part;
    } else if (comments && part === "(") depth++;
    else if (comments && part === ")" && depth > 0) depth--;
    else if (depth > 0) continue;
    else if (part === ";") last = found.push("") - 1;
    else {
      quoted = part === '"';
      found[last] += part;
    }
  }
  return found;
}

/** A parameter's value: a quoted string's content, or what stands before the first blank, without a stray quote. */
function unquoted(value: string): string {
  const quoted = /^"((?:[^"\\]|\\.)*)/s.exec(value);
  return quoted === null
    ? value.split(/\s/, 1)[0]!.replace(/"+$/, "")
    : quoted[1]!.replace(/\\(.)/gs, "$1").trimEnd();
}
