// The embedded SMTP server, without any I/O: a store that only remembers.

import { describe, expect, test } from "bun:test";
import { type Delivery, type MailStore, SmtpServer } from "../../src/sink/smtp.ts";
import { decode } from "../../src/wire/latin1.ts";
import { codes, sizesOf, talk } from "./talk.ts";

class Memory implements MailStore {
  readonly stored: string[] = [];
  readonly events: string[] = [];
  failure: { on: string; code: string } | null = null;

  room(): number {
    return 1000;
  }

  begin(): Delivery {
    let text = "";
    return {
      write: (octets) => {
        this.#may("write");
        text += decode(octets);
      },
      commit: () => {
        this.#may("commit");
        this.stored.push(text);
        return "a-name";
      },
      discard: () => this.events.push("discard"),
    };
  }

  #may(what: string): void {
    this.events.push(what);
    if (this.failure?.on === what) throw Object.assign(new Error("no"), { code: this.failure.code });
  }
}

const START = "EHLO client.test\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n";
const REPLIES = ["250-host.test", "250-PIPELINING", "250-SIZE", "250-8BITMIME", "250 ENHANCEDSTATUSCODES"];
const TO_DATA = [...REPLIES, "250 2.1.0", "250 2.1.5", "354 End"];

function server(store = new Memory()): { store: Memory; smtp: SmtpServer } {
  return { store, smtp: new SmtpServer(store, "host.test") };
}

test("a whole session at any split stores exactly the message", () => {
  const text = `${START}Subject: x\r\n\r\n..\r\n..dots\r\n\xe9\r\n.\r\nQUIT\r\n`;
  for (const size of sizesOf(text)) {
    const { store, smtp } = server();
    expect(codes(talk(smtp, text, size))).toEqual([...TO_DATA, "250 2.0.0", "221 2.0.0"]);
    expect(store.stored).toEqual(["Subject: x\r\n\r\n.\r\n.dots\r\n\xe9\r\n"]);
    expect(smtp.over).toBe(true);
  }
});

test("commands sent as a group are answered as one piece", () => {
  const { smtp } = server();
  expect([...smtp.octets(Buffer.from("NOOP\r\nNOOP\r\nNOOP\r\n"))]).toHaveLength(1);
});

test("what follows QUIT is not read", () => {
  const { smtp } = server();
  expect(codes(talk(smtp, "QUIT\r\nNOOP\r\n"))).toEqual(["221 2.0.0"]);
});

describe("a message ends at CRLF.CRLF alone", () => {
  for (const fake of ["\n.\n", "\n.\r\n", "\r.\r", "\r\n.\n", "\r\n.\r", "\n.\r", "\r\n\0.\r\n"]) {
    test(`${JSON.stringify(fake)} ends nothing, and nothing is stored`, () => {
      const text = `${START}x${fake}MAIL FROM:<m@b.test>\r\n.\r\nNOOP\r\n`;
      for (const size of sizesOf(text)) {
        const { store, smtp } = server();
        expect(codes(talk(smtp, text, size))).toEqual([...TO_DATA, "550 5.6.0", "250 2.0.0"]);
        expect(store.stored).toEqual([]);
        expect(store.events).toContain("discard");
      }
    });
  }
});

test("an end within a message stores nothing", () => {
  const { store, smtp } = server();
  talk(smtp, `${START}half a mess`);
  smtp.end();
  expect(store.stored).toEqual([]);
  expect(store.events).toEqual(["write", "discard"]);
});

test("an end after the last message discards nothing", () => {
  const { store, smtp } = server();
  talk(smtp, `${START}x\r\n.\r\n`);
  smtp.end();
  expect(store.events).toEqual(["write", "commit"]);
});

for (const [on, code, reply] of [
  ["write", "ENOSPC", "452 4.3.1"],
  ["commit", "EDQUOT", "452 4.3.1"],
  ["commit", "EIO", "451 4.3.0"],
] as const) {
  test(`${code} on ${on} is ${reply} after the message, and the session goes on`, () => {
    const store = new Memory();
    store.failure = { on, code };
    const { smtp } = server(store);
    expect(codes(talk(smtp, `${START}one\r\ntwo\r\n.\r\nNOOP\r\n`, 40))).toEqual([
      ...TO_DATA,
      reply,
      "250 2.0.0",
    ]);
    expect(store.stored).toEqual([]);
    expect(store.events.at(-1)).toBe("discard");
  });
}

for (const [commands, last] of [
  ["MAIL FROM:<a@b>", "503 5.5.1"],
  ["EHLO", "501 5.5.4"],
  ["EHLO c|RCPT TO:<a@b>", "503 5.5.1"],
  ["EHLO c|DATA", "503 5.5.1"],
  ["EHLO c|MAIL FROM:<a@b>|MAIL FROM:<a@b>", "503 5.5.1"],
  ["EHLO c|MAIL FROM:<a@b>|DATA", "503 5.5.1"],
  ["EHLO c|MAIL FROM:<a@b>|RCPT TO:<c@d>|DATA now", "501 5.5.4"],
  ["EHLO c|MAIL FROM:<a@b>|RCPT TO:<c@d>|RSET|DATA", "503 5.5.1"],
  ["EHLO c|MAIL FROM:<a@b>|RCPT TO:<c@d>|HELO c|DATA", "503 5.5.1"],
  ["EHLO c|MAIL FROM:<>", "250 2.1.0"],
  ["EHLO c|MAIL FROM:a@b", "501 5.1.7"],
  ["EHLO c|mail from: <a@b> body=8bitmime size=1000", "250 2.1.0"],
  ["EHLO c|MAIL FROM:<a@b> SIZE=1001", "452 4.3.1"],
  ["EHLO c|MAIL FROM:<a@b> RET=FULL", "555 5.5.4"],
  ["EHLO c|MAIL FROM:<a@b>|RCPT TO:<>", "501 5.1.3"],
  ['EHLO c|MAIL FROM:<a@b>|RCPT TO:<"a > b"@d>', "250 2.1.5"],
  ["EHLO c|MAIL FROM:<a@b>|RCPT TO:<c@d> NOTIFY=NEVER", "555 5.5.4"],
  ["EHLO c|VRFY a", "252 2.5.0"],
  ["EHLO c|BDAT 3", "500 5.5.2"],
  ["EHLO c|", "500 5.5.2"],
  ["EHLO c|NOOP\tx", "500 5.5.2"],
  [`NOOP ${"x".repeat(2100)}`, "500 5.5.2"],
] as const) {
  test(`${commands.slice(0, 60)} is ${last}`, () => {
    const { smtp } = server();
    const text = commands.split("|").map((command) => `${command}\r\n`);
    expect(codes(talk(smtp, text.join(""))).at(-1)).toBe(last);
  });
}

test("a second message needs a sender and a recipient of its own", () => {
  const { smtp } = server();
  expect(codes(talk(smtp, `${START}x\r\n.\r\nDATA\r\n`)).at(-1)).toBe("503 5.5.1");
});

test("recipients are counted", () => {
  const { smtp } = server();
  talk(smtp, `EHLO c\r\nMAIL FROM:<a@b>\r\n${"RCPT TO:<c@d>\r\n".repeat(1000)}`);
  expect(codes(talk(smtp, "RCPT TO:<c@d>\r\n"))).toEqual(["452 4.5.3"]);
});
