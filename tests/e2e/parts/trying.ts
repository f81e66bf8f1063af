// Knows how to try to log in, over POP3 and over SMTP, from whatever address: by the PROXY protocol, whose words are
// believed where a test says so. What an answer means is told in words.

import { type Conversation, dial, pop3Status, smtpReply } from "./conversation.ts";

export type Protocol = "pop3" | "smtp";
/** Right; wrong, which tells a guesser that it was; later, which tells nothing. */
export type Said = "in" | "wrong" | "later" | (string & {});

export interface Trying {
  readonly protocol: Protocol;
  readonly port: number;
  /** Where from, by the word of a proxy; left out, the loopback is the client. */
  readonly address?: string;
}

/** Milliseconds for an answer: one may be slowed by ten seconds. */
const PATIENCE = 15_000;

/** A client that has been greeted. */
export async function greetedFrom({ protocol, port, address }: Trying): Promise<Conversation> {
  const talk = await dial(port, { reads: true });
  if (address !== undefined) await talk.send(header(address));
  await talk.read(protocol === "pop3" ? pop3Status : smtpReply);
  if (protocol === "smtp") await talk.ask("EHLO c.test");
  return talk;
}

function header(address: string): string {
  const [family, own] = address.includes(":") ? ["TCP6", "::1"] : ["TCP4", "127.0.0.1"];
  return `PROXY ${family} ${address} ${own} 40000 25\r\n`;
}

/** @returns what is said of it, or went wrong */
export async function tried(
  talk: Conversation,
  protocol: Protocol,
  user: string,
  password: string,
): Promise<Said> {
  try {
    const answer =
      protocol === "pop3" ? await popped(talk, user, password) : await mailed(talk, user, password);
    if (/^(?:\+OK|235)/.test(answer)) return "in";
    if (/^(?:535 |-ERR auth)/.test(answer)) return "wrong";
    return /^(?:-ERR \[SYS\/TEMP\]|454 )/.test(answer) ? "later" : answer;
  } catch (error) {
    return String(error);
  }
}

async function popped(talk: Conversation, user: string, password: string): Promise<string> {
  await talk.ask(`USER ${user}`, pop3Status);
  await talk.send(`PASS ${password}\r\n`);
  return talk.read(pop3Status, PATIENCE);
}

async function mailed(talk: Conversation, user: string, password: string): Promise<string> {
  const data = Buffer.from(`\0${user}\0${password}`).toString("base64");
  // A command's line has less room than one of data.
  if (data.length < 900) return talk.ask(`AUTH PLAIN ${data}`);
  await talk.ask("AUTH PLAIN");
  return talk.ask(data);
}

/** One connection for one login. */
export async function triedFrom(trying: Trying, user: string, password: string): Promise<Said> {
  await using talk = await greetedFrom(trying);
  return await tried(talk, trying.protocol, user, password);
}
