// Knows how a client comes to speak: in the clear, in TLS once it has asked for that, or in TLS from its first octet on.

import { expect } from "bun:test";
import { type Conversation, dial, smtpReply } from "./conversation.ts";
import { pemBeside } from "./keypair.ts";
import { type Need, option, program } from "./missing.ts";
import { dialSecurely } from "./tlsclient.ts";
import { TlsTalk } from "./tlstalk.ts";

export interface Speech {
  /** Behind another name. */
  readonly name: string;
  readonly needs: readonly Need[];
  /** What the program is told of it. @param beside a path: files come to be next to it */
  options(beside: string): readonly string[];
  dial(port: number): Promise<Speaker>;
}

export type Speaker = Conversation & {
  /** Kept when the handshake from the first octet on is done. */
  readonly secured?: Promise<void>;
  /** Speaks TLS from now on. */
  readonly secure?: () => Promise<unknown>;
};

const offering = (mode: string, beside: string) => ["--tls", mode, "--tls-cert", pemBeside(beside)];

export const CLEAR: Speech = { name: "", needs: [], options: () => [], dial };

const STARTTLS: Speech = {
  name: ", STARTTLS",
  needs: [option("smtp", "tls"), program("python3")],
  options: (beside) => offering("optional", beside),
  async dial(port) {
    const client = await TlsTalk.dial(port);
    return Object.assign(client.talk, { secure: () => client.secure() });
  },
};

/** TLS from the first octet on. */
export const SECURE: Speech = {
  name: ", TLS",
  needs: [option("smtp", "tls")],
  options: (beside) => offering("implicit", beside),
  dial: dialSecurely,
};

/** Those of a client of SMTP. */
export const SPEECHES: readonly Speech[] = [CLEAR, STARTTLS, SECURE];

/** The client has been greeted, and speaks TLS if it ever will. */
export async function greetedBy(talk: Speaker): Promise<void> {
  await talk.secured;
  expect(await talk.read(smtpReply)).toStartWith("220 ");
  if (talk.secure === undefined) return;
  expect(await talk.ask("EHLO c.test")).toMatch(/^250[- ]STARTTLS\r\n/m);
  expect(await talk.ask("STARTTLS")).toStartWith("220 ");
  await talk.secure();
}

/** In a message, of which nothing has been said. */
export async function intoData(talk: Speaker): Promise<void> {
  await greetedBy(talk);
  for (const line of ["EHLO c.test", "MAIL FROM:<a@c.test>", "RCPT TO:<u@kit.test>"])
    expect(await talk.ask(line)).toStartWith("250");
  expect(await talk.ask("DATA")).toStartWith("354 ");
}
