// Whom a proxy speaks for, and what a client speaks TLS with, as a worker tells the supervisor (pure). Whoever got hold of
// a worker could write anything here: what is no address and no port in their one notation is nothing.

import { type Endpoint, type Ends, normalized } from "../wire/addresses.ts";
import type { Spoken } from "../wire/proxy-header.ts";

/** Octets: two addresses of IPv6 and their ports are less. */
const MOST = 256;

export function writeTold(told: Ends | null): string {
  return JSON.stringify(told === null ? null : { client: told.client, server: told.server });
}

/** @returns undefined for what nobody writes @throws SyntaxError for what is no JSON */
export function readTold(text: string): Ends | null | undefined {
  if (text.length > MOST) return undefined;
  const told = JSON.parse(text) as unknown;
  if (told === null) return null;
  const { client, server } = Object(told) as Readonly<Record<string, unknown>>;
  const ends = { client: endpointOf(client), server: endpointOf(server) };
  return ends.client === null || ends.server === null ? undefined : (ends as Ends);
}

function endpointOf(value: unknown): Endpoint | null {
  const { address, port } = Object(value) as Readonly<Record<string, unknown>>;
  const isAddress = address === null || (typeof address === "string" && normalized(address) === address);
  const isPort = port === null || (Number.isInteger(port) && Number(port) >= 0 && Number(port) <= 65535);
  return isAddress && isPort ? ({ address, port } as Endpoint) : null;
}

/** What a client speaks TLS with, for its server to be told. */
export function writeSpoken({ version, cipher }: Spoken): string {
  return `${version} ${cipher}`;
}

/** @returns null for what nobody writes */
export function readSpoken(text: string): Spoken | null {
  const [, version, cipher] = /^(TLSv1\.[23]) ([A-Z0-9_-]{1,64})$/.exec(text) ?? [];
  return version === undefined ? null : { version, cipher: cipher! };
}
