// Knows the order of Thunderbird's commands, and says them: CAPA, AUTH PLAIN without an initial response or
// else USER and PASS, STAT, LIST, UIDL, TOP and RETR, DELE, NOOP, QUIT.

import { dial, pop3Status } from "./conversation.ts";
import type { PopClient } from "./popclient.ts";

/** One whole reply of several lines, or the line that refuses it. */
const list = /^(?:\+OK[^\r\n]*\r\n(?:[^\r\n]*\r\n)*?\.\r\n|-ERR[^\r\n]*\r\n)/;
/** A body has any octet in its lines. */
const body = /^(?:\+OK[^\r\n]*\r\n(?:[^\n]*\r\n)*?\.\r\n|-ERR[^\r\n]*\r\n)/;

function thunderbird(name: string, deletes: boolean): PopClient {
  return {
    name,
    needs: [],
    fetch: async (_scratch, port, count) => {
      await using talk = await dial(port);
      const ok = async (line: string, reply = pop3Status) => {
        const answer = await talk.ask(line, reply);
        if (!answer.startsWith("+")) throw new Error(`${line}: ${answer}`);
        return answer;
      };
      await talk.read(pop3Status);
      const capabilities = await talk.ask("CAPA", list);
      if (/^SASL .*\bPLAIN\b/m.test(capabilities)) {
        await ok("AUTH PLAIN", /^\+ ?\r\n/);
        await ok(Buffer.from("\0kituser\0kitpass").toString("base64"));
      } else {
        await ok("USER kituser");
        await ok("PASS kitpass");
      }
      const got = [await ok("STAT"), await ok("LIST", list), await ok("UIDL", list)];
      for (let number = 1; number <= count; number++) {
        got.push(await ok(`TOP ${number} 20`, body));
        got.push(await ok(`RETR ${number}`, body));
      }
      for (let number = 1; deletes && number <= count; number++) await ok(`DELE ${number}`);
      await ok("NOOP");
      await ok("QUIT");
      if ((await talk.end()) !== "") throw new Error("more than was asked for");
      return got;
    },
  };
}

export const thunderbirdKeep = thunderbird("Thunderbird's order, keeping,", false);
export const thunderbirdDelete = thunderbird("Thunderbird's order, deleting,", true);
