// Which certificate a client gets (pure): by the name it asks for (RFC 6066 §3), or the first. Knows names; no
// cryptography, and no file.

export interface Credential {
  /** PEM: the certificate, and what leads from it to a root. */
  readonly chain: string;
  /** PEM. */
  readonly key: string;
  /** What it is for, in lower case: host names, of which the first label may be "*". */
  readonly names: readonly string[];
  /** What the log calls it. */
  readonly label: string;
}

export type Credentials = readonly [Credential, ...Credential[]];

/** @param serverName in lower case; null for a client that named none. Unknown names get the first. */
export function credentialFor(all: Credentials, serverName: string | null): Credential {
  if (serverName === null) return all[0];
  const exact = all.find(({ names }) => names.includes(serverName));
  return exact ?? all.find((credential) => isFor(credential, serverName)) ?? all[0];
}

/** RFC 6125 §6.4.3: "*" stands for one whole label, the leftmost. @param serverName in lower case */
export function isFor({ names }: Pick<Credential, "names">, serverName: string): boolean {
  return names.includes(serverName) || names.includes(serverName.replace(/^[^.]+/, "*"));
}
