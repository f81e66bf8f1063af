// What Dovecot's login processes write of a session: who logs in, and whose login came to nothing. Knows the form that
// fail2ban's filter reads.

import type { Dialect, Whose } from "../dialect.ts";
import type { Entry, Fields } from "../entry.ts";
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
        return [`${this.#daemon}: Login: ${this.#whom()}`];
      case "login-failed":
        this.#tell(entry.fields);
        this.#attempts++;
        if (entry.fields.repeat !== "yes") this.#guesses++;
        return [];
      case "end":
        return this.#isIn ? [] : this.#aborted(entry.fields);
      default:
        return [];
    }
  }

  #tell({ user, method }: { readonly user?: string; readonly method: string }): void {
    this.#user = user;
    this.#method = method === "PASS" ? "PLAIN" : word(method);
  }

  /**
   * A password that was tried before is no guess: of a session that tried no other nothing is told. Nor is it of one whose
   * login was not tried, since it was held back, or of one that brought mail and did not come to log in.
   */
  #aborted({ seconds, verbs = "" }: Fields<"end">): readonly string[] {
    if (this.#attempts > 0 ? this.#guesses === 0 : /\b(?:mail|auth|pass|apop|authenticate)=/.test(verbs))
      return [];
    const time = `in ${Math.round(seconds)} secs`;
    const why =
      this.#guesses > 0 ? `auth failed, ${this.#guesses} attempts ${time}` : `no auth attempts ${time}`;
    return [`${this.#daemon}: Aborted login (${why}): ${this.#whom()}`];
  }

  #whom(): string {
    const method = this.#method === "" ? "" : ` method=${this.#method},`;
    return `user=<${word(this.#user ?? "")}>,${method} ${this.#where}${this.#tls}, ${this.#session}`;
  }
}
