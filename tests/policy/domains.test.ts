// Domains by whole labels, whether an option says them itself or a file does.

import { describe, expect, test } from "bun:test";
import { domainsOf } from "../../src/policy/domains.ts";
import { DomainList } from "../../src/policy/lists/domains.ts";

describe("a list of domains", () => {
  test.each([
    ["local.test", ["local.test"], true],
    ["Local.Test", ["lOCAL.tEST"], true],
    ["x.local.test", ["local.test"], false],
    ["x.local.test", [".local.test"], true],
    ["x.y.local.test", [".LOCAL.test"], true],
    ["local.test", [".local.test"], false],
    ["xlocal.test", [".local.test"], false],
    [".local.test", [".local.test"], false],
    ["localxtest", ["local.test"], false],
    ["b.test", ["a.test", "b.test"], true],
    ["a.test", [], false],
    [null, ["a.test"], false],
  ])("%s in %j: %p", (domain, list, is) => {
    expect(domainsOf(list).has(domain)).toBe(is);
    if (domain !== null)
      expect(new DomainList(`\n${list.map((entry) => `${entry}\n`).join("")}`).has(domain)).toBe(is);
  });
});
