// What an SMTP server offers, for `protowrap check`: it is asked by EHLO, as a client would ask, and told goodbye; and
// which of its keywords clients are not offered, and why. Knows replies and keywords; no session.

import type { GivenOf } from "../../options/table.ts";
import { inquiry as declare, type Inquiry, type InquiryStep, type Learned } from "../inquiry.ts";
import type { Row } from "../protocol.ts";
import { XCLIENT_DOUBT } from "../xclient.ts";
import { rewriteEhlo } from "./extensions.ts";
import { LOST, UNKNOWN } from "./keywords.ts";
import { smtpOptions } from "./options.ts";
import { type Reply, ReplyReader } from "./reply.ts";
import { writeXclient } from "./xclient.ts";

export const smtpInquiry = declare(smtpOptions, {
  ask: (hostname) => new SmtpInquiry(hostname),
  learn,
});

/** EHLO, and its answer. */
class SmtpInquiry implements Inquiry {
  readonly #replies = new ReplyReader();
  #onReply: (reply: Reply) => InquiryStep;

  /** @param hostname our own name */
  constructor(hostname: string) {
    this.#onReply = (greeting) => this.#greeted(greeting, hostname);
  }

  serverLine(text: string): InquiryStep {
    const reply = this.#replies.line(text);
    if (reply === null) return "more";
    return reply === "fault" ? { failed: "says what is no reply" } : this.#onReply(reply);
  }

  #greeted({ code }: Reply, hostname: string): InquiryStep {
    if (code !== "220") return { failed: `greets with ${code}` };
    this.#onReply = extended;
    return { server: `EHLO ${hostname}\r\n` };
  }
}

const GOODBYE = "QUIT\r\n";

/** The first line is its name. One that knows no EHLO offers nothing (RFC 5321 section 3.2). */
function extended({ code, lines }: Reply): InquiryStep {
  if (code === "250") return { offers: lines.slice(1), server: GOODBYE };
  return code.startsWith("5") ? { offers: [], server: GOODBYE } : { failed: `answers EHLO with ${code}` };
}

type Given = Pick<GivenOf<typeof smtpOptions>, "auth" | "ehlo" | "maxMessageSize" | "smtputf8" | "xclient">;

function learn(offers: readonly string[], options: Given): Learned {
  const { mechanisms, reply } = rewriteEhlo(options.ehlo === "helo" ? [] : ["", ...offers], {
    hostname: "",
    maxMessageSize: options.maxMessageSize,
    auth: options.auth === "pass",
    utf8: options.smtputf8 === "pass",
    startsTls: false, // that would be ours
  });
  const kept = new Set(reply.split("\r\n").map((line) => line.slice(4).split(" ")[0]));
  const passed: string[] = [];
  const lost = new Map<string, string[]>();
  const lose = (what: string, why: string) => lost.set(why, [...(lost.get(why) ?? []), what]);
  for (const offer of new Set(offers)) {
    const [word, ...parameters] = offer.trim().toUpperCase().split(/ +/) as [string, ...string[]];
    if (!kept.has(word)) lose(shown(word), whyLost(word, options));
    else passed.push(word);
    const unsafe = parameters.filter((name) => !mechanisms.includes(name));
    if (word === "AUTH" && kept.has(word) && unsafe.length > 0)
      lose(`AUTH ${shown(unsafe.join(" "))}`, LAYER);
  }
  return {
    rows: [
      ["passes", passed.length === 0 ? "nothing the server offers" : passed.join(", ")],
      ...[...lost].map(([why, words]): Row => ["keeps back", `${words.join(", ")}: ${why}`]),
    ],
    doubts: options.xclient && !isIntroducible(offers) ? [XCLIENT_DOUBT] : [],
  };
}

/** Whoever the client is: a session would say the same. */
function isIntroducible(offers: readonly string[]): boolean {
  return writeXclient(offers, { clientAddress: null, clientPort: null, verb: "EHLO", name: "" }) !== null;
}

const LAYER = "may have a security layer, inside which nothing could be judged, or is unknown here";

function whyLost(word: string, { auth, ehlo, smtputf8 }: Given): string {
  if (ehlo === "helo") return "--ehlo helo: clients are offered no extension";
  if (word === "AUTH" && auth === "pass") return `no mechanism of it can be passed: each ${LAYER}`;
  if (word === "AUTH" || word.startsWith("AUTH="))
    return word === "AUTH" ? "--auth off" : "the old form of AUTH";
  if (word === "SMTPUTF8" && smtputf8 === "pass")
    return "nothing without 8BITMIME, which the server does not offer";
  return Object.hasOwn(LOST, word) ? LOST[word]! : UNKNOWN;
}

/** Words of a server before a terminal. */
function shown(words: string): string {
  return words.replace(/[^ -~]/g, "?");
}
