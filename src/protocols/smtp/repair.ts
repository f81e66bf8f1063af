// --syntax lax: what real clients send and RFC 5321 forbids, made what they mean. Strings in, strings out: what comes
// out is parsed by the strict grammar like any other command, so that rules and server see nothing else. What could
// mean two things is left as it is, and refused. Knows the arguments of EHLO, HELO, MAIL and RCPT; no state, no policy.

import { isAddressLiteral, isDomain, isIPv6 } from "../../wire/domain.ts";
import { isDotString, quote } from "./mailbox.ts";

/**
 * Leaves alone what is right, but for blanks that mean nothing.
 * @param verb upper case @param argument what follows it
 */
export function repaired(verb: string, argument: string): string {
  switch (verb) {
    case "EHLO":
    case "HELO":
      return repairedName(argument);
    case "MAIL":
    case "RCPT":
      return repairedEnvelope(argument);
    default:
      return argument;
  }
}

/**
 * The name by which a client greets decides nothing (RFC 5321 section 4.1.4): where it has what no name may have, one
 * that is like it will do. What comes behind it is dropped.
 */
function repairedName(argument: string): string {
  const word = argument.split(" ")[0]!;
  // Without its tag, or with the interface it is of.
  const address = /^\[?(?:IPv6:)?([0-9A-Fa-f:.]+)(?:%[A-Za-z0-9.-]*)?\]?$/i.exec(word)?.[1];
  const name = address !== undefined && isIPv6(address) ? `[IPv6:${address}]` : nameLike(word);
  return [word, name].find((one) => isDomain(one) || isAddressLiteral(one)) ?? argument;
}

/** "(null)" and "localhost.(none)" without their brackets, "my_pc" and letters beyond ASCII with hyphens. */
function nameLike(word: string): string {
  return word
    .replace(/\(([A-Za-z0-9-]+)\)/g, "$1")
    .replace(/[_\x80-\xff]+/g, "-")
    .replace(/\.$/, "")
    .split(".")
    .map((label) => label.replace(/^-|-$/g, ""))
    .join(".");
}

/** A quoted-string, where it begins with one, and what is neither a quote, a bracket nor a blank. It is never empty. */
const WORD = '("(?:[^"\\\\]|\\\\.)*"[^"<> ]*|[^"<> ]+)';
/** No octet of a line is looked at twice: blanks have one place only. */
const IN_BRACKETS = new RegExp(`^< *(?:${WORD} *)?>((?: .*)?)$`);
const BARE = new RegExp(`^${WORD}((?: .*)?)$`);

function repairedEnvelope(argument: string): string {
  const [, keyword, rest = ""] = /^([A-Za-z]+) *: *(.*)$/.exec(argument) ?? [];
  const parts = IN_BRACKETS.exec(rest) ?? BARE.exec(rest);
  if (keyword === undefined || parts === null) return argument;
  const [word, parameters] = [parts[1] ?? "", parts[2]!];
  if (!rest.startsWith("<") && !isBarePath(word)) return argument;
  return `${keyword}:<${repairedMailbox(word)}>${parameters}`;
}

/** Without brackets a word may be a parameter as well, and nothing may stand for any path. */
function isBarePath(word: string): boolean {
  return word.includes("@") || !/[="]/.test(word);
}

/** Dots where none may be make a local-part that needs quotes; the one that ends a domain says that it is absolute. */
function repairedMailbox(word: string): string {
  if (word.startsWith("@")) return word; // a route
  const at = word.includes("@") ? word.lastIndexOf("@") : word.length;
  const [localPart, domain] = [word.slice(0, at), word.slice(at)];
  const isMisdotted = !isDotString(localPart) && isDotString(localPart.replaceAll(".", ""));
  return (isMisdotted ? quote(localPart) : localPart) + domain.replace(/([A-Za-z0-9\x80-\xff])\.$/, "$1");
}
