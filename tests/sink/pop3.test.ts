// The embedded POP3 server, without any I/O: a mailbox in memory.

import { describe, expect, test } from "bun:test";
import { type Mailbox, type StoredMessage, top } from "../../src/sink/maildrop.ts";
import { Pop3Server } from "../../src/sink/pop3.ts";
import { decode, encode } from "../../src/wire/latin1.ts";
import { codes, sizesOf, talk } from "./talk.ts";

class Message implements StoredMessage {
  removed = false;
  readonly id: string;
  readonly content: string;
  failure: string | null = null;

  constructor(id: string, content: string) {
    this.id = id;
    this.content = content;
  }

  /** In pieces of three octets, so that everything is split somewhere. */
  *read(): Generator<Uint8Array> {
    for (let at = 0; at < this.content.length; at += 3) {
      if (this.failure !== null && at > 0) throw Object.assign(new Error("no"), { code: this.failure });
      yield encode(this.content.slice(at, at + 3));
    }
    if (this.failure !== null) throw Object.assign(new Error("no"), { code: this.failure });
  }

  remove(): void {
    if (this.failure !== null) throw Object.assign(new Error("no"), { code: this.failure });
    this.removed = true;
  }
}

const CRLF_MAIL = "Subject: 1\r\n\r\n.dot\r\ntwo\r\n";
const LF_MAIL = "Subject: 2\n\none\ntwo\nthree"; // 25 octets stored, 31 with CRLF ends
const LOGIN = "USER u\r\nPASS p w\r\n";

function server(): { pop3: Pop3Server; messages: Message[] } {
  const messages = [new Message("first", CRLF_MAIL), new Message("second", LF_MAIL), new Message("", "")];
  const mailbox: Mailbox = { messages: () => messages };
  const pop3 = new Pop3Server(
    mailbox,
    (name, secret) => name === "u" && Buffer.from(secret).toString() === "p w",
  );
  return { pop3, messages };
}

function session(commands: string): string {
  const { pop3 } = server();
  talk(pop3, LOGIN);
  return talk(pop3, commands);
}

describe("login", () => {
  for (const [commands, expected] of [
    [LOGIN, ["+OK", "+OK"]],
    ["USER x\r\nPASS p w\r\n", ["+OK", "-ERR"]],
    ["USER u\r\nPASS p\r\n", ["+OK", "-ERR"]],
    ["USER u\r\nPASS p w \r\n", ["+OK", "-ERR"]],
    ["PASS p w\r\n", ["-ERR"]],
    ["USER u\r\nPASS x\r\nPASS p w\r\n", ["+OK", "-ERR", "-ERR"]],
    ["USER\r\nSTAT\r\nRETR 1\r\nNOOP\r\n", ["-ERR", "-ERR", "-ERR", "-ERR"]],
    [`${LOGIN}USER u\r\nPASS p w\r\n`, ["+OK", "+OK", "-ERR", "-ERR"]],
  ] as const) {
    test(JSON.stringify(commands), () => {
      for (const size of sizesOf(commands)) {
        expect(codes(talk(server().pop3, commands, size))).toEqual([...expected]);
      }
    });
  }

  test("a mailbox that cannot be read is a temporary trouble", () => {
    const mailbox = {
      messages: () => {
        throw Object.assign(new Error("no"), { code: "EACCES" });
      },
    };
    expect(talk(new Pop3Server(mailbox, () => true), LOGIN)).toContain("-ERR [SYS/TEMP]");
  });
});

test("sizes count every line end as two octets, the missing last one too", () => {
  expect(session("STAT\r\n")).toBe("+OK 3 56\r\n");
  expect(session("LIST\r\n")).toBe("+OK\r\n1 25\r\n2 31\r\n3 0\r\n.\r\n");
  expect(session("LIST 2\r\n")).toBe("+OK 2 31\r\n");
});

test("RETR sends CRLF lines, stuffed, and as many octets as LIST said", () => {
  expect(session("RETR 1\r\n")).toBe("+OK message follows\r\nSubject: 1\r\n\r\n..dot\r\ntwo\r\n.\r\n");
  expect(session("RETR 02\r\n")).toBe(
    "+OK message follows\r\nSubject: 2\r\n\r\none\r\ntwo\r\nthree\r\n.\r\n",
  );
  expect(session("RETR 3\r\n")).toBe("+OK message follows\r\n.\r\n");
});

for (const [lines, body] of [
  ["0", ""],
  ["1", "one\r\n"],
  ["2", "one\r\ntwo\r\n"],
  ["3", "one\r\ntwo\r\nthree\r\n"],
  ["9999999999", "one\r\ntwo\r\nthree\r\n"],
] as const) {
  test(`TOP 2 ${lines} is the header, an empty line and so many lines`, () => {
    expect(session(`TOP 2 ${lines}\r\n`)).toBe(`+OK message follows\r\nSubject: 2\r\n\r\n${body}.\r\n`);
  });
}

test("TOP finds the same lines at any split", () => {
  const header = "A: 1\r\nBcc: 22\r\n\r\n";
  const text = `${header}one\r\n\r\ntwo\r\n`;
  for (const size of sizesOf(text)) {
    const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
      encode(text.slice(index * size, (index + 1) * size)),
    );
    expect([...top(pieces, 2)].map((piece) => decode(piece)).join("")).toBe(`${header}one\r\n\r\n`);
  }
});

test("unique-ids are the messages' own, a digest where that is none, and stay", () => {
  const [first, again] = [session("UIDL\r\n"), session("UIDL\r\n")];
  expect(first).toMatch(/^\+OK\r\n1 first\r\n2 second\r\n3 [0-9a-f]{64}\r\n\.\r\n$/);
  expect(again).toBe(first);
  expect(session("DELE 1\r\nUIDL 2\r\n")).toBe("+OK\r\n+OK 2 second\r\n");
});

for (const number of ["0", "4", "-1", "+1", "1e0", "4294967297", "18446744073709551617", "x", "1 2", ""]) {
  test(`there is no message "${number}"`, () => {
    for (const verb of ["RETR", "DELE"]) expect(session(`${verb} ${number}\r\n`)).toStartWith("-ERR");
    expect(session(`TOP ${number} 1\r\n`)).toStartWith("-ERR");
  });
}

describe("deleting", () => {
  test("a marked message is in no answer until RSET", () => {
    const answer = session(
      "DELE 1\r\nRETR 1\r\nDELE 1\r\nTOP 1 0\r\nLIST 1\r\nUIDL 1\r\nSTAT\r\nRSET\r\nSTAT\r\n",
    );
    expect(codes(answer)).toEqual(["+OK", "-ERR", "-ERR", "-ERR", "-ERR", "-ERR", "+OK", "+OK", "+OK"]);
    expect(answer).toContain("+OK 2 31\r\n+OK\r\n+OK 3 56\r\n");
  });

  test("happens at QUIT, and not before", () => {
    const { pop3, messages } = server();
    talk(pop3, `${LOGIN}DELE 1\r\n`);
    expect(messages.map((message) => message.removed)).toEqual([false, false, false]);
    expect(talk(pop3, "QUIT\r\n")).toBe("+OK\r\n");
    expect(messages.map((message) => message.removed)).toEqual([true, false, false]);
  });

  test("never happens when the connection ends without QUIT", () => {
    const { pop3, messages } = server();
    talk(pop3, `${LOGIN}DELE 1\r\n`);
    pop3.end();
    expect(pop3.expired()).toBe("");
    expect(messages.some((message) => message.removed)).toBe(false);
  });

  test("that fails is told; of what another session deleted there is nothing to tell", () => {
    for (const [failure, reply] of [
      ["EACCES", "-ERR [SYS/TEMP] 1 messages could not be deleted\r\n"],
      ["ENOENT", "+OK\r\n"],
    ] as const) {
      const { pop3, messages } = server();
      talk(pop3, `${LOGIN}DELE 1\r\n`);
      messages[0]!.failure = failure;
      expect(talk(pop3, "QUIT\r\n")).toBe(reply);
    }
  });
});

describe("a message that cannot be read", () => {
  test("from the start is refused, and the session goes on", () => {
    const { pop3, messages } = server();
    talk(pop3, LOGIN);
    messages[2]!.failure = "ENOENT";
    expect(codes(talk(pop3, "RETR 3\r\nTOP 3 1\r\nSTAT\r\nNOOP\r\n"))).toEqual([
      "-ERR",
      "-ERR",
      "-ERR",
      "+OK",
    ]);
  });

  test("to its end ends the session: no end is invented", () => {
    const { pop3, messages } = server();
    talk(pop3, LOGIN);
    messages[0]!.failure = "EIO";
    const pieces: unknown[] = [];
    expect(() => {
      for (const piece of pop3.octets(encode("RETR 1\r\n"))) pieces.push(piece);
    }).toThrow();
    expect(pieces).not.toContain(".\r\n");
  });
});

test("a message is read only as fast as its pieces are taken", () => {
  const { pop3, messages } = server();
  talk(pop3, LOGIN);
  let read = 0;
  messages[0]!.read = function* () {
    for (;;) {
      read++;
      yield encode("line\r\n");
    }
  };
  const pieces = pop3.octets(encode("RETR 1\r\n"));
  for (let taken = 0; taken < 10; taken++) pieces.next();
  expect(read).toBeLessThanOrEqual(10);
});

for (const [line, reply] of [
  ["CAPA", "+OK\r\nUSER\r\nUIDL\r\nTOP\r\nPIPELINING\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\n.\r\n"],
  ["capa", "+OK\r\nUSER"],
  ["CAPA x", "-ERR"],
  ["TOP 1", "-ERR"],
  ["TOP 1 -1", "-ERR"],
  ["QUIT now", "-ERR"],
  ["XTND", "-ERR"],
  ["", "-ERR"],
  [`NOOP${" ".repeat(250)}`, "-ERR line too long"],
] as const) {
  test(`${line.slice(0, 20)} is ${reply.slice(0, 20).trim()}`, () => {
    expect(session(`${line}\r\n`)).toStartWith(reply);
  });
}
