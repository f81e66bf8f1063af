// Who exists: by what lists name, by the users and aliases of a host, and by what nobody can tell just now.

import { describe, expect, test } from "bun:test";
import { canonical } from "../../src/policy/canonical.ts";
import {
  canonicalAddress,
  isRecipientEntry,
  RecipientBook,
  type RecipientSource,
} from "../../src/policy/recipients.ts";
import { decode } from "../../src/wire/latin1.ts";

const list = (text: string, doubt: string | null = null): RecipientSource => ({
  ...{ name: "the list", kind: "addresses", text: `\n${text}`, doubt },
});
const users = (text: string): RecipientSource => ({
  ...{ name: "/etc/passwd", kind: "users", text: `\n${text}`, doubt: null },
});
const aliases = (text: string): RecipientSource => ({
  ...{ name: "/etc/aliases", kind: "aliases", text: `\n${text}`, doubt: null },
});

/** As a client's line has them: one unit is one octet. */
const octets = (text: string) => decode(new TextEncoder().encode(text));

function addressOf(text: string) {
  const at = text.lastIndexOf("@");
  return at < 0
    ? { localPart: text, domain: null }
    : { localPart: text.slice(0, at), domain: text.slice(at + 1) };
}

function standing(address: string, ...sources: readonly RecipientSource[]): string {
  return new RecipientBook(sources).standing(addressOf(address)).is;
}

describe("a list of addresses", () => {
  const LIST = list(
    "ann@a.test\n# bob@a.test\nCARL@A.test \r\nd.e@a.test # dora\n\n@all.test\n  eve@a.test\n",
  );

  test.each([
    "ann@a.test",
    "ANN@a.TEST",
    '"ann"@a.test',
    '"a\\nn"@a.test',
    "ann+tag@a.test",
    "Ann+Tag+more@a.test",
    "carl@a.test",
    "d.e@a.test",
    "eve@a.test",
    "anybody@all.test",
    '"any body"@all.test',
    "postmaster@a.test",
    "PostMaster@A.test",
    "postmaster",
    "ann", // of any domain
  ])("knows %s", (address) => {
    expect(standing(address, LIST)).toBe("known");
  });

  test.each([
    "bob@a.test",
    "an@a.test",
    "nn@a.test",
    "ann@b.test",
    "ann@a.tes",
    "ann@a.testx",
    "ann@xa.test",
    "+ann@a.test",
    '"ann+x y"@a.test',
    "de@a.test",
    "dora@a.test",
    "postmaster2@a.test",
    "x@sub.all.test",
    "#@a.test",
    "#bob@a.test",
  ])("does not know %s", (address) => {
    expect(standing(address, LIST)).toBe("unknown");
  });

  test("names without a domain are in none where no address has them", () => {
    const LISTED = list("ann@a.test\n#carl@a.test\n");
    expect(["ann", "bob", "an", "nn", "#carl"].map((name) => standing(name, LISTED))).toEqual([
      ...["known", "unknown", "unknown", "unknown", "unknown"],
    ]);
  });

  test("says the same when it is asked for the hundredth time", () => {
    const book = new RecipientBook([LIST]);
    for (let times = 0; times < 100; times++) {
      expect(book.standing(addressOf("carl@a.test")).is).toBe("known");
      expect(book.standing(addressOf("d.e@a.test")).is).toBe("known");
      expect(book.standing(addressOf("dora@a.test")).is).toBe("unknown");
    }
  });
});

describe("letters beyond ASCII", () => {
  const LISTED = list(
    "jo\u0308rg@a.test\n# Größe\nann@bücher.test\nÉve@A.test\n@[IPv6:2001:DB8:0::1]\n@MÜNCHEN.test\n",
  );
  test.each([
    ["j\u00f6rg", "a.test", "known"],
    ["JO\u0308RG+x", "a.test", "known"],
    ["éve", "a.test", "known"],
    ['"éve"', "a.test", "known"],
    ["ann", "xn--bcher-kva.test", "known"],
    ["anybody", "xn--mnchen-3ya.test", "known"],
    ["anybody", "[IPv6:2001:db8::1]", "known"],
    ["jorg", "a.test", "unknown"],
    ["bob", "xn--bcher-kva.test", "unknown"],
    ["Größe", "a.test", "unknown"],
  ] as const)("%s at %s is %s, however they are written", (local, domain, is) => {
    expect(new RecipientBook([LISTED]).standing({ localPart: octets(local), domain }).is).toBe(is);
  });
});

test("a name that begins as a comment does is in a whole domain, and by itself in no list", () => {
  expect(standing("#x@all.test", list("@all.test\n"))).toBe("known");
  expect(standing("#x", list("@all.test\n"))).toBe("known");
  expect(standing("#x@a.test", list("#x@a.test\nann@a.test\n"))).toBe("unknown");
  expect(standing("#x", list("#x@a.test\nann@a.test\n"))).toBe("unknown");
});

describe("the users and aliases of a host", () => {
  const USERS = users("root:x:0:0:root:/root:/bin/sh\nAnn:x:1000:1000::/home/ann:/bin/sh\n+::::::\n");
  const ALIASES = aliases(
    'postmaster: root\n# gone: ann\nprog: "|/usr/bin/prog"\nList : ann,\n  bob: carl\n"quoted": root\nfull@a.test: ann\n#hash: x\nticket+queue: "|x"\n"joe smith": root\n"a\\"b": root\njürgen: root\n+nis: x\n',
  );

  test.each([
    ...["root", "ANN", "ann+news", "prog", "prog+x", "list", "quoted", "full"],
    ...[
      "ticket+queue",
      "Ticket+Queue",
      '"joe smith"',
      '"Joe Smith"',
      '"a\\"b"',
      octets("jürgen"),
      octets("Jürgen"),
    ],
  ])("%s is one", (name) => {
    expect(standing(`${name}@a.test`, USERS, ALIASES)).toBe("known");
  });

  test("are looked for by their names alone where there is no domain", () => {
    expect(["ann", "prog", "full", "nobody"].map((name) => standing(name, USERS, ALIASES))).toEqual([
      ...["known", "known", "unknown", "unknown"],
    ]);
  });

  test.each([
    "roo",
    "x",
    "bob",
    "gone",
    "hash",
    "#hash",
    "+",
    "0",
    "usr",
    "roota",
    ":include",
    '"ann:x"',
    "+nis",
    "ticket",
    "joe",
  ])("%s is none", (name) => {
    expect(standing(`${name}@a.test`, USERS, ALIASES)).toBe("unknown");
  });
});

describe("what nobody can tell now", () => {
  test.each([
    ["a list that is not there", { ...list(""), text: null, doubt: "it is not there" }, "it is not there"],
    ["an empty one", list(""), "it has no entry"],
    ["one of comments", list("# x\n\n \n"), "it has no entry"],
    ["one that may not be all there", list("ann@a.test\n", "half of it"), "half of it"],
    [
      "one with a line that is none",
      list("ann@a.test\nbob@a.test x\n"),
      'line 2 is no entry: "bob@a.test x"',
    ],
    ["one with NUL", list("ann@a.test\nbo\0b@a.test\n"), 'line 2 is no entry: "bo\\u0000b@a.test"'],
    ["no users", users(""), "it has no entry"],
  ])("%s: who is not in it may be there all the same", (_, source, error) => {
    const book = new RecipientBook([list("carl@a.test\n"), source as RecipientSource]);
    expect(book.standing(addressOf("carl@a.test"))).toEqual({ is: "known" });
    const { name } = source as RecipientSource;
    expect(book.standing(addressOf("zoe@a.test"))).toEqual({
      is: "unsure",
      why: { list: name, error, isNew: true },
    });
    expect(book.standing(addressOf("yves@a.test"))).toEqual({
      is: "unsure",
      why: { list: name, error, isNew: false },
    });
    expect(book.standing(addressOf("postmaster"))).toEqual({ is: "known" });
  });

  test("who is in a list is there whatever else is wrong with it", () => {
    expect(standing("ann@a.test", list("x y\nann@a.test\n", "half of it"))).toBe("known");
  });
});

test("an entry is an address, or a domain behind @", () => {
  for (const entry of ["a@b.test", "@b.test", "a+b@b.test", "a#b@b.test", '"a b"@b.test', "a@[192.0.2.1]"])
    expect([entry, isRecipientEntry(entry)]).toEqual([entry, true]);
  for (const entry of [
    "a",
    "a@",
    "@",
    "a b@c.test",
    '"ab"@b.test',
    "a@b@c.test",
    "a@b c",
    "<a@b.test>",
    "a@b.test,",
  ])
    expect([entry, isRecipientEntry(entry)]).toEqual([entry, false]);
});

test("and the domain of an entry may be in its own letters", () => {
  const isEntry = (entry: string) => isRecipientEntry(canonicalAddress(entry).toLowerCase());
  for (const entry of ["ann@bücher.test", "@BÜCHER.test", "jörg@a.test"])
    expect([entry, isEntry(entry)]).toEqual([entry, true]);
  for (const entry of ["ann@ü..test", "ann", "jö rg@a.test"])
    expect([entry, isEntry(entry)]).toEqual([entry, false]);
});

test("one spelling of each mailbox", () => {
  const of = (localPart: string, domain: string | null) => canonical({ localPart, domain });
  expect(of("Ann", "A.Test")).toEqual({ localPart: "ann", domain: "a.test" });
  expect(of('"ann.b"', null)).toEqual({ localPart: "ann.b", domain: null });
  expect(of('"a\\.n"', "b")).toEqual({ localPart: "a.n", domain: "b" });
  for (const kept of ['"a b"', '".a"', '"a..b"', '""', '"a@b"']) expect(of(kept, "b").localPart).toBe(kept);
});
