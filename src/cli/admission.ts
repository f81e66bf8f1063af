// Whom a listener lets in by its lists of networks, and the files in which entries stand: a mistake in any of them is
// found here, and not by each worker. Knows options by their kinds; no client.

import { resolve as resolvePath } from "node:path";
import { type Files, filesIn, filesOf } from "../options/lists.ts";
import { proxiesNamed } from "../options/proxies.ts";
import { NO_FILES, resolve } from "../options/resolve.ts";
import { RUN_OPTIONS } from "../options/run.ts";
import type { Settings } from "../options/settings.ts";
import { camelCase, type Networks, type Table } from "../options/table.ts";
import type { Membership } from "../policy/networks.ts";
import type { AnyProtocol } from "../protocols/protocol.ts";
import type { Entry } from "../record/entry.ts";
import { Lists } from "../serve/lists.ts";

/** As the lists are now. */
export interface Admission {
  /** Whether an address is in the networks of one of the protocol's options, by their names. */
  isIn(names: readonly string[], address: string | null): boolean;
  readonly isProxy: Membership;
}

/** The options whose networks are not let in at all. */
export function keepingOut({ options }: Pick<AnyProtocol, "options">): readonly string[] {
  return Object.keys(options).filter((name) => options[name]!.keepsOut === true);
}

interface Said {
  readonly protocol: AnyProtocol;
  readonly settings: Settings;
  /** Where paths begin that do not begin at the root. */
  readonly directory: string;
}

/** @throws UsageError */
export async function admissionOf(
  { protocol, settings, directory }: Said,
  log: (entry: Entry) => void,
): Promise<{ readonly admission: Admission; readonly lists: Lists | null }> {
  let now: Admission;
  const understand = async (files: Files) => {
    const next = await understood(protocol.options, settings, files);
    return () => {
      now = next;
    };
  };
  const paths = filesIn(settings, protocol.options, RUN_OPTIONS);
  const lists =
    paths.length === 0
      ? null
      : await Lists.open({
          places: new Map(paths.map((path) => [path, resolvePath(directory, path)])),
          recipients: recipientFiles(protocol.options, settings),
          ...{ understand, log },
        });
  if (lists === null) (await understand(NO_FILES))();
  const admission: Admission = {
    isIn: (names, address) => now.isIn(names, address),
    isProxy: (address) => now.isProxy(address),
  };
  return { admission, lists };
}

async function understood(table: Table, settings: Settings, files: Files): Promise<Admission> {
  const resolved = await resolve(settings, table, { files, isForMany: true });
  const values = resolved(null).read(table) as Readonly<Record<string, unknown>>;
  const { acceptProxy } = settings.read(RUN_OPTIONS);
  const isProxy = await proxiesNamed(acceptProxy, settings.where("accept-proxy"), files);
  return {
    isIn: (names, address) =>
      names.some((name) => (values[camelCase(name)] as Networks | null)?.has(address) === true),
    isProxy: isProxy ?? (() => false),
  };
}

function recipientFiles(table: Table, settings: Settings): ReadonlySet<string> {
  const all = Object.entries(table)
    .filter(([, { takes }]) => takes.kind === "recipients")
    .flatMap(([name, { takes }]) => filesOf(takes.kind, settings.entries(name) ?? []));
  return new Set(all);
}
