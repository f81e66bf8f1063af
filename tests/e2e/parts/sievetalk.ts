// Knows what a client of ManageSieve says, and where a server's answer ends, whatever its strings are made of.

import type { Conversation } from "./conversation.ts";

/** A whole answer: lines of strings, and the status that ends them. No octet that was announced is read as a line. */
export const sieveAnswer = {
  exec(text: string): { readonly index: number; readonly 0: string } | null {
    for (let from = 0, at = 0; ; ) {
      const end = text.indexOf("\r\n", at);
      if (end < 0) return null;
      const announced = /\{([0-9]+)\}$/.exec(text.slice(at, end))?.[1];
      at = end + 2 + Number(announced ?? 0);
      if (announced !== undefined) continue;
      if (/^(?:OK|NO|BYE)\b/.test(text.slice(from, end))) return { index: 0, 0: text.slice(0, at) };
      from = at;
    }
  },
  toString: () => "an answer of ManageSieve",
};

export const LOGIN = login("kituser", "kitpass");

export function login(user: string, password: string): string {
  return `AUTHENTICATE "PLAIN" "${btoa(`\0${user}\0${password}`)}"`;
}

/** Octets as they are announced. @param octets one code unit each */
export function literal(octets: string): string {
  return `{${octets.length}+}\r\n${octets}`;
}

export function put(name: string, script: string): string {
  return `PUTSCRIPT "${name}" ${literal(script)}`;
}

/** @returns the answer */
export function say(talk: Conversation, command: string): Promise<string> {
  return talk.ask(command, sieveAnswer);
}

/** Reads the greeting, and logs in. */
export async function loggedIn(talk: Conversation): Promise<Conversation> {
  await talk.read(sieveAnswer);
  const answer = await say(talk, LOGIN);
  if (!answer.startsWith("OK")) throw new Error(answer);
  return talk;
}

/** What it gives of a script. @returns the answer as it is where that is none */
export async function got(talk: Conversation, name: string): Promise<string> {
  const answer = await say(talk, `GETSCRIPT "${name}"`);
  const [head = "", octets] = /^\{([0-9]+)\}\r\n/.exec(answer) ?? [];
  return octets === undefined ? answer : answer.slice(head.length, head.length + Number(octets));
}
