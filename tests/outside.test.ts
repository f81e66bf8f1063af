// A protocol from outside, run by the executable: the example of the man page, as it stands there, and
// modules that are broken each in its own way.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onClient } from "./e2e/parts/onsocket.ts";

const root = new URL("..", import.meta.url).pathname;
const binary = process.env.PROTOWRAP ?? join(root, "dist/protowrap");
const identity = process.getuid!() === 0 ? ["--user", "nobody"] : [];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "protowrap-outside-"));
  chmodSync(folder, 0o755);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The literal display of the man page that begins with this text. */
function example(start: string): string {
  const page = readFileSync(join(root, "man/protowrap-protocol.7"), "utf8");
  const display = page.split(".Bd -literal\n").find((part) => part.startsWith(start))!;
  return display.split("\n.Ed")[0]!.replaceAll("\\e", "\\");
}

/** A server of one answer; it tells what it was asked by what it answers. */
const SERVER = `#!/bin/sh
cr=$(printf '\\r')
while IFS= read -r line; do
  line=\${line%"$cr"}
  case $line in
    TIME) printf '12:34\\r\\n' ;;
    QUIT) exit 0 ;;
    *) printf 'asked: %s\\r\\n' "$line" ;;
  esac
done
`;

async function converse(
  module: string,
  lines: string,
  log = "none",
): Promise<{ out: string; err: string; code: number }> {
  const child = Bun.spawn([binary, module, ...identity, "--log", log, "--", join(folder, "server")], {
    cwd: folder,
    stdin: new TextEncoder().encode(lines),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { out, err, code: await child.exited };
}

beforeAll(() => writeFileSync(join(folder, "server"), SERVER, { mode: 0o755 }));

describe("the example of the man page", () => {
  beforeAll(() => writeFileSync(join(folder, "times.js"), example("// Times")));

  test("asks what may be asked, and refuses the rest, with nobody who greets", async () => {
    const { out, err, code } = await converse("./times.js", "TIME\r\nQUIT\r\nTIME\r\n");
    expect(out).toBe("200 12:34\r\n500 no time\r\n200 12:34\r\n");
    expect({ err, code }).toEqual({ err: "", code: 0 });
  });
});

const CONVERSE = "converse: () => ({})";
/** Tables of options that nobody could read. */
const OPTIONS: readonly (readonly [what: string, options: string, message: RegExp])[] = [
  ["with an option of every run", "user: {}", /option user: expected another name/],
  ["with an option's name that is none", "maxSize: {}", /option maxSize: expected a name/],
  ["with an option of no kind", "x: { group: '', help: '' }", /option x: expected takes of kind number/],
  ["with an option nobody can read about", "x: { takes: { kind: 'size' } }", /a group and a help text/],
  [
    "with a default that is none",
    "x: { takes: { kind: 'number' }, group: '', help: '', default: 'a' }",
    /option x: expected a whole number, .* got "a"/,
  ],
  [
    "with a choice of nothing",
    "x: { takes: { kind: 'choice' }, group: '', help: '' }",
    /of, a list of texts/,
  ],
  [
    "with DNS lists that nobody is asked for",
    "x: { takes: { kind: 'blackholes', resolver: 'y' }, group: '', help: '' }",
    /resolver, the name of an option that takes text/,
  ],
  ["with a key of an option nobody knows", "x: { kind: 'size' }", /no key but takes, .*; got kind/],
];

describe("a broken module is a clear error of the start", () => {
  const whole = "name: 'x', dialogue: 'stream', unavailable: () => ''";
  const broken: readonly (readonly [string, string, RegExp])[] = [
    [
      "with a syntax error",
      "export default {\n  name: 'x'\n  dialogue: 'y' };",
      /\.\/broken\.js:3: cannot be loaded: .*"}"/,
    ],
    [
      "that fails when it is loaded",
      "const lower = (text) => text.toLowerCase();\nexport default { name: lower(undefined) };",
      /\.\/broken\.js:1: cannot be loaded: TypeError: .*text/,
    ],
    [
      "whose function of the kit fails",
      "export default (kit) => {\n  return { options: kit.lineOption(512) };\n};",
      /\.\/broken\.js:2: its default export failed: TypeError: kit\.lineOption/,
    ],
    [
      "with a key nobody knows",
      `export default { ${whole}, unavailabel: 1, ${CONVERSE} };`,
      /perhaps unavailable/,
    ],
    [
      "that asks for TLS by another word than true",
      `export default { ${whole}, asksForTls: 1, ${CONVERSE} };`,
      /expected a default export with asksForTls true, or none/,
    ],
    [
      "with a port that is none",
      `export default { ${whole}, ports: { clear: 0, implicit: 1 }, ${CONVERSE} };`,
      /with ports, two numbers: clear and implicit/,
    ],
    ...["{ postfix: 'x[1]: y' }", "{ exim: 'x' }", "'x'"].map((daemons): [string, string, RegExp] => [
      `with daemons that are none: ${daemons}`,
      `export default { ${whole}, daemons: ${daemons}, ${CONVERSE} };`,
      /with daemons, names of small letters, digits and hyphens by dialect: postfix, dovecot/,
    ]),
    [
      "with last words that are no line",
      `export default { name: 'x', dialogue: 'stream', unavailable: () => 'sorry', ${CONVERSE} };`,
      /unavailable\(\): expected one line .*got "sorry"/,
    ],
    [
      "with a default that is no option of every run",
      `export default { ${whole}, defaults: { 'max-line-length': '1' }, ${CONVERSE} };`,
      /defaults: max-line-length: expected an option of every run/,
    ],
    ...OPTIONS.map(
      ([what, options, message]) =>
        [what, `export default { ${whole}, ${CONVERSE}, options: { ${options} } };`, message] as const,
    ),
    ["without a default export", "export const x = 1;", /a name of letters/],
    [
      "with an unknown dialogue",
      "export default { name: 'x', dialogue: 'talk' };",
      /dialogue "lock-step" or/,
    ],
    ["without converse", "export default { name: 'x', dialogue: 'stream' };", /a function converse/],
    [
      "whose converse throws",
      `export default { ${whole}, converse() { throw new Error('no luck'); } };`,
      /no luck/,
    ],
    [
      "whose conversation lacks methods",
      `export default { ${whole}, converse: () => ({}) };`,
      /lineLimit\(\)/,
    ],
  ];
  for (const [what, source, message] of broken)
    test(what, async () => {
      writeFileSync(join(folder, "broken.js"), source);
      const { err, code } = await converse("./broken.js", "");
      expect(err).toMatch(message);
      expect(err).toContain("./broken.js");
      expect(code).toBe(64);
    });

  test("that is not there", async () => {
    const { err, code } = await converse("./absent.js", "");
    expect(err).toContain("./absent.js: cannot be loaded");
    expect(code).toBe(64);
  });
});

describe("a module that errs in a session", () => {
  /** Line 5 begins what `clientLine` does. */
  const module = (clientLine: string) => `
export default { name: 'x', dialogue: 'lock-step', greets: 'nobody', unavailable: () => '400 sorry\\r\\n',
  converse: () => ({ lineLimit: () => 99, expired() {}, serverLost() {}, tooManyErrors() {}, serverLine() {},
    clientLine(line) {
      ${clientLine}
    } }) };`;
  const errs = async (clientLine: string) => {
    writeFileSync(join(folder, "errs.js"), module(clientLine));
    return converse("./errs.js", "hello\r\n", `file:${join(folder, "log")}`);
  };
  beforeAll(() => {
    writeFileSync(join(folder, "log"), "");
    chmodSync(join(folder, "log"), 0o666);
  });

  test("is told by file, line and the author's own names, and its client hears the last words", async () => {
    const { out, err, code } = await errs(
      "const verbOfLine = line.text.split(' ')[7];\n      if (verbOfLine === '') return;\n      return verbOfLine.known;",
    );
    const told = /errs\.js:7: clientLine\(\) threw TypeError: .*verbOfLine\.known/;
    expect({ out, code }).toEqual({ out: "400 sorry\r\n", code: 70 });
    expect(err).toMatch(told);
    expect(readFileSync(join(folder, "log"), "utf8")).toMatch(told);
  });

  test("in a file beside it, is told by that file", async () => {
    writeFileSync(
      join(folder, "helper.ts"),
      "interface A {}\nexport const help = (a: any): A =>\n  a.b.c;\n",
    );
    const { err } = await errs('return import.meta.require("./helper.ts").help({});');
    expect(err).toMatch(/\.\/helper\.ts:3: clientLine\(\) threw TypeError/);
  });

  test("is told what its step was expected to be, and what it is", async () => {
    const { out, err, code } = await errs("return { clients: 'x', next: 'command' };");
    expect({ out, code }).toEqual({ out: "400 sorry\r\n", code: 70 });
    expect(err).toContain(
      "./errs.js: clientLine(): expected a step, got one with an unknown clients; expected perhaps client\n",
    );
  });

  test("ends explain with the same words", async () => {
    await errs("return { next: 'comand' };");
    const source = readFileSync(join(folder, "errs.js"), "utf8");
    writeFileSync(join(folder, "errs.js"), source.replace("name:", "obliging: () => () => '', name:"));
    const child = Bun.spawnSync([binary, "explain", "./errs.js"], {
      cwd: folder,
      stdin: Buffer.from("a\r\n"),
    });
    expect(child.stderr.toString()).toBe(
      'protowrap: ./errs.js: clientLine(): next: expected command, more, reply, either, restart, secure, close, or what kit.upload, kit.download, kit.literal and kit.swallow make; got "comand"\n',
    );
    expect(child.exitCode).toBe(70);
  });

  test("in what it says to check, is an error by file and line", () => {
    const source = module("").replace("name:", "describe: (options) => options.none.at(0),\n name:");
    writeFileSync(join(folder, "errs.js"), source);
    const child = Bun.spawnSync([binary, "check", "./errs.js", "--", "/bin/true"], { cwd: folder });
    expect(child.stderr.toString()).toMatch(
      /^protowrap: \.\/errs\.js:2: describe\(\) threw TypeError: .*options\.none/,
    );
    expect(child.exitCode).toBe(64);
  });
});

describe("a step that breaks the rules", () => {
  const source = `export default { name: 'x', dialogue: 'lock-step', greets: 'nobody', unavailable: () => '400 sorry\\r\\n',
    converse: () => ({ lineLimit: () => 99, clientLine: () => ({ next: 'command' }), expired() {},
      serverLine: (text) => ({ client: text + '\\r\\n', next: 'command' }), serverLost() {}, tooManyErrors() {} }) };`;
  beforeAll(() => writeFileSync(join(folder, "faulty.js"), source));

  test("ends the session with status 70 and the protocol's last words", async () => {
    const { out, err, code } = await converse("./faulty.js", "hello\r\n");
    expect(out).toBe("400 sorry\r\n");
    expect(err).toContain("a line without a reply");
    expect(code).toBe(70);
  });

  test("leaves a client on a socket the time to read them, whatever it still says", async () => {
    const argv = [
      binary,
      join(folder, "faulty.js"),
      ...identity,
      "--log",
      "none",
      "--",
      join(folder, "server"),
    ];
    await using wrapper = await onClient(argv, "inetd");
    const line = /.*\r\n/;
    expect(await wrapper.talk.ask("hello", line)).toBe("400 sorry\r\n");
    const ended = wrapper.end();
    expect(await Promise.race([ended, Bun.sleep(300).then(() => "waits")])).toBe("waits");
    await wrapper.talk.send("late\r\n");
    wrapper.talk.halfClose();
    expect(await ended).toBe(70);
  });
});
