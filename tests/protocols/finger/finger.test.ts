import { expect, test } from "bun:test";
import { finger } from "../../../src/protocols/finger/finger.ts";
import type { Rule } from "../../../src/record/rules.ts";
import { converse as conversing } from "../../reading.ts";
import { PROTOCOLS } from "../../subjects.ts";
import { SETUP } from "../../transcripts.ts";

const converse = () => conversing(finger, SETUP, PROTOCOLS.finger!.options);
const say = (text: string) => converse().clientLine({ text, octets: text.length + 2, tooLong: false });

test.each([
  ["", "\r\n"],
  ["user", "user\r\n"],
  ["User.Name_1-x", "User.Name_1-x\r\n"],
  ["/W", "/W\r\n"],
  ["/w ", "/W\r\n"],
  ["/W   user", "/W user\r\n"],
  ["a".repeat(32), `${"a".repeat(32)}\r\n`],
])("%j is asked as %j, and nothing after it", (query, server) => {
  expect(say(query)).toEqual({ server, next: "drain", shown: query });
});

test.each([
  ["user@host", "forwarding"],
  ["@", "forwarding"],
  ["/W @a@b", "forwarding"],
  ["/Wuser", "query"],
  [" user", "query"],
  ["user other", "query"],
  ["-l", "query"],
  ["/W -l", "query"],
  ["a;b", "query"],
  ["a|b", "query"],
  ["$(a)", "query"],
  ["../a", "query"],
  ["user\n", "query"],
  ["user\0", "query"],
  ["\xe9", "query"],
  ["a".repeat(33), "query"],
])("%j is refused: %s", (query, rule) => {
  const step = say(query);
  expect(step.refused).toBe(rule as Rule);
  expect(step.server).toBeUndefined();
  expect(step.next).toBe("close");
});

test("only forwarding is told by its name", () => {
  expect(say("a@b").client).toBe("Finger forwarding service denied\r\n");
  expect(say("a;b").client).toBe("Finger query refused\r\n");
});

test("controls of the answer become question marks, and nothing of it is lost at its end", () => {
  const conversation = converse();
  const passed = conversation.serverOctets!(Uint8Array.of(0x1b, 0x41, 0x9b, 0xc2, 0x9b, 0x42, 0xc3));
  expect(Buffer.from(passed).toString("latin1")).toBe("?A??B");
  expect([...conversation.serverRest!()]).toEqual([0xc3]);
});
