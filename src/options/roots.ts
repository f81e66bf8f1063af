// The certificates that servers over TCP are trusted by: of a file that was named, or the system's. Knows files, and
// X.509 by the runtime's own words; no server.

import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve as resolvePath } from "node:path";
import type { ServerTls } from "../io/server-tls.ts";
import type { DestinationTls } from "../io/tcp.ts";
import { isEndless } from "../os/files.ts";
import { blocksOf } from "./certificates.ts";
import { UsageError } from "./usage.ts";

const SYSTEM = "/etc/ssl/certs/ca-certificates.crt";

/**
 * Reads the files, each once, while we may.
 * @param where they were named @param directory where paths begin that do not begin at the root
 * @throws UsageError
 */
export function withRoots(
  destinations: readonly { readonly tls: DestinationTls | null }[],
  where: string,
  system = SYSTEM,
  directory = "",
): (ServerTls | null)[] {
  const texts = new Map<string, string>();
  return destinations.map(({ tls }) => {
    if (tls === null) return null;
    const path = resolvePath(directory, tls.ca ?? system);
    const roots = texts.get(path) ?? rootsIn(path, where, tls.ca === null);
    texts.set(path, roots);
    return { starts: tls.starts, name: tls.name, roots };
  });
}

/** @param isSystem they are many, and looked after by somebody else */
function rootsIn(path: string, where: string, isSystem: boolean): string {
  const wrong = (what: string) =>
    new UsageError(`${where}: expected certificates in PEM, got ${path}, which ${what}`);
  if (isEndless(path)) throw wrong("is no regular file");
  let text: string;
  try {
    text = readFileSync(path, "latin1");
  } catch (error) {
    throw wrong(`cannot be read: ${String((error as { code?: unknown }).code ?? error)}`);
  }
  const blocks = blocksOf(text, "CERTIFICATE");
  if (blocks.length === 0) throw wrong("has none");
  if (!isSystem && !blocks.every(isCertificate)) throw wrong("has one that is none");
  return `${blocks.join("\n")}\n`;
}

function isCertificate(block: string): boolean {
  try {
    return new X509Certificate(block) !== null;
  } catch {
    return false;
  }
}
