// What Dovecot's login processes write of a session: who logs in, and whose login came to nothing. Knows the form that
// fail2ban's filter reads.

import type { Dialect, Whose } from "../dialect.ts";
import type { Entry } from "../entry.ts";
import { word } from "./words.ts";

export class Dovecot implements Dialect {
  readonly program = "dovecot";
  readonly #daemon: string;
  readonly #where: string;
  readonly #session: string;
  #tls = "";
  #user: string | undefined;
  #method = "";
  /** Passwords that were wrong, and not the one before once more. */
  #guesses = 0;
  #attempts = 0;
  #isIn = false;

  constructor({ ends, session, daemons }: Whose) {
    const { client, server } = ends;
    this.#daemon = daemons.dovecot;
    this.#where = `rip=${client.address ?? "unknown"}, lip=${server.address ?? "unknown"}`;
    this.#session = `session=<${word(session)}>`;
  }

  lines(entry: Entry): readonly string[] {
    switch (entry.event) {
      case "tls":
        this.#tls = ", TLS";
        return [];
      case "login":
        this.#tell(entry.fields);
        this.#isIn = true;
        return [`${this.#daemon}: Login: ${this.#whom(this.#where)}`];
      case "login-failed":
        this.#tell(entry.fields);
        this.#attempts++;
        if (entry.fields.repeat !== "yes") this.#guesses++;
        return [];
      case "end":
        return this.#isIn ? [] : this.#aborted(Math.round(entry.fields.seconds));
      default:
        return [];
    }
  }

  #tell({ user, method }: { readonly user?: string; readonly method: string }): void {
    this.#user = user;
    this.#method = method === "PASS" ? "PLAIN" : word(method);
  }

  /** A password that was tried before is no guess: of a session that tried no other nothing is told. */
  #aborted(seconds: number): readonly string[] {
    if (this.#attempts > 0 && this.#guesses === 0) return [];
    const why =
      this.#guesses > 0
        ? `auth failed, ${this.#guesses} attempts in ${seconds} secs`
        : `no auth attempts in ${seconds} secs`;
    return [`${this.#daemon}: Aborted login (${why}): ${this.#whom(this.#where)}`];
  }

  #whom(where: string): string {
    const method = this.#method === "" ? "" : ` method=${this.#method},`;
    return `user=<${word(this.#user ?? "")}>,${method} ${where}${this.#tls}, ${this.#session}`;
  }
}
