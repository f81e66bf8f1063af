// The public interface as it is released: one file of types, by which the example is right and mistakes are none, and
// the man page that has every name of it.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { declarations } from "../../scripts/building/declarations.ts";
import { KIT } from "../../src/protocols/kit.ts";

const ROOT = join(import.meta.dir, "../..");
const types = await declarations();

describe("the types of the release", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "protowrap-types-"));
    writeFileSync(join(folder, "protowrap-protocol.d.ts"), types);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** @returns the compiler's errors, by line and text */
  function errorsOf(file: string): string[] {
    const how =
      "--ignoreConfig --noEmit --strict --lib ESNext --target ESNext --module Preserve --types".split(" ");
    const compiler = [join(ROOT, "node_modules/.bin/tsc"), ...how, "", "--moduleResolution", "bundler", file];
    const { stdout } = Bun.spawnSync(compiler, { cwd: folder });
    return stdout
      .toString()
      .split("\n")
      .filter((line) => /^\S+\(/.test(line));
  }

  test("stand alone, and the example is right by them", () => {
    copyFileSync(join(ROOT, "tests/examples/nntp/nntp.ts"), join(folder, "nntp.ts"));
    expect(errorsOf("nntp.ts")).toEqual([]);
  });

  const right = 'lineLimit: () => options.maxLineLength, clientLine: () => ({ next: "close" }),';
  const wrong: readonly (readonly [what: string, conversation: string, error: RegExp])[] = [
    ["a key nobody knows", `${right} expired: (): Step => ({ next: "close", clients: "" }),`, /clients/],
    ["something to do next that is nothing", `${right} expired: () => ({ next: "comand" }),`, /comand/],
    ["a number for octets", `${right} expired: () => ({ next: "close", client: 200 }),`, /number.*string/],
    ["an option it has not", `${right} expired: () => ({ next: "close", shown: options.auth }),`, /auth/],
    ["no last words", right, /expired/],
    ["a body that is none", `${right} expired: () => ({ next: { upload: {} } }),`, /Listening/],
    ["a body to read that is none", `${right} expired: () => ({ next: kit.upload({}) }),`, /Body/],
    ["what the kit has not", `${right} expired: () => ({ next: "close", client: kit.lost }),`, /lost/],
  ];
  for (const [what, methods, error] of wrong)
    test(`tell ${what}`, () => {
      writeFileSync(
        join(folder, "wrong.ts"),
        `import type { Kit, Protocol, Step, Table } from "./protowrap-protocol.js";
        const optionsOf = (kit: Kit) => kit.lineOptions(512, "refuse") satisfies Table;
        export default (kit: Kit): Protocol<ReturnType<typeof optionsOf>> => ({
          name: "wrong", dialogue: "stream", options: optionsOf(kit), unavailable: () => "",
          converse: (_setup, options) => ({
            ${methods} serverLost: () => ({ next: "close" }), tooManyErrors: () => ({ next: "close" }),
          }),
        });`,
      );
      expect(errorsOf("wrong.ts").join("\n")).toMatch(error);
    });

  test("are those beside the executable, as the example is", () => {
    const beside = (file: string) => readFileSync(join(ROOT, "dist", file), "utf8");
    expect(beside("protowrap-protocol.d.ts")).toBe(types);
    expect(beside("nntp.ts")).toBe(readFileSync(join(ROOT, "tests/examples/nntp/nntp.ts"), "utf8"));
  });

  test("declare nothing that only we need", () => {
    for (const name of ["AnyProtocol", "Read", "define", "KIT", "RunOptions"])
      expect(types).not.toMatch(new RegExp(`(?:interface|type|class|function|const) ${name}\\b`));
  });
});

describe("the man page has every name of", () => {
  const page = readFileSync(join(ROOT, "man/protowrap-protocol.7"), "utf8");
  const sections: readonly (readonly [name: string, heading: string, ...types: string[]])[] = [
    ["a protocol", ".Sh DESCRIPTION", "Protocol", "Words"],
    ["an option", ".Ss Options", "Option"],
    ["a conversation", ".Ss The conversation", "Conversation"],
    ["a step", ".Ss A step", "Step"],
    ["the kit", ".Ss The kit", "Kit"],
  ];
  for (const [name, heading, ...of] of sections)
    test(`${name}, and no other`, () => {
      expect(namesIn(sectionOf(page, heading)).sort()).toEqual(of.flatMap(membersOf).sort());
    });

  test("a kind of option", () => {
    const kinds = [...sectionOf(page, ".Ss Options").matchAll(/^\.It Li (\w+)$/gm)].map(([, kind]) => kind);
    const declared = [...declarationOf("Kind").matchAll(/kind: "(\w+)"/g)].map(([, kind]) => kind);
    expect(kinds.sort()).toEqual(declared.sort());
  });

  for (const name of ["Setup", "Place", "Line"])
    test(`what a ${name.toLowerCase()} has`, () => {
      for (const member of membersOf(name))
        expect(page).toMatch(new RegExp(`^\\.Va (?:line\\.)?${member}\\b`, "m"));
    });

  test("what a step may be next", () => {
    for (const [, word] of declarationOf("Next").matchAll(/"(\w+)"/g))
      expect(sectionOf(page, ".Ss A step")).toMatch(new RegExp(`^\\.Li .*\\b${word}\\b`, "m"));
  });
});

test("the kit is what its type says, and no more", () => {
  expect(Object.keys(KIT).sort()).toEqual(membersOf("Kit").sort());
});

function sectionOf(page: string, heading: string): string {
  return page.split(`${heading}\n`)[1]!.split(/^\.S[sh] /m)[0]!;
}

/** What its lists of names have, those of kinds aside. */
function namesIn(section: string): string[] {
  return [...section.matchAll(/^\.It (?:Va (.*)|Fn (\w+).*)$/gm)].flatMap(([, names, method]) =>
    method === undefined ? names!.split(" , ") : [method],
  );
}

function declarationOf(name: string): string {
  return types
    .split(new RegExp(`^(?:interface|type) ${name}\\b`, "m"))[1]!
    .split(/^(?:interface|type|declare|export) /m)[0]!;
}

function membersOf(name: string): string[] {
  const members = declarationOf(name).matchAll(/^ {4}(?:readonly )?(\w+)\??[(:]/gm);
  return [...members].map(([, member]) => member!);
}
