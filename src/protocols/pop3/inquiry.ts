// What a POP3 server offers, for `protowrap check`: its greeting, its answer to CAPA, and goodbye; and which of its
// capabilities clients see. Knows how a line says yes or no, and lists; no session.

import type { GivenOf } from "../../options/table.ts";
import { inquiry as declare, type Inquiry, type InquiryStep, keptBack, type Learned } from "../inquiry.ts";
import { XCLIENT, XCLIENT_DOUBT } from "../xclient.ts";
import { filterCapabilities } from "./capabilities.ts";
import { List } from "./list.ts";
import { pop3Options } from "./options.ts";
import { statusOf } from "./status.ts";
import { offersXclient } from "./xclient.ts";

export const pop3Inquiry = declare(pop3Options, { ask: () => new Pop3Inquiry(), learn });

class Pop3Inquiry implements Inquiry {
  readonly #offers: string[] = [];
  readonly #list = new List();
  #onLine = (text: string) => this.#greeted(text);

  serverLine(text: string): InquiryStep {
    return this.#onLine(text);
  }

  #greeted(text: string): InquiryStep {
    if (statusOf(text) !== "ok") return { failed: "greets with no +OK" };
    if (offersXclient(text)) this.#offers.push(XCLIENT);
    this.#onLine = (status) => this.#answered(status);
    return { server: "CAPA\r\n" };
  }

  /** RFC 2449 section 5: a server need not know it. */
  #answered(text: string): InquiryStep {
    if (statusOf(text) === "err") return this.#over();
    if (statusOf(text) !== "ok") return { failed: "says what is no reply" };
    this.#onLine = (line) => this.#listed(line);
    return "more";
  }

  #listed(text: string): InquiryStep {
    const verdict = this.#list.add(text);
    if (verdict === "fault") return { failed: "says too much" };
    return verdict === "end" ? this.#over() : "more";
  }

  #over(): InquiryStep {
    return { offers: [...this.#offers, ...this.#list.lines], server: "QUIT\r\n" };
  }
}

type Given = Pick<GivenOf<typeof pop3Options>, "auth" | "xclient">;

function learn(offers: readonly string[], { auth, xclient }: Given): Learned {
  const kept = filterCapabilities(offers, { auth: auth === "pass", isLoginOpen: true, startsTls: false });
  const passed = new Set(kept.map(nameOf));
  const lost = offers.map(nameOf).filter((name) => !passed.has(name) && !(xclient && name === XCLIENT));
  return {
    rows: [
      ["passes", passed.size === 0 ? "no capability of the server" : [...passed].join(", ")],
      ...keptBack(lost),
    ],
    doubts: xclient && !offers.includes(XCLIENT) ? [XCLIENT_DOUBT] : [],
  };
}

function nameOf(line: string): string {
  return line.split(" ")[0]!.toUpperCase();
}
