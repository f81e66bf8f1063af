// --syntax lax: what is repaired, what is left to be refused, and what holds of it whatever a client says.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseEnvelope } from "../../../src/protocols/smtp/envelope.ts";
import { repaired } from "../../../src/protocols/smtp/repair.ts";
import { readCorpus } from "../../corpus/script.ts";
import { COMMAND } from "../../peers/smtp.ts";
import { answer, converse, say } from "./converse.ts";

describe("A name of a client", () => {
  test.each([
    ["my_pc", "my-pc"],
    ["_my__pc_.local.test", "my-pc.local.test"],
    ["(null)", "null"],
    ["localhost.(none)", "localhost.none"],
    ["(PC-29)", "PC-29"],
    ["M\xc3\xbcller-PC", "M-ller-PC"],
    ["local.test.", "local.test"],
    ["local.test junk (behind it", "local.test"],
    ["my_pc.\x20at home", "my-pc"],
    ["[::1]", "[IPv6:::1]"],
    ["[2001:db8::1]", "[IPv6:2001:db8::1]"],
    ["2001:db8::1", "[IPv6:2001:db8::1]"],
    ["IPv6:::1", "[IPv6:::1]"],
    ["[fe80::1%eth0]", "[IPv6:fe80::1]"],
    ["[IPv6:fe80::1%2]", "[IPv6:fe80::1]"],
  ])("%j is repaired: %s", (argument, name) => {
    for (const verb of ["EHLO", "HELO"]) expect(repaired(verb, argument)).toBe(name);
  });

  test.each([
    [""],
    ["()"],
    ["(("],
    ["a( b"],
    ["_"],
    ["."],
    [".."],
    ["local..test"],
    ["a,b"],
    ["<local.test>"],
    ["[x]"],
    ["[1.2.3]"],
    ["[1.2.3.4"],
    ["[::1::]"],
    ["[x400:a]"],
  ])("%j is left as it is", (argument) => {
    expect(repaired("EHLO", argument)).toBe(argument);
  });
});

describe("A path", () => {
  test.each([
    ["FROM:a@c.test", "FROM:<a@c.test>"],
    ["FROM: a@c.test SIZE=1", "FROM:<a@c.test> SIZE=1"],
    ["from :  < a@c.test >  SIZE=1", "from:<a@c.test>  SIZE=1"],
    ["FROM: <>", "FROM:<>"],
    ["FROM: < > SIZE=1", "FROM:<> SIZE=1"],
    ["FROM:<a@c.test.>", "FROM:<a@c.test>"],
    ["FROM:a@c.test.", "FROM:<a@c.test>"],
    ["FROM:<a..b@c.test>", 'FROM:<"a..b"@c.test>'],
    ["FROM:<.a@c.test>", 'FROM:<".a"@c.test>'],
    ["FROM:a.@c.test", 'FROM:<"a."@c.test>'],
    ['FROM:"a > b"@c.test X=1', 'FROM:<"a > b"@c.test> X=1'],
    ['FROM:< "a > b"@c.test >', 'FROM:<"a > b"@c.test>'],
    ["TO:postmaster", "TO:<postmaster>"],
    ["TO:a..b", 'TO:<"a..b">'],
    // Refused as routes and parameters are, by their own rules.
    ["TO:@a.test:u@b.test", "TO:<@a.test:u@b.test>"],
    ["TO:Joe <u@local.test>", "TO:<Joe> <u@local.test>"],
  ])("%j is repaired: %s", (argument, right) => {
    for (const verb of ["MAIL", "RCPT"]) expect(repaired(verb, argument)).toBe(right);
  });

  test.each([
    [""],
    ["TO"],
    ["TO:"],
    ["TO <u@local.test>"],
    ["TO:<u@local.test"],
    ["TO:u@local.test>"],
    ["TO:<<u@local.test>>"],
    ["TO:<u@local.test>SIZE=1"],
    ["TO:<u v@local.test>"],
    ["TO:<u @local.test>"],
    ["TO:<u@local.test..>"],
    ["TO:<..@local.test>"],
    ["TO:<u@my_pc.test>"],
    ["TO:<u..v@a.test@b.test>"],
    ["TO:<u..v,w@local.test>"],
    ["TO:<u@[192.0.2.1].>"],
    ['TO:"Joe" <u@local.test>'],
    ['TO:"joe'],
    ['TO:"joe"'],
    ["TO:NOTIFY=NEVER"],
    ["TO:<u\\v@local.test>"],
  ])("%j is left as it is", (argument) => {
    expect(repaired("RCPT", argument)).toBe(argument);
  });
});

test("no other command is touched", () => {
  for (const verb of ["AUTH", "RSET", "VRFY", "DATA", "XCLIENT"])
    expect(repaired(verb, "FROM: my_pc (null) < u@local.test. >")).toBe(
      "FROM: my_pc (null) < u@local.test. >",
    );
});

/** Pieces of which right and wrong commands are made, most of them where they belong. */
const NOISE = [
  ...[
    "",
    "",
    "",
    "",
    "",
    "",
    "",
    " ",
    "  ",
    ".",
    "..",
    '"',
    "\\",
    '\\"',
    ":",
    "<",
    ">",
    "@",
    "_",
    ",",
    "=",
    "%",
    "\xfc",
  ],
  ...["(null)", "[::1]", "::1", "%eth0", "evil.test", "kituser", "~", "-", "!", ";"],
];
const LOCAL_PARTS = [
  "u",
  "kituser",
  "KitUser",
  "a..b",
  ".a",
  "a.",
  '"kituser"',
  '"kit\\user"',
  '"a > b"',
  "",
  "x%evil.test",
];
const DOMAINS = [
  "@local.test",
  "@Local.Test",
  "@local.test.",
  "@evil.test",
  "@my_pc",
  "@[192.0.2.1]",
  "@[::1]",
  "",
];
const NAMES = [
  "local.test",
  "my_pc",
  "(null)",
  "::1",
  "[::1]",
  "[IPv6:::1]",
  "[192.0.2.1]",
  "a b",
  "a( b",
  "",
  "_",
];
const noise = fc.oneof(
  { weight: 12, arbitrary: fc.constant("") },
  { weight: 1, arbitrary: fc.constantFrom(...NOISE) },
);
const pieces = (...lists: (readonly string[])[]) =>
  fc.tuple(...lists.flatMap((list) => [fc.constantFrom(...list), noise])).map((all) => all.join("").trim());
const path = (keyword: string, parameters: string[]) =>
  pieces(
    [keyword, keyword, keyword, keyword.slice(1), `${keyword.toLowerCase()} `, ""],
    ...[["<", "<", "<", "< ", ""], LOCAL_PARTS, DOMAINS, [">", ">", ">", " >", ""]],
    ["", "", ...parameters],
  );
const commands = fc.oneof(
  pieces(NAMES, ["", "", ".", " junk"]).map((argument) => ["EHLO", argument] as const),
  path("FROM:", [" SIZE=1", "SIZE=1", " AUTH=<>"]).map((argument) => ["MAIL", argument] as const),
  path("TO:", [" NOTIFY=NEVER", " ORCPT=rfc822;a"]).map((argument) => ["RCPT", argument] as const),
);
const RUNS = { numRuns: Number(process.env.FC_RUNS ?? 2000) };
const OFFERED = new Set(["SIZE", "DSN", "AUTH"]);

describe("Whatever a client says", () => {
  test("a repair has nothing more to be repaired", () => {
    fc.assert(
      fc.property(commands, ([verb, argument]) => {
        const once = repaired(verb, argument);
        expect(repaired(verb, once)).toBe(once);
      }),
      RUNS,
    );
  });

  test("what is right by the strict grammar means the same", () => {
    let right = 0;
    fc.assert(
      fc.property(commands, ([verb, argument]) => {
        if (verb === "EHLO") return;
        const strict = parseEnvelope(verb, argument, OFFERED);
        if ("rule" in strict) return;
        right++;
        expect(parseEnvelope(verb, repaired(verb, argument), OFFERED)).toEqual(strict);
      }),
      RUNS,
    );
    expect(right).toBeGreaterThan(RUNS.numRuns / 100);
  });

  test("the server gets nothing that the strict grammar does not have, and no mailbox the rules forbid", () => {
    let repairs = 0;
    const blockAddress = [{ name: "x", test: (text: string) => /^kituser(?:@|$)/.test(text) }];
    fc.assert(
      fc.property(commands, ([verb, argument]) => {
        const conversation = converse(verb === "EHLO" ? "init" : verb === "MAIL" ? "ready" : "mail", {
          ...{ syntax: "lax", blockAddress },
        });
        const { server, client, shown } = say(conversation, `${verb} ${argument}`);
        // The log has what was said.
        expect(shown).toBe(`${verb} ${argument}`);
        if (server === undefined) return expect(client).toMatch(/^5[0-9]{2} 5\./);
        const line = server.replace(/\r\n$/, "");
        expect(line).toMatch(COMMAND);
        // By the strict grammar it is the same.
        const strict = converse(verb === "EHLO" ? "init" : verb === "MAIL" ? "ready" : "mail", {
          blockAddress,
        });
        expect(say(strict, line).server).toBe(server);
        expect(line).not.toMatch(/<"?kituser["@>]/);
        if (verb === "RCPT") expect(line).toMatch(/^RCPT TO:<(?:[^@]+|.*@local\.test)>(?: |$)/);
        answer(conversation, "250 ok");
        if (!line.startsWith(`${verb} ${argument}`)) repairs++;
      }),
      RUNS,
    );
    expect(repairs).toBeGreaterThan(RUNS.numRuns / 100);
  });
});

test("a line of any length takes no time to speak of, however it is made", () => {
  let longest = 0;
  for (const octet of [
    " ",
    '"',
    "\\",
    '"\\',
    "<",
    ">",
    ".",
    "a.",
    "@",
    "a@",
    "(",
    "(a",
    ":",
    "_",
    "%",
    "=",
    "\xfc",
  ])
    for (const opening of ["FROM:", "FROM:<", 'FROM:<"', "FROM:< a", "FROM", "", "[", "("])
      for (const verb of ["MAIL", "EHLO"]) {
        const argument = opening + octet.repeat(65_536 / octet.length) + (opening.includes("<") ? "" : "x");
        const began = process.cpuUsage();
        repaired(verb, argument);
        const { user, system } = process.cpuUsage(began);
        longest = Math.max(longest, user + system);
      }
  // Microseconds. Where each blank is looked at again for every other it takes four times as long.
  expect(longest).toBeLessThan(200_000);
});

test("by --syntax strict nothing of that passes", () => {
  for (const [place, line] of [
    ["init", "EHLO my_pc"],
    ["init", "EHLO [::1]"],
    ["ready", "MAIL FROM:a@c.test"],
    ["ready", "MAIL FROM:<a..b@c.test>"],
    ["mail", "RCPT TO:<u@local.test.>"],
    ["mail", "RCPT TO:< u@local.test >"],
  ] as const) {
    const lax = say(converse(place, { syntax: "lax" }), line);
    expect(lax.server).toBeDefined();
    expect(say(converse(place), line).refused).toBe("syntax");
  }
});

test("of the attacks those few are touched that are none, where a domain ends with a dot or a path has no brackets", () => {
  const touched = readCorpus().filter(({ protocol, script }) => {
    if (protocol !== "smtp") return false;
    const lines = script
      .map(({ send = "" }) => send)
      .join("")
      .split(/\r?\n/);
    return lines.some((line) => {
      const [, verb = "", argument = ""] = /^([A-Za-z]{4}) +(.*?) *$/.exec(line) ?? [];
      const right = repaired(verb.toUpperCase(), argument);
      // Blanks behind the colon are no repair.
      return right !== argument && right !== argument.replace(/^([A-Za-z]+:) +/, "$1");
    });
  });
  expect(touched.map(({ id }) => id)).toEqual(TOUCHED);
});

const TOUCHED = ["RL15", "RL21"];
