// What Postfix's smtpd(8) writes of a session: who connects, what is rejected and for whom, what was taken and from whom,
// which logins fail, and the end. Knows the form that fail2ban's filter and pflogsumm read.

import type { Dialect, Whose } from "../dialect.ts";
import type { Entry, Fields } from "../entry.ts";
import { word, words } from "./words.ts";

type Refused = Fields<"refused">;

export class Postfix implements Dialect {
  readonly program: string;
  /** `unknown[192.0.2.7]`: no name is ever looked up. */
  readonly #client: string;
  readonly #address: string;
  /** For messages that the server gave no name: letters and digits, as a queue has them. */
  readonly #session: string;
  #messages = 0;
  #zone = "";
  /** The last command that was refused. */
  #verb = "CONNECT";
  /** What a message tells of the login it came by. */
  #login = "";

  constructor({ ends, session, daemons }: Whose) {
    this.program = `postfix/${daemons.postfix}`;
    this.#address = ends.client.address ?? "unknown";
    this.#client = `unknown[${this.#address}]`;
    this.#session = session.replace(/[^A-Za-z0-9]/g, "").toUpperCase();
  }

  lines(entry: Entry): readonly string[] {
    switch (entry.event) {
      case "connect":
        return [`connect from ${this.#client}`];
      case "dnsbl-listed":
        this.#zone = entry.fields.zone;
        return [];
      case "refused":
        return [this.#rejected(entry.fields)];
      case "login": {
        const { method, user } = entry.fields;
        this.#login = `, sasl_method=${word(method)}${user === undefined ? "" : `, sasl_username=${word(user)}`}`;
        return [];
      }
      // A password that was tried before is no guess, and nobody is to be kept out for it.
      case "login-failed":
        if (entry.fields.repeat === "yes") return [];
        return [
          `warning: ${this.#client}: SASL ${word(entry.fields.method)} authentication failed: authentication failure`,
        ];
      case "message":
        return [`${this.#queue(entry.fields.queue)}: client=${this.#client}${this.#login}`];
      case "end":
        return this.#over(entry.fields);
      default:
        return [];
    }
  }

  #rejected(refused: Refused): string {
    const { verb = "UNKNOWN", from, to, helo } = refused;
    this.#verb = word(verb);
    const told = [
      ...(from === undefined ? [] : [`from=<${word(from)}>`]),
      ...(to === undefined ? [] : [`to=<${to.map(word).join(",")}>`]),
      "proto=SMTP",
      ...(helo === undefined ? [] : [`helo=<${word(helo)}>`]),
    ];
    const stage = refused.line === "(message)" ? "END-OF-MESSAGE" : this.#verb;
    return `NOQUEUE: reject: ${stage} from ${this.#client}: ${this.#reply(refused)}; ${told.join(" ")}`;
  }

  /** Our own refusals in the words that filters look for, with the codes that the client was told. */
  #reply({ rule, by, reply = "", from, to }: Refused): string {
    const [, code = "550", status = "5.7.1", text = ""] =
      /^([45][0-9]{2})(?:[- ]([45]\.[0-9]+\.[0-9]+))?[ ]?(.*)$/s.exec(reply.split("\r\n")[0]!) ?? [];
    const whom = (address: string | undefined) => `<${word(address ?? "")}>`;
    const recipient = whom(to?.[0]);
    if (by === "us")
      switch (rule) {
        case "relay":
          return `${code} ${status} ${recipient}: Relay access denied`;
        case "recipient":
          return `${code} ${status} ${recipient}: Recipient address rejected: User unknown`;
        case "dnsbl":
          return `${code} ${status} Service unavailable; Client host [${this.#address}] blocked using ${word(this.#zone)}`;
        case "block-ip":
          return `${code} ${status} <${this.#client}>: Client host rejected: Access denied`;
        case "block-address":
          return to === undefined
            ? `${code} ${status} ${whom(from)}: Sender address rejected: Access denied`
            : `${code} ${status} ${recipient}: Recipient address rejected: Access denied`;
      }
    return `${code} ${status} ${words(text)}`.trimEnd();
  }

  #queue(queue: string | undefined): string {
    this.#messages++;
    const given = queue?.replace(/[^A-Za-z0-9]/g, "") ?? "";
    return given === "" ? `${this.#session}${this.#messages}` : given;
  }

  #over({ reason, verbs = "", commands, refused }: Fields<"end">): string[] {
    const given = verbs === "" ? "" : ` ${verbs}`;
    const accepted = Math.max(0, commands - refused);
    const count = refused === 0 ? `${commands}` : `${accepted}/${commands}`;
    return [
      ...(reason === "too-many-errors" ? [`too many errors after ${this.#verb} from ${this.#client}`] : []),
      `disconnect from ${this.#client}${given} commands=${count}`,
    ];
  }
}
