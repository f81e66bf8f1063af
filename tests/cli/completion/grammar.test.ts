// Every command, protocol and option there is can be completed where it belongs, and nowhere else.

import { describe, expect, test } from "bun:test";
import { COMMAND_OPTIONS } from "../../../src/cli/command-options.ts";
import { COMMANDS } from "../../../src/cli/commands.ts";
import { type Completed, grammar, MODULE, type Value } from "../../../src/cli/completion/grammar.ts";
import { SHELLS, wholeGrammar } from "../../../src/cli/completion.ts";
import { DEMO } from "../../../src/cli/demo.ts";
import { protocolTables } from "../../../src/cli/protocol.ts";
import { CHECK_SERVE, CONFIG_SERVE } from "../../../src/cli/services.ts";
import { SINKS } from "../../../src/cli/sink.ts";
import type { Subcommand } from "../../../src/cli/subcommand.ts";
import { LISTEN_OPTIONS } from "../../../src/options/listen.ts";
import { RUN_OPTIONS } from "../../../src/options/run.ts";
import { isList, type Table } from "../../../src/options/table.ts";
import { PROTOCOLS } from "../../../src/protocols/registry.ts";

const whole = await wholeGrammar();
const tables = await protocolTables();

function at(name: string) {
  const place = whole.places.find((one) => one.name === name);
  if (place === undefined) throw new Error(`no place ${JSON.stringify(name)}`);
  return place;
}

function optionsAt(name: string): Completed[] {
  return at(name).groups.flatMap((group) => whole.groups.get(group)!);
}

function value(place: string, name: string): Value | null {
  const option = optionsAt(place).find((one) => one.name === name);
  if (option === undefined) throw new Error(`no --${name} at ${place}`);
  return option.value;
}

const named = (place: string) => optionsAt(place).map(({ name }) => name);
const wordsAt = (place: string) => at(place).words.map(({ word }) => word);

describe("words", () => {
  test("are every command and every protocol first, and a module may stand there", () => {
    expect(wordsAt("").sort()).toEqual([...Object.keys(COMMANDS), ...Object.keys(PROTOCOLS)].sort());
    expect(at("").takesModule).toBe(true);
  });

  test("behind a command that looks at a configuration are the protocols, or a module", () => {
    for (const command of Object.keys(COMMAND_OPTIONS)) {
      const own = [CHECK_SERVE, CONFIG_SERVE].map(({ name }) => name.split(" "));
      const more = own.filter(([first]) => first === command).map(([, second]) => second!);
      expect(wordsAt(command).sort()).toEqual([...Object.keys(PROTOCOLS), ...more].sort());
      expect(at(command).takesModule).toBe(true);
    }
  });

  test("of the other commands are what they are made of", () => {
    expect(wordsAt("sink")).toEqual(SINKS.map(({ name }) => name.replace("sink ", "")));
    expect(wordsAt("completion")).toEqual(Object.keys(SHELLS));
    expect(wordsAt("demo")).toEqual([]);
    expect(wordsAt("sink passwd")).toEqual([]);
  });

  test("lead on: each has a place, but for a shell, behind which nothing stands", () => {
    for (const { name, words, takesModule } of whole.places)
      for (const word of [...words.map((one) => one.word), ...(takesModule ? [MODULE] : [])])
        if (name !== "completion") at(`${name} ${word}`.trim());
  });

  test("need no quoting in any shell", () => {
    const options = [...whole.groups.values()].flat();
    const values = options.flatMap((option) => [
      ...(option.value?.words ?? []),
      ...(option.value?.beginnings ?? []),
      ...(option.value?.paths ?? []),
    ]);
    const words = whole.places.flatMap((place) => place.words.map(({ word }) => word));
    for (const word of [...values, ...words, ...options.map(({ name }) => name), ...whole.groups.keys()])
      expect(word).toMatch(/^[\w+:/.-]+$/);
  });
});

describe("options", () => {
  for (const [protocol, table] of tables)
    for (const command of ["", ...Object.keys(COMMAND_OPTIONS)])
      test(`of ${`${command} ${protocol}`.trim()} are those of every run, its own and the command's`, () => {
        const own: Table = COMMAND_OPTIONS[command as keyof typeof COMMAND_OPTIONS] ?? {};
        const due: Table = { ...RUN_OPTIONS, ...table, ...own };
        const place = `${command} ${protocol}`.trim();
        expect(named(place).sort()).toEqual([...Object.keys(due), "help"].sort());
        expect(at(place).takesServer).toBe(true);
        for (const { name, isList: list, help } of optionsAt(place))
          if (name !== "help") expect([list, help]).toEqual([isList(due[name]!), due[name]!.help]);
      });

  test("behind a module are those of every run and the command's: its own are not known", () => {
    expect(named(MODULE).sort()).toEqual([...Object.keys(RUN_OPTIONS), "help"].sort());
    const own = ["help", ...Object.keys(COMMAND_OPTIONS.check)];
    expect(named(`check ${MODULE}`).sort()).toEqual([...Object.keys(RUN_OPTIONS), ...own].sort());
  });

  for (const { name, options } of [...SINKS, DEMO])
    test(`of ${name} are its own`, () => {
      expect(named(name).sort()).toEqual([...Object.keys(options), "help"].sort());
      expect(at(name).takesServer).toBe(false);
    });

  test("before anything is said are --help and --version", () => {
    expect(named("")).toEqual(["help", "version"]);
    for (const place of ["check", "sink", "completion"]) expect(named(place)).toEqual(["help"]);
  });
});

describe("the value", () => {
  const nothing: Value = { words: [], beginnings: [], paths: [], names: null };
  const ofFiles: Value = { ...nothing, beginnings: ["file:"], paths: ["file:"] };

  test("of every choice is one of its own protocol's", () => {
    for (const [protocol, table] of tables)
      for (const [name, { takes }] of Object.entries({ ...RUN_OPTIONS, ...table } as Table))
        if (takes.kind === "choice")
          expect([protocol, name, value(protocol, name)]).toEqual([
            protocol,
            name,
            { ...nothing, words: takes.of },
          ]);
    expect(value("line", "on-long-line")).not.toEqual(value("smtp", "on-long-line"));
  });

  test("of networks that have words for nobody and everybody may be one of these", () => {
    expect(value("pop3", "login-without-tls")).toEqual({ ...ofFiles, words: ["refuse", "allow"] });
  });

  test("of a list is a file of entries, as far as anybody knows, or the word that it may have", () => {
    for (const name of ["accept-proxy", "relay-ip", "relay-domain", "block-body", "block-address", "dnsbl"])
      expect([name, value("smtp", name)]).toEqual([name, ofFiles]);
    expect(value("smtp", "recipient")).toEqual({ ...ofFiles, words: ["system"] });
  });

  test("of a flag is none", () => {
    for (const [place, name] of [
      ["check smtp", "strict"],
      ["sink pop3", "any-user"],
      ["demo", "once"],
      ["", "help"],
    ] as const)
      expect(value(place, name)).toBeNull();
  });

  test("of what takes a file, a directory, a user or a group names one", () => {
    expect(value("smtp", "config")).toEqual({ ...nothing, names: "file" });
    expect(value("line", "tls-cert")).toEqual({ ...nothing, names: "file" });
    expect(value("check pop3", "tls-key")).toEqual({ ...nothing, names: "file" });
    expect(value("sink smtp", "record")).toEqual({ ...nothing, names: "file" });
    expect(value("sink pop3", "passwd")).toEqual({ ...nothing, names: "file" });
    expect(value("sink pop3", "maildir")).toEqual({ ...nothing, names: "directory" });
    expect(value("smtp", "user")).toEqual({ ...nothing, names: "user" });
    expect(value("check line", "server-user")).toEqual({ ...nothing, names: "user" });
    expect(value("smtp", "group")).toEqual({ ...nothing, names: "group" });
  });

  test("of the log is a place, or the beginning of one, behind which a path may stand", () => {
    expect(value("finger", "log")).toEqual({
      words: ["stderr", "none", "auto"],
      beginnings: ["file:/", "unix:/", "syslog://", "syslog+tcp://"],
      paths: ["file:", "unix:"],
      names: null,
    });
  });

  test("of a place for numbers is an address that nobody knows, or the beginning of a path", () => {
    expect(value("smtp", "metrics")).toEqual({
      ...nothing,
      ...{ beginnings: ["unix:/"], paths: ["unix:"] },
    });
  });

  test("of numbers and free text is nothing anybody knows", () => {
    const ofListeners = Object.keys(LISTEN_OPTIONS).filter(
      (name) => !["accept-proxy", "metrics"].includes(name),
    );
    for (const name of [...ofListeners, "hostname", "resolver"])
      expect([name, value("smtp", name)]).toEqual([name, nothing]);
    expect(value("explain smtp", "client")).toEqual(nothing);
  });
});

test("a command and a protocol that come are completed without a word more", () => {
  const own: Table = { depth: { takes: { kind: "choice", of: ["1", "2"] }, group: "New", help: "how deep" } };
  const report: Subcommand = {
    ...{ name: "new report", about: "tells", positionals: ["FILE"] },
    options: { html: { value: "a file", help: "of it" } },
  };
  const { groups, places } = grammar(new Map([["nntp", own]]), [report]);
  const groupsOf = (name: string) => places.find((place) => place.name === name)?.groups ?? [];
  const all = (name: string) => groupsOf(name).flatMap((group) => groups.get(group)!.map((one) => one.name));
  expect(all("nntp")).toContain("depth");
  expect(all("explain nntp")).toContain("depth");
  expect(all("new report")).toEqual(["html", "help"]);
  expect(places.find(({ name }) => name === "new")?.words).toEqual([{ word: "report", about: "tells" }]);
});
