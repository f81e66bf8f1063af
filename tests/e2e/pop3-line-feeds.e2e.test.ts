// A POP3 server that ends its lines with LF, as a script of ten lines does, through the built program: real
// clients get from it what they get from one that ends them with CRLF, and no mail ends itself.

import { afterAll, describe, expect } from "bun:test";
import { Stage } from "../corpus/stage.ts";
import type { StubOptions } from "../fixtures/stub.ts";
import { dial, pop3Status } from "./parts/conversation.ts";
import { curlPop } from "./parts/curl.ts";
import { fetchmailKeep } from "./parts/fetchmail.ts";
import { built, part, program } from "./parts/missing.ts";
import { mpopDelete, mpopKeep } from "./parts/mpop.ts";
import { poplib } from "./parts/poplib.ts";
import { Scratch } from "./parts/scratch.ts";
import { tcpserver } from "./parts/tcpserver.ts";
import { wrapped } from "./parts/wrapper.ts";

const needs = [built, program("tcpserver")];
const stage = new Stage();
afterAll(() => stage.remove());

/** With what a forged end and a forged answer look like where only LF, or only CRLF, ends a line. */
const lines = ["Subject: one", "", "both", "..", "+OK 99 99", "..x", "", "last"];
const crlf = lines.map((line) => `${line}\r\n`).join("");
/** Lines that end with CRLF and with LF in turn, once the stub has made LF of CRLF. */
const both = lines.map((line, index) => `${line}${index % 2 === 0 ? "\r\r\n" : "\r\n"}`).join("");

function front(scratch: Scratch, options: StubOptions) {
  const argv = stage.stub("pop3", stage.record(), { onlyUser: "kituser", password: "kitpass", ...options });
  return tcpserver(scratch, wrapped("pop3", { argv, user: "nobody" }, "--log", "none"));
}

describe("From a server that ends its lines with LF all is fetched as from one with CRLF", () => {
  for (const client of [curlPop, poplib, mpopKeep, mpopDelete, fetchmailKeep])
    part(`by ${client.name}`, [...needs, ...client.needs], async () => {
      await using scratch = new Scratch();
      await using regular = await front(scratch, { msg1: crlf });
      await using bare = await front(scratch, { msg1: both, lineFeeds: true });
      const reference = await client.fetch(scratch, regular.port, 3);
      const got = await client.fetch(scratch, bare.port, 3);
      expect(got).toEqual(reference);
      expect(got.join("\n")).toContain("Subject: one");
      expect(got.join("\n")).toContain("Subject: message 3");
    });
});

describe("A mail cannot end itself", () => {
  const forged = "Subject: one\r\n\r\nfoo\n.\n+OK 99 99\nbar\r\n";

  part("with line feeds, behind a server that greets with CRLF", needs, async () => {
    await using scratch = new Scratch();
    await using listener = await front(scratch, { msg1: forged });
    await using talk = await dial(listener.port);
    await talk.read(pop3Status);
    await talk.ask("USER kituser", pop3Status);
    await talk.ask("PASS kitpass", pop3Status);
    await talk.send("RETR 1\r\nSTAT\r\nQUIT\r\n");
    expect(await talk.end()).toBe(`+OK 200 octets\r\n${forged}.\r\n+OK 3 600\r\n+OK bye\r\n`);
  });

  part("with CRLF, behind a server that greets with LF and stuffs its dots", needs, async () => {
    await using scratch = new Scratch();
    await using listener = await front(scratch, { msg1: both, lineFeeds: true });
    await using talk = await dial(listener.port);
    await talk.read(pop3Status);
    await talk.ask("USER kituser", pop3Status);
    await talk.ask("PASS kitpass", pop3Status);
    await talk.send("RETR 1\r\nSTAT\r\nQUIT\r\n");
    expect(await talk.end()).toBe(`+OK 200 octets\r\n${crlf}.\r\n+OK 3 600\r\n+OK bye\r\n`);
  });
});
