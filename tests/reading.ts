// Option values for a conversation under test: handed over as they are, or made from what a transcript's JSON may
// say. Knows kinds of options; no protocol.

import type { Blackholes, Domains, Networks, Option, Table } from "../src/options/table.ts";
import { camelCase } from "../src/options/table.ts";
import { ContentInspector } from "../src/policy/content/inspector.ts";
import { Rules } from "../src/policy/content/rules.ts";
import { domainsOf } from "../src/policy/domains.ts";
import { compilePattern } from "../src/policy/expressions.ts";
import { compileNetworks } from "../src/policy/networks.ts";
import { RecipientBook } from "../src/policy/recipients.ts";
import type { AnyProtocol, Conversation, Read, ReadGiven, Setup } from "../src/protocols/protocol.ts";

/** By name, in camel case. */
export type Values = Readonly<Record<string, unknown>>;

/** Reads these values, whatever table is asked for. */
export function reading(values: object): Read & ReadGiven {
  return () => values as never;
}

/** A conversation with these values, which are the test's to get right. */
export function converse(protocol: AnyProtocol, setup: Setup, values: object): Conversation {
  // Those of our own have no rules but the list's.
  return protocol.converse(setup, reading(values)) as Conversation;
}

/** What the options of a table may be where JSON says so: lists of text are compiled by kind, the rest stays. */
export function valuesFrom(table: Table, said: Values): Values {
  const options = new Map(Object.entries(table).map(([name, option]) => [camelCase(name) as string, option]));
  return Object.fromEntries(
    Object.entries(said).map(([name, value]) => {
      const option = options.get(name);
      if (option === undefined) throw new Error(`no option ${name}`);
      return [name, valueFrom(option, value)];
    }),
  );
}

function valueFrom({ takes }: Option, said: unknown): unknown {
  if (!Array.isArray(said)) return said;
  const entries: readonly string[] = said;
  switch (takes.kind) {
    case "networks":
      return { has: compileNetworks(entries) } satisfies Networks;
    case "domains":
      return domainsOf(entries) satisfies Domains;
    case "recipients":
      return new RecipientBook([
        { name: "--recipient", kind: "addresses", text: `\n${entries.join("\n")}\n`, doubt: null },
      ]);
    case "patterns":
      return entries.map(compilePattern);
    case "content": {
      const rules = new Rules(entries);
      return () => new ContentInspector(rules, () => performance.now());
    }
    case "blackholes":
      return { listedBy: () => entries[0] ?? null } satisfies Blackholes;
    default:
      return entries;
  }
}
