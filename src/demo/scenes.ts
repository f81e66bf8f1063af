// The conversation the demo plays: what the client sends and what should come of it. Knows SMTP and POP3 as
// somebody at a keyboard does; knows nothing of how it is played or shown. Nothing here says what the wrapper
// or the server did: that is read from the log and from what the server received.

import type { Ending } from "./client.ts";
import type { Service } from "./stage.ts";

/** The domain the demo's wrapper accepts mail for, and a host in it. */
export const DOMAIN = "demo.test";
export const HOSTNAME = `mail.${DOMAIN}`;

export interface Scene {
  readonly title: string;
  readonly service: Service;
  readonly steps: readonly Step[];
}

export interface Step {
  /** Octets of the client; nothing for the greeting. */
  readonly send: string;
  readonly reply: RegExp;
  readonly ending?: Ending;
  /** Should the wrapper refuse it, and by which rule. */
  readonly refused?: RegExp;
  /** Behind the reply the client's handshake follows. */
  readonly secures?: true;
  /** Should there be no TLS, though it was asked for, and why. */
  readonly failed?: RegExp;
  /** What must, and must not, be among the octets the server received during this step. */
  readonly server?: RegExp;
  readonly notServer?: RegExp;
  /** What one should know to see the point. */
  readonly remark?: string;
}

const ANYTHING = /[\s\S]/;

const MAIL = [
  "From: Ada <ada@example.org>",
  `To: Ben <ben@${DOMAIN}>`,
  "Subject: Noon",
  "",
  "Lunch at noon?",
  "Ada",
  "",
].join("\r\n");

export const SCENES: readonly Scene[] = [
  {
    title: "An ordinary mail",
    service: "smtp",
    steps: [
      { send: "", reply: /^220 /, remark: "The greeting is the wrapper's: the server's own never shows." },
      { send: "ehlo laptop.example.org\r\n", reply: /^250-/, server: /^EHLO laptop\.example\.org\r\n$/ },
      {
        send: "mail from: <ada@example.org>\r\n",
        reply: /^250 /,
        server: /^MAIL FROM:<ada@example\.org>\r\n$/,
        remark: "The server gets what was parsed, written anew: never the client's octets.",
      },
      { send: `RCPT TO:<ben@${DOMAIN}>\r\n`, reply: /^250 /, server: /^RCPT TO:<ben@demo\.test>\r\n$/ },
      { send: "DATA\r\n", reply: /^354 /, server: /^DATA\r\n$/ },
      { send: `${MAIL}.\r\n`, reply: /^250 /, server: /Lunch at noon\?\r\nAda\r\n\.\r\n$/ },
    ],
  },
  {
    title: "A stranger wants to relay",
    service: "smtp",
    steps: [
      { send: "", reply: /^220 / },
      { send: "EHLO bulk.example.net\r\n", reply: /^250-/, server: /^EHLO / },
      { send: "MAIL FROM:<ads@example.net>\r\n", reply: /^250 /, server: /^MAIL / },
      {
        send: "RCPT TO:<victim@elsewhere.test>\r\n",
        reply: /^550 /,
        refused: /^relay/,
        notServer: ANYTHING,
        remark: "This server would have taken it: like many, it believes a pipe to be local.",
      },
      { send: "QUIT\r\n", reply: /^221 /, server: /^QUIT\r\n$/ },
    ],
  },
  {
    title: "A second mail is smuggled inside the first",
    service: "smtp",
    steps: [
      { send: "", reply: /^220 / },
      { send: "EHLO relay.example.net\r\n", reply: /^250-/, server: /^EHLO / },
      { send: "MAIL FROM:<mallory@example.net>\r\n", reply: /^250 /, server: /^MAIL / },
      { send: `RCPT TO:<ben@${DOMAIN}>\r\n`, reply: /^250 /, server: /^RCPT / },
      { send: "DATA\r\n", reply: /^354 /, server: /^DATA\r\n$/ },
      {
        send: [
          "Subject: harmless\r\n\r\nNothing to see here.\n.\n",
          `MAIL FROM:<boss@${DOMAIN}>\r\nRCPT TO:<ben@${DOMAIN}>\r\nDATA\r\n`,
          "Subject: urgent\r\n\r\nPay this at once.\r\n.\r\n",
        ].join(""),
        reply: /^550 /,
        refused: /^bare-newline/,
        notServer: /\n\.\n|boss|urgent|\r\n\.\r\n/,
        remark:
          "A dot between bare line feeds ends a message for some servers and not for others. " +
          "This one was ended in the middle of it, and a fresh one greeted in its place.",
      },
    ],
  },
  {
    title: "A command is injected behind STARTTLS",
    service: "smtp",
    steps: [
      { send: "", reply: /^220 / },
      { send: "EHLO laptop.example.org\r\n", reply: /^250-(?:.*\r\n)*250[ -]STARTTLS\r\n/, server: /^EHLO / },
      {
        send: "STARTTLS\r\nMAIL FROM:<mallory@example.net>\r\n",
        reply: /^501 /,
        failed: /^injected$/,
        notServer: ANYTHING,
        remark:
          "Somebody on the way adds the second line. Servers that read on after the handshake have taken it for " +
          "the client's own (CVE-2011-0411); here nobody does, and there is no handshake.",
      },
    ],
  },
  {
    title: "The same without it",
    service: "smtp",
    steps: [
      { send: "", reply: /^220 / },
      { send: "EHLO in-the-clear.example.org\r\n", reply: /^250-/, server: /^EHLO in-the-clear/ },
      {
        send: "STARTTLS\r\n",
        reply: /^220 /,
        secures: true,
        notServer: ANYTHING,
        remark: "TLS ends at the wrapper: this server knows nothing of it.",
      },
      {
        send: "MAIL FROM:<ada@example.org>\r\n",
        reply: /^503 /,
        refused: /^sequence$/,
        notServer: ANYTHING,
        remark: "What was said in the clear is forgotten, by whomever it was said: EHLO comes first again.",
      },
      {
        send: "EHLO laptop.example.org\r\n",
        reply: /^250-(?!(?:.*\r\n)*250[ -]STARTTLS)/,
        server: /^EHLO laptop/,
      },
      { send: "MAIL FROM:<ada@example.org>\r\n", reply: /^250 /, server: /^MAIL / },
      { send: "QUIT\r\n", reply: /^221 /, server: /^QUIT\r\n$/ },
    ],
  },
  {
    title: "The mail is fetched",
    service: "pop3",
    steps: [
      { send: "", reply: /^\+OK/ },
      { send: "USER ben\r\n", reply: /^\+OK/, server: /^USER ben\r\n$/ },
      { send: "PASS anything\r\n", reply: /^\+OK/, server: /^PASS anything\r\n$/ },
      {
        send: "STAT\r\n",
        reply: new RegExp(`^\\+OK 1 ${MAIL.length}\\b`),
        server: /^STAT\r\n$/,
        remark: "One message: of the smuggler's, nothing was stored.",
      },
      {
        send: "RETR 4294967297\r\n",
        reply: /^-ERR/,
        refused: /./,
        notServer: ANYTHING,
        remark: "In 32 bits that number is 1; the wrapper counts the messages and compares digits.",
      },
      {
        send: "RETR 1\r\n",
        reply: /^\+OK.*\r\n[\s\S]*Lunch at noon\?\r\nAda\r\n\.\r\n$/,
        ending: "body",
        server: /^RETR 1\r\n$/,
      },
      { send: "QUIT\r\n", reply: /^\+OK/, server: /^QUIT\r\n$/ },
    ],
  },
];
