// What Postfix's smtpd(8) writes of a session: who connects, what is rejected and for whom, what was taken and from whom,
// which logins fail, and the end. Knows the form that fail2ban's filter and pflogsumm read.

import type { Dialect, Whose } from "../dialect.ts";
import type { Entry, Fields } from "../entry.ts";
import { type Refused, rejection, stageOf } from "./rejection.ts";
import { word } from "./words.ts";

export class Postfix implements Dialect {
  readonly program: string;
  /** `unknown[192.0.2.7]`: no name is ever looked up. */
  readonly #client: string;
  readonly #address: string;
  /** For messages that the server gave no name: letters and digits, as a queue has them. */
  readonly #session: string;
  #messages = 0;
  #zone = "";
  /** Where the last refusal was. */
  #stage = "CONNECT";
  /** What a message tells of the login it came by. */
  #login = "";
  #guesses = 0;

  constructor({ ends, session, daemons }: Whose) {
    this.program = `postfix/${daemons.postfix}`;
    this.#address = ends.client.address ?? "unknown";
    this.#client = `unknown[${this.#address}]`;
    this.#session = session.replace(/[^A-Za-z0-9]/g, "Z").toUpperCase();
  }

  lines(entry: Entry): readonly string[] {
    switch (entry.event) {
      case "connect":
        return [`connect from ${this.#client}`];
      case "dnsbl-listed":
        this.#zone = entry.fields.zone;
        return [];
      case "refused":
        return this.#rejected(entry.fields);
      case "login": {
        const { method, user } = entry.fields;
        this.#login = `, sasl_method=${methodOf(method)}${user === undefined ? "" : `, sasl_username=${word(user)}`}`;
        return [];
      }
      case "login-failed":
        return this.#failed(entry.fields);
      case "message":
        return [`${this.#queue(entry.fields.queue)}: client=${this.#client}${this.#login}`];
      case "end":
        return this.#over(entry.fields);
      default:
        return [];
    }
  }

  #rejected(refused: Refused): string[] {
    this.#stage = stageOf(refused);
    const refusee = { client: this.#client, address: this.#address, zone: this.#zone };
    return [
      ...(refused.rule === "early-talker"
        ? [`improper command pipelining after CONNECT from ${this.#client}`]
        : []),
      `NOQUEUE: ${rejection(refused, refusee)}`,
    ];
  }

  /** A password that was tried before is no guess, and nobody is to be kept out for it. */
  #failed({ repeat, method }: Fields<"login-failed">): string[] {
    if (repeat === "yes") return [];
    this.#guesses++;
    return [
      `warning: ${this.#client}: SASL ${methodOf(method)} authentication failed: authentication failure`,
    ];
  }

  #queue(queue: string | undefined): string {
    this.#messages++;
    const given = queue?.replace(/[^A-Za-z0-9]/g, "") ?? "";
    // What has no digit might be one of the words that stand where a name does.
    return /[0-9]/.test(given) ? given : `${this.#session}Z${this.#messages}`;
  }

  #over({ reason, verbs = "", commands, refused }: Fields<"end">): string[] {
    const count = refused === 0 ? `${commands}` : `${Math.max(0, commands - refused)}/${commands}`;
    const told = [this.#toldVerbs(verbs), `commands=${count}`].filter((part) => part !== "").join(" ");
    return [
      ...(reason === "too-many-errors" ? [`too many errors after ${this.#stage} from ${this.#client}`] : []),
      `disconnect from ${this.#client} ${told}`,
    ];
  }

  /** Filters count a login that failed here, too: nothing is told of those that were no guess, or not tried at all. */
  #toldVerbs(verbs: string): string {
    return this.#guesses === 0 ? verbs.replace(/(?:^| )auth=0\/[0-9]+/, "").trim() : verbs;
  }
}

/** POP3's own login, by the mechanism that carries the same. */
function methodOf(method: string): string {
  return method === "PASS" ? "PLAIN" : word(method);
}
