// Knows how to make an authority and certificates of its own for a test: on the spot, for a few days.

import { existsSync } from "node:fs";
import { program } from "./missing.ts";
import { run } from "./process.ts";
import type { Scratch } from "./scratch.ts";

export const openssl = program("openssl");

/** Files in PEM. */
export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

const EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"];

export class Authority {
  readonly #scratch: Scratch;
  readonly #name: string;

  private constructor(scratch: Scratch, name: string) {
    this.#scratch = scratch;
    this.#name = name;
  }

  static async make(scratch: Scratch, name = "authority"): Promise<Authority> {
    const authority = new Authority(scratch, name);
    const { certificate, key } = authority.root;
    const how = ["-x509", ...EC, "-subj", `/CN=${name}`, "-days", "3"];
    const use = ["-addext", "keyUsage=critical,keyCertSign,cRLSign"];
    await made(scratch, ["openssl", "req", ...how, ...use, "-keyout", key, "-out", certificate]);
    return authority;
  }

  get root(): Identity {
    return this.#files("");
  }

  /** @param names as OpenSSL writes alternative names, such as DNS:mx.test; the subject is always mx.test */
  async identity(names: string, days: "valid" | "expired" = "valid"): Promise<Identity> {
    const files = this.#files(`-${names.replaceAll(/[^a-z0-9]+/gi, "-")}-${days}`);
    if (existsSync(files.certificate)) return files;
    const request = `${files.key}.csr`;
    const asked = ["-subj", "/CN=mx.test", "-addext", `subjectAltName=${names}`];
    await made(this.#scratch, ["openssl", "req", ...EC, ...asked, "-keyout", files.key, "-out", request]);
    const { certificate, key } = this.root;
    const by = ["-CA", certificate, "-CAkey", key, "-copy_extensions", "copy", "-set_serial", "7"];
    // It ended in the moment in which it began: there is no older option for a date.
    const until = ["-days", days === "valid" ? "3" : "-1"];
    await made(this.#scratch, [
      ...["openssl", "x509", "-req", "-in", request, ...by, ...until],
      ...["-out", files.certificate],
    ]);
    return files;
  }

  #files(name: string): Identity {
    const path = `${this.#scratch.path}/${this.#name}${name}`;
    return { certificate: `${path}.pem`, key: `${path}.key` };
  }
}

async function made(scratch: Scratch, argv: readonly string[]): Promise<void> {
  const { code, stderr } = await run(scratch, argv);
  if (code !== 0) throw new Error(`${argv.join(" ")}: ${stderr}`);
}
