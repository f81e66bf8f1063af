// --recipient: who is not there is refused where mail is for us, and nobody else is asked about.

import { describe, expect, test } from "bun:test";
import { compileNetworks } from "../../../src/policy/networks.ts";
import { RecipientBook } from "../../../src/policy/recipients.ts";
import type { SmtpOptions } from "../../../src/protocols/smtp/options.ts";
import { Talk } from "./talk.ts";

const book = (text: string, doubt: string | null = null) =>
  new RecipientBook([{ name: "/list", kind: "addresses", text: `\n${text}`, doubt }]);
const KNOWN = { recipient: book("ann@local.test\n") } satisfies Partial<SmtpOptions>;
const EVERYWHERE = { relayIp: { has: compileNetworks(["0.0.0.0/0"]) } };
const CLIENT = { clientAddress: "192.0.2.7" };

const UNKNOWN = "550 5.1.1 No such recipient here\r\n";
const UNSURE = "451 4.3.0 Recipient cannot be looked up now, try again later\r\n";
const FOREIGN = "550 5.7.1 Relaying denied\r\n";

/** What the server gets of a recipient, or the client. */
function asked(talk: Talk, path: string): string {
  const { server, client } = talk.say(`RCPT TO:<${path}>`);
  if (server !== "") talk.answer("250 2.1.5 ok\r\n");
  return server === "" ? client : "passed";
}

describe("a client that is nobody", () => {
  test.each([
    ["ann@local.test", "passed"],
    ["Ann+news@LOCAL.test", "passed"],
    ["postmaster", "passed"],
    ["Postmaster@local.test", "passed"],
    ["bob@local.test", UNKNOWN],
    ["bob", UNKNOWN],
    ["ann", "passed"],
    ["ann@evil.test", FOREIGN],
    ["ann%evil.test@local.test", FOREIGN],
  ])("%s: %j", (path, answer) => {
    expect(asked(new Talk(KNOWN, {}, CLIENT).enter("MAIL"), path)).toBe(answer);
  });

  test("is refused by a rule of its own, and each counts as an error", () => {
    const talk = new Talk(KNOWN, { maxErrors: 2 }, CLIENT).enter("MAIL");
    expect(asked(talk, "a@local.test")).toBe(UNKNOWN);
    expect(asked(talk, "b@local.test")).toStartWith("421 4.7.0 Too many errors\r\n");
    expect(talk.logged("refused").map(({ rule, to }) => [rule, to])).toEqual([
      ["recipient", ["a@local.test"]],
      ["recipient", ["b@local.test"]],
    ]);
  });

  test("has a message for those who are there", () => {
    const talk = new Talk(KNOWN, {}, CLIENT).enter("MAIL");
    expect(asked(talk, "bob@local.test")).toBe(UNKNOWN);
    expect(asked(talk, "ann@local.test")).toBe("passed");
    expect(talk.say("DATA").server).toBe("DATA\r\n");
  });
});

describe("where others live nobody is asked about", () => {
  test("by a client that may send anywhere", () => {
    const talk = new Talk({ ...KNOWN, ...EVERYWHERE }, {}, CLIENT).enter("MAIL");
    expect(["bob@evil.test", "bob", "bob@local.test"].map((path) => asked(talk, path))).toEqual([
      ...["passed", "passed", UNKNOWN],
    ]);
  });

  test("nor without the option", () => {
    const talk = new Talk({}, {}, CLIENT).enter("MAIL");
    expect(["bob@local.test", "bob"].map((path) => asked(talk, path))).toEqual(["passed", "passed"]);
  });
});

test("a client that has logged in sends to others as before, and to us only to who is there", () => {
  const talk = new Talk({ ...KNOWN, auth: "pass" }, {}, CLIENT).enter("READY");
  talk.say("AUTH PLAIN AGFubgBwdw==");
  talk.answer("235 2.7.0 ok\r\n");
  talk.say("MAIL FROM:<ann@local.test>");
  talk.answer("250 2.1.0 ok\r\n");
  expect(["bob@evil.test", "bob", "bob@local.test"].map((path) => asked(talk, path))).toEqual([
    ...["passed", "passed", UNKNOWN],
  ]);
});

test("where no list can tell, the client is told to come again, and the administrator once why", () => {
  const talk = new Talk({ recipient: book("ann@local.test\n", "half of it") }, { maxErrors: 2 }, CLIENT);
  talk.enter("MAIL");
  const paths = ["bob@local.test", "carl@local.test", "dora@local.test", "ann@local.test"];
  expect(paths.map((path) => asked(talk, path))).toEqual([UNSURE, UNSURE, UNSURE, "passed"]);
  expect(talk.logged("list")).toEqual([{ state: "doubted", list: "/list", error: "half of it" }]);
  expect(talk.logged("refused").map(({ rule }) => rule)).toEqual(["recipient", "recipient", "recipient"]);
});
