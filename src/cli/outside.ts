// `protowrap ./nntp.js …`: a protocol of somebody else's, from a module outside. It is code the
// administrator named and is trusted as such; that it is a protocol at all is checked here, so that a broken
// one is an error of the start and not of a session.

import { resolve } from "node:path";
import { RUN_OPTIONS } from "../options/run.ts";
import { settle } from "../options/settle.ts";
import type { Option, Table } from "../options/table.ts";
import { UsageError } from "../options/usage.ts";
import { KIT, type Kit } from "../protocols/kit.ts";
import { type AnyProtocol, define, type Protocol } from "../protocols/protocol.ts";

/** What a module exports: the protocol, or what makes it from the kit. */
type Exported = Partial<Protocol<Table>> | ((kit: Kit) => Partial<Protocol<Table>>);

/** @throws UsageError that names the file and what is wrong with it */
export async function outside(path: string): Promise<AnyProtocol> {
  const exported = ((await load(path)).default ?? {}) as Exported;
  const wrong = (what: string) => new UsageError(`${path}: expected a default export with ${what}`);
  const protocol = typeof exported === "function" ? made(path, exported) : exported;
  const { name, dialogue, converse, unavailable, options = {} } = protocol;
  if (typeof name !== "string" || !/^[a-z][a-z0-9-]*$/.test(name))
    throw wrong('a name of letters, digits and "-"');
  if (dialogue !== "lock-step" && dialogue !== "stream") throw wrong('dialogue "lock-step" or "stream"');
  if (typeof converse !== "function") throw wrong("a function converse(setup, options, kit)");
  if (typeof unavailable !== "function") throw wrong("a function unavailable(hostname)");
  checkTable(path, options);
  return define({ ...protocol, name, dialogue, converse, unavailable, options });
}

function made(path: string, make: (kit: Kit) => Partial<Protocol<Table>>): Partial<Protocol<Table>> {
  try {
    return make(KIT);
  } catch (error) {
    throw new UsageError(`${path}: its default export failed: ${reasonOf(error)}`);
  }
}

async function load(path: string): Promise<Record<string, unknown>> {
  try {
    return (await import(resolve(path))) as Record<string, unknown>;
  } catch (error) {
    throw new UsageError(`${path}: cannot be loaded: ${reasonOf(error)}`);
  }
}

const KINDS = ["number", "size", "text", "choice", "networks", "patterns", "content", "blackholes"];

/** @throws UsageError for a table that none of its readers could read */
function checkTable(path: string, table: Table): void {
  for (const [name, option] of Object.entries(table as Readonly<Record<string, Partial<Option>>>)) {
    const wrong = (what: string) => new UsageError(`${path}: option ${name}: expected ${what}`);
    if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(name)) throw wrong('a name of small letters, digits and "-"');
    if (Object.hasOwn(RUN_OPTIONS, name)) throw wrong("another name: every run has an option of this one");
    const kind = option.takes?.kind;
    if (kind === undefined || !KINDS.includes(kind)) throw wrong(`takes of kind ${KINDS.join(", ")}`);
    if (typeof option.group !== "string" || typeof option.help !== "string")
      throw wrong("a group and a help text");
    const given =
      option.default === undefined ? null : { value: option.default, where: `${path}: option ${name}` };
    settle(name, option as Option, given);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
