// What a blocked address is found in: the ways in which a server comes to the same mailbox.

import { describe, expect, test } from "bun:test";
import { formsOf } from "../../../src/protocols/smtp/forms.ts";
import { mailboxOf } from "../../../src/protocols/smtp/mailbox.ts";

const forms = (localPart: string, domain: string | null, homes: string[] = []) =>
  formsOf(mailboxOf(localPart, domain), homes);

describe("An address is tried", () => {
  test("as it is written, and in small letters", () => {
    expect(forms("u", "local.test")).toEqual(["u@local.test"]);
    expect(forms("KitUser", "Local.test")).toEqual(["KitUser@local.test", "kituser@local.test"]);
  });

  test("at every domain of ours where it has none", () => {
    expect(forms("kituser", null, ["mx.test", "local.test"])).toEqual([
      ...["kituser", "kituser@mx.test", "kituser@local.test"],
    ]);
    expect(forms("v%evil.test", null, ["mx.test"])).toEqual([
      "v%evil.test",
      "v%evil.test@mx.test",
      "v@evil.test",
    ]);
  });

  test.each([
    ["v%evil.test", "v@evil.test"],
    ["evil.test!v", "v@evil.test"],
    ['"v@evil.test"', "v@evil.test"],
    ['"@a.test,@b.test:v@evil.test"', "v@evil.test"],
    ['"v@evil.test."', "v@evil.test"],
    ['"v@ evil. test "', "v@evil.test"],
    ['"v%evil.test "', "v@evil.test"],
    ['"evil.test.!v"', "v@evil.test"],
    ['"v@evil.test.."', "v@evil.test.."],
    ["a.test!b.test!v", "b.test!v@a.test", "v@b.test"],
    ["v%a.test%b.test", "v%a.test@b.test", "v@a.test"],
    ["evil.test!v%a.test", "v%a.test@evil.test", "v@a.test"],
    ['"v w%a.test@b.test"', '"v w%a.test"@b.test', '"v w"@a.test'],
    ["v%", "v@"],
    ["!", '""@'],
    ["%%", "%@", '""@'],
  ] as [string, ...string[]][])(
    "as whom a server comes to that follows the route in %s",
    (localPart, ...named) => {
      const [, ...found] = forms(localPart, "x.test").filter((form) => form === form.toLowerCase());
      expect(found).toEqual(named);
    },
  );

  test("in so many forms at most, however it is made", () => {
    for (const octet of ["%", "!", "%a", "!a", "a%", "A!"])
      expect(forms(octet.repeat(Math.floor(64 / octet.length)), "x.test").length).toBeLessThanOrEqual(130);
    expect(forms(`"${"@".repeat(62)}"`, "x.test").length).toBeLessThanOrEqual(130);
  });
});

test("of letters beyond ASCII those are tried that they are like", () => {
  expect(forms("\xc3\x9c", "local.test")).toEqual(["Ü@local.test", "ü@local.test"]);
  const wide = new TextEncoder().encode("ｋitＵser");
  expect(forms(String.fromCharCode(...wide), "local.test")).toEqual([
    ...["ｋitＵser@local.test", "kitUser@local.test", "kituser@local.test"],
  ]);
  expect(forms("u\xcc\x88%b\xc3\xbccher.example", "local.test")).toContain("ü@xn--bcher-kva.example");
});

test("the null sender is an address without text", () => {
  expect(formsOf(null, ["mx.test"])).toEqual([""]);
});
