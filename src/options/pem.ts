// The files of --tls-cert and --tls-key, read and not understood: while we still may read them. Knows files; no
// cryptography, which costs milliseconds that a session has to spare once its server starts.

import { readFileSync } from "node:fs";
import { isEndless } from "../os/files.ts";
import type { TlsPlan } from "./tls.ts";

export interface Pem {
  readonly path: string;
  /** Null where it cannot be read. */
  readonly text: string | null;
  /** Why not. */
  readonly error: string;
}

export interface PemFiles {
  readonly certificates: readonly [Pem, ...Pem[]];
  readonly keys: readonly Pem[];
}

export function readPem({ certificates, keys }: Pick<TlsPlan, "certificates" | "keys">): PemFiles {
  const [first, ...more] = certificates;
  return { certificates: [read(first), ...more.map(read)], keys: keys.map(read) };
}

function read(path: string): Pem {
  if (isEndless(path)) return { path, text: null, error: "no regular file" };
  try {
    return { path, text: readFileSync(path, "latin1"), error: "" };
  } catch (error) {
    return { path, text: null, error: String((error as { code?: unknown }).code ?? error) };
  }
}
