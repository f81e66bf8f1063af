// What --block-address is tried on: an address in its one form, and whatever else a server would take it for. Knows
// how addresses name others (RFC 1123 section 5.2.16); not what is blocked.

import { canonicalDomain } from "../../wire/canonical.ts";
import { textOf } from "../../wire/utf8.ts";
import { addressOf, isDotString, type Mailbox, quote, unquoted } from "./mailbox.ts";

/**
 * Each as it is written and in small letters, so that a rule may tell letters apart, and need not.
 * @param homes domains whose mail the server may take for its own: a name without one is somebody there
 */
export function formsOf(mailbox: Mailbox | null, homes: readonly string[]): readonly string[] {
  const named = mailbox === null ? [] : meant(mailbox, homes);
  const written = [mailbox, ...named].map((one) => textOf(addressOf(one)));
  // Of letters beyond ASCII those that are like others are the same to some.
  const likened = written.map((text) => text.normalize("NFKC"));
  return [...new Set([...written, ...likened, ...likened.map((text) => text.toLowerCase())])];
}

/** Whom a server may come to that follows routes, each found in the one before; they end, as each is shorter. */
function meant(mailbox: Mailbox, homes: readonly string[]): Mailbox[] {
  if (mailbox.domain === null)
    return homes.flatMap((domain) => {
      const there = { ...mailbox, domain };
      return [there, ...meant(there, [])];
    });
  const next = routed(unquoted(mailbox.localPart));
  return next === null ? [] : [next, ...meant(next, homes)];
}

/** "u@d" in quotes, behind "@a,@b:" perhaps; "d!u"; "u%d". */
function routed(content: string): Mailbox | null {
  const parts =
    /^@[^:]*:(?<local>.*)@(?<domain>[^@]*)$/.exec(content) ??
    /^(?<local>.*)@(?<domain>[^@]*)$/.exec(content) ??
    /^(?<domain>[^!]*)!(?<local>.*)$/.exec(content) ??
    /^(?<local>.*)%(?<domain>[^%]*)$/.exec(content);
  if (parts === null) return null;
  const { local, domain } = parts.groups as { local: string; domain: string };
  // Postfix goes on without the blanks, and without a dot at the end: what the DNS has in mind.
  const bare = textOf(domain).replaceAll(" ", "").replace(/\.$/, "");
  return {
    localPart: isDotString(local) ? local : quote(local),
    domain: canonicalDomain(bare) ?? domain,
  };
}
