// The manual's table of what is not supported against the program: its keywords, its reasons, and what a client hears.

import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { LMTP, MARKS, UNSUPPORTED, withExtensions } from "../../scripts/documenting/extensions.ts";
import { rewriteEhlo } from "../../src/protocols/smtp/extensions.ts";
import { KEPT, LOST } from "../../src/protocols/smtp/keywords.ts";
import { Talk } from "../protocols/smtp/talk.ts";
import { MARKS as MARKS_OF } from "../recorder.ts";

const page = readFileSync(`${import.meta.dir}/../../man/protowrap.8`, "utf8");

test("the manual has the table as it is (scripts/document writes it)", () => {
  expect(withExtensions(page)).toBe(page);
});

test("what was in its place goes", () => {
  const made = withExtensions(`a\n${MARKS.begin}\nancient text\n${MARKS.end}\nb\n`);
  expect(made).not.toContain("ancient");
  expect(made).toContain(".It CHUNKING Ta RFC 3030 Ta 502 5.5.1 Ta Li BDAT 5 LAST , and the session ends\n");
});

test("it has every keyword that has a reason, once, and the manual every one that passes", () => {
  expect(UNSUPPORTED.map(({ name }) => name).sort()).toEqual(Object.keys(LOST).sort());
  const [, section = ""] = page.split("\n.Sh SMTP EXTENSIONS\n");
  for (const keyword of [...KEPT, "SIZE", "AUTH", "STARTTLS"])
    expect(section.split(MARKS.begin)[0]).toMatch(new RegExp(`\\b${keyword}\\b`));
});

describe("Whatever the server offers of it, a client", () => {
  for (const { name, tries } of [...UNSUPPORTED, LMTP]) {
    test(`is not offered ${name}`, () => {
      const policy = {
        hostname: "wrapper.test",
        maxMessageSize: 0,
        auth: true,
        utf8: false,
        startsTls: false,
      };
      expect(rewriteEhlo(["server.test", name, `${name} 1`], policy).reply).toBe("250 wrapper.test\r\n");
    });

    for (const [line, answer, then] of tries)
      test(`that says ${line} hears ${answer}${then === undefined ? "" : `, and ${then}`}`, () => {
        const talk = new Talk().enter("INIT");
        talk.say("EHLO c.test");
        talk.answer(`250-server.test\r\n250-SIZE\r\n250-8BITMIME\r\n250-DSN\r\n250 ${name}\r\n`);
        if (line.startsWith("RCPT")) {
          talk.say("MAIL FROM:<a@c.test>");
          talk.answer("250 ok\r\n");
        }
        const { server, client } = talk.say(line);
        expect(server).toBe("");
        expect(client.replace(MARKS_OF.closed, "")).toMatch(
          new RegExp(`^${answer.replaceAll(".", "\\.")} [ -~]+\r\n$`),
        );
        expect(talk.session.closed).toBe(then !== undefined);
      });
  }
});
