// Who deletes mail, and when: a client that leaves at every step of a session, by a reset and by a half-close,
// in front of a server behind pipes and one behind TCP. Afterwards the mailbox is looked at, not the replies.

import { describe, expect } from "bun:test";
import { type Conversation, dial, pop3Status } from "./parts/conversation.ts";
import { dovecotServer } from "./parts/dovecot.ts";
import { letter } from "./parts/mail.ts";
import { built, part } from "./parts/missing.ts";
import { Scratch } from "./parts/scratch.ts";
import { popa3dServer } from "./parts/spool.ts";

const small = letter("short\r\n", "small");
/** More than the sockets on the way hold: its RETR is never over when its status line has come. */
const large = letter(`${"z".repeat(78)}\r\n`.repeat(200_000), "large");
const mails = [small, large, letter("last\r\n", "last")];
const withoutFirst = mails.slice(1);

const login = ["USER kituser", "PASS kitpass"];

interface Step {
  readonly name: string;
  /** Each is answered with +OK before the next is said. */
  readonly asks: readonly string[];
  /** Said last, without waiting for an answer. */
  readonly says?: string;
}

const nothingDeleted: readonly Step[] = [
  { name: "the greeting", asks: [] },
  { name: "USER", asks: login.slice(0, 1) },
  { name: "a PASS it did not wait for", asks: login.slice(0, 1), says: "PASS kitpass\r\n" },
  { name: "PASS", asks: login },
  { name: "DELE", asks: [...login, "DELE 1"] },
  { name: "a DELE it did not wait for", asks: login, says: "DELE 1\r\n" },
  { name: "DELE and the start of a RETR", asks: [...login, "DELE 1", "RETR 2"] },
  { name: "DELE and half a QUIT", asks: [...login, "DELE 1"], says: "QUIT" },
  { name: "DELE and a QUIT with an argument", asks: [...login, "DELE 1"], says: "QUIT now\r\n" },
];

const leave = {
  "a reset": async (talk: Conversation) => talk.cut(),
  "a half-close": async (talk: Conversation) => {
    talk.halfClose();
    await talk.end();
  },
};

for (const kind of [popa3dServer, dovecotServer]) {
  const needs = [built, ...kind.needs];

  describe(`A client of ${kind.name} that leaves without a QUIT deletes nothing`, () => {
    for (const step of nothingDeleted) {
      part(`after ${step.name}, by a reset or by a half-close`, needs, async () => {
        await using scratch = new Scratch();
        await using server = await kind.start(scratch, mails);
        for (const how of Object.values(leave)) {
          await using talk = await dial(server.behind);
          await perform(talk, step);
          await how(talk);
          await server.idle();
          // Not toBe: a failure would show two texts of megabytes.
          expect(server.contents() === server.whole(mails)).toBe(true);
        }
      });
    }
  });

  describe(`A client of ${kind.name} that says QUIT has deleted`, () => {
    const deletions: readonly Step[] = [
      { name: "without waiting for the answer", asks: [...login, "DELE 1"], says: "QUIT\r\n" },
      { name: "with everything else in one write", asks: [], says: allAtOnce("QUIT\r\n") },
      { name: "right behind a RETR", asks: [...login, "DELE 1"], says: "RETR 2\r\nQUIT\r\n" },
    ];
    for (const step of deletions) {
      part(`${step.name}, and half-closes`, needs, async () => {
        await using scratch = new Scratch();
        await using server = await kind.start(scratch, mails);
        await using talk = await dial(server.behind);
        await perform(talk, step);
        await leave["a half-close"](talk);
        await server.idle();
        expect(server.contents() === server.whole(withoutFirst)).toBe(true);
      });
    }

    part("and resets when QUIT was answered", needs, async () => {
      await using scratch = new Scratch();
      await using server = await kind.start(scratch, mails);
      await using talk = await dial(server.behind);
      await perform(talk, { name: "QUIT", asks: [...login, "DELE 1", "QUIT"] });
      talk.cut();
      await server.idle();
      expect(server.contents() === server.whole(withoutFirst)).toBe(true);
    });

    // A reset overtakes what was sent before it, so the server may have been told or not; but nothing between.
    part("all or nothing, when it resets while QUIT is under way", needs, async () => {
      await using scratch = new Scratch();
      await using server = await kind.start(scratch, mails);
      for (const ms of [0, 1, 2, 5, 10, 20, 50]) {
        server.fill(mails);
        await using talk = await dial(server.behind);
        await perform(talk, { name: "QUIT", asks: [...login, "DELE 1"], says: "QUIT\r\n" });
        if (ms > 0) await Bun.sleep(ms);
        talk.cut();
        await server.idle();
        const outcomes = [mails, withoutFirst].map((left) => server.whole(left));
        expect(outcomes.includes(server.contents())).toBe(true);
      }
    });
  });

  describe(`A client of ${kind.name} that says RSET before QUIT`, () => {
    part("deletes nothing, also in one write", needs, async () => {
      await using scratch = new Scratch();
      await using server = await kind.start(scratch, mails);
      await using talk = await dial(server.behind);
      await perform(talk, { name: "RSET", asks: [], says: allAtOnce("RSET\r\nQUIT\r\n") });
      await leave["a half-close"](talk);
      await server.idle();
      expect(server.contents() === server.whole(mails)).toBe(true);
    });
  });
}

async function perform(talk: Conversation, { asks, says }: Step): Promise<void> {
  expect(await talk.read(pop3Status)).toStartWith("+OK");
  for (const line of asks) expect(await talk.ask(line, pop3Status)).toStartWith("+OK");
  if (says !== undefined) await talk.send(says);
}

function allAtOnce(last: string): string {
  return [...login, "DELE 1"].map((line) => `${line}\r\n`).join("") + last;
}
