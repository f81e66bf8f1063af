// The tables of options prove themselves: to the compiler, which gives every reader the types of its own table, and
// to each other, so that one name has one meaning. The types are tested by `tsc`: a line that is expected to be an
// error and is none fails the check.

import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { COMMAND_OPTIONS } from "../../src/cli/command-options.ts";
import { protocolTables } from "../../src/cli/protocol.ts";
import { RUN_OPTIONS } from "../../src/options/run.ts";
import { settle } from "../../src/options/settle.ts";
import {
  camelCase,
  choice,
  isList,
  kebabCase,
  NETWORKS,
  NUMBER,
  type Option,
  type Table,
  TEXT,
} from "../../src/options/table.ts";
import { type LoginLimits, LoginPolicy } from "../../src/protocols/login.ts";
import { type Conversation, define } from "../../src/protocols/protocol.ts";
import { LOGIN_OPTIONS, lineOptions, XCLIENT_OPTION } from "../../src/protocols/shared-options.ts";
import { converse } from "../reading.ts";

const tables = await protocolTables();
const named: readonly (readonly [string, Table])[] = [...tables];

/** A protocol of which only the types matter: its reader is never called here. */
const SHAPE = { name: "x", dialogue: "stream", unavailable: () => "" } as const;
const about = { group: "X", help: "x" } as const;

describe("the compiler", () => {
  test("refuses a reader of an option that the table does not have", () => {
    const options = { ...LOGIN_OPTIONS, limit: { takes: NUMBER, default: "1", ...about } } as const;
    const reader = (limits: LoginLimits): Conversation => {
      throw new Error(String(new LoginPolicy(limits)));
    };
    define({ ...SHAPE, options, converse: (_setup, values) => reader(values) });
    const { "login-delay": _, ...without } = options;
    // @ts-expect-error the login policy needs loginDelay
    define({ ...SHAPE, options: without, converse: (_setup, values) => reader(values) });
    // @ts-expect-error there is no such option
    define({ ...SHAPE, options, converse: (_setup, { limits }) => reader(limits) });
    // @ts-expect-error nor one in kebab case
    define({ ...SHAPE, options, describe: (values) => [["x", values["login-delay"]]], converse: stub });
  });

  test("gives every value the type of its kind, and null to what may be absent", () => {
    const options = {
      count: { takes: NUMBER, default: "1", ...about },
      "some-count": { takes: NUMBER, ...about },
      name: { takes: TEXT, ...about },
      names: { takes: TEXT, list: true, ...about },
      way: { takes: choice("this", "that"), default: "this", ...about },
      from: { takes: NETWORKS, ...about },
    } as const satisfies Table;
    define({
      ...SHAPE,
      options,
      describe: ({ from }) => {
        // What was said of networks, before they are compiled.
        const said: readonly string[] = from;
        return said.map((entry) => ["from", entry] as const);
      },
      converse(_setup, { count, someCount, name, names, way, from }) {
        const told: [number, number | null, string | null, readonly string[], "this" | "that", boolean] = [
          ...([count, someCount, name, names] as const),
          ...([way, from.has("192.0.2.1")] as const),
        ];
        // @ts-expect-error nobody may have given it
        const certain: number = someCount;
        // @ts-expect-error no such choice
        const other = way === "another";
        throw new Error(String([told, certain, other]));
      },
    });
  });

  test("refuses defaults for what is no option of every run", () => {
    define({ ...SHAPE, options: {}, defaults: { "idle-timeout": "7" }, converse: stub });
    // @ts-expect-error no option of every run
    define({ ...SHAPE, options: {}, defaults: { "final-line": "7" }, converse: stub });
  });
});

function stub(): Conversation {
  throw new Error("nobody is served here");
}

test("a protocol gets the values of its own table, whatever else there is", () => {
  let got: unknown;
  const protocol = define({
    ...SHAPE,
    options: { "a-b": { takes: NUMBER, default: "1", ...about } },
    converse(_setup, options): Conversation {
      got = options;
      return {} as Conversation;
    },
  });
  converse(
    protocol,
    { clientAddress: null, clientPort: null, hostname: "x", canRestart: false, tls: false, tlsOffer: "off" },
    { aB: 1 },
  );
  expect(got).toEqual({ aB: 1 });
  const silent = { describe: protocol.describe, doubts: protocol.doubts };
  const place = { server: [], hasNameServer: true, tls: "off", throttle: "none" } as const;
  expect(silent.describe(() => ({}) as never, place)).toEqual([]);
  expect(silent.doubts(() => ({}) as never, place)).toEqual([]);
  expect(protocol.missingWithConnect(() => ({}) as never)).toBeNull();
});

describe("one name has one meaning", () => {
  test("no protocol has an option that every run has, or a command that a person runs", () => {
    const others = [RUN_OPTIONS, ...Object.values(COMMAND_OPTIONS)].flatMap((table) => Object.keys(table));
    for (const [protocol, table] of named)
      expect([protocol, Object.keys(table).filter((name) => others.includes(name))]).toEqual([protocol, []]);
    for (const table of Object.values(COMMAND_OPTIONS))
      expect(Object.keys(table).filter((name) => Object.hasOwn(RUN_OPTIONS, name))).toEqual([]);
  });

  test("what several protocols have, they have from one place: only default and choices are their own", () => {
    const shared = { ...lineOptions(1, "refuse"), ...LOGIN_OPTIONS, ...XCLIENT_OPTION } as Table;
    const owners = (name: string) => named.filter(([, table]) => Object.hasOwn(table, name));
    const names = new Set(named.flatMap(([, table]) => Object.keys(table)));
    const repeated = [...names].filter((name) => owners(name).length > 1);
    expect(repeated.filter((name) => !Object.hasOwn(shared, name))).toEqual([]);
    const meaning = ({ takes, group, help, doubt, list }: Option) => [takes.kind, group, help, doubt, list];
    for (const name of repeated)
      for (const [, table] of owners(name)) expect(meaning(table[name]!)).toEqual(meaning(shared[name]!));
  });

  test("in kebab case as in camel case", () => {
    for (const [, table] of [...named, ["run", RUN_OPTIONS] as const])
      for (const name of Object.keys(table)) expect(kebabCase(camelCase(name))).toBe(name);
  });
});

describe("a table", () => {
  const all = [...named, ["run", RUN_OPTIONS] as const, ...Object.entries(COMMAND_OPTIONS)];
  for (const [owner, table] of all)
    test(`of ${owner} has names, headings, help and defaults that can be`, () => {
      for (const [name, option] of Object.entries(table as Table)) {
        expect(name).toMatch(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/);
        expect([option.group, option.help]).not.toContain("");
        if (isList(option)) expect(option.default).toBeUndefined();
        expect(() => settle(name, option, null)).not.toThrow();
      }
    });

  test("has one of these headings, and no other", () => {
    const groups = all.flatMap(([, table]) => Object.values(table as Table).map(({ group }) => group));
    const known = ["Check", "Config", "Explain", "Identity", "Limits", "Line", "Listening", "Log", "Logins"];
    expect([...new Set(groups)].sort()).toEqual([...known, "Other", "SMTP", "Server", "TLS"].sort());
  });

  test("asks a name server that is an option of its own", () => {
    for (const [, table] of named)
      for (const { takes } of Object.values(table))
        if (takes.kind === "blackholes") expect(table[takes.resolver]?.takes.kind).toBe("text");
  });
});

test("above the protocols' own room nobody knows one by name", () => {
  const root = new URL("../../src/", import.meta.url).pathname;
  const rooms = /^(?:protocols|sink|demo)\/|^cli\/(?:sink|demo)/;
  const files = readdirSync(root, { recursive: true, encoding: "utf8" });
  const quoted = new RegExp(`"(?:${[...tables.keys(), "managesieve"].join("|")})"`);
  const found = files
    .filter((file) => file.endsWith(".ts") && !rooms.test(file))
    .filter((file) => quoted.test(readFileSync(root + file, "utf8")));
  expect(files).toContain("session/session.ts");
  expect(found).toEqual([]);
});
