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

/** A news server of one article; it tells what it was asked by what it answers. */
const SERVER = `#!/bin/sh
cr=$(printf '\\r')
say() { printf '%s\\r\\n' "$@"; }
say '200 news ready'
while IFS= read -r line; do
  line=\${line%"$cr"}
  case $line in
    'GROUP '*) say "211 1 1 1 \${line#GROUP }" ;;
    'ARTICLE 1') say '220 1 <a@b> follows' 'Subject: x' '' '..dot' '.' ;;
    QUIT) say '205 bye'; exit 0 ;;
    *) say "500 server was asked: $line" ;;
  esac
done
`;

async function converse(module: string, lines: string): Promise<{ out: string; err: string; code: number }> {
  const child = Bun.spawn([binary, module, ...identity, "--log", "none", "--", join(folder, "server")], {
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

describe("the example of the man page", () => {
  beforeAll(() => {
    writeFileSync(join(folder, "nntp.js"), example("// A reading-only NNTP proxy"));
    writeFileSync(join(folder, "server"), SERVER, { mode: 0o755 });
  });

  test("reads news, refuses the rest, and passes bodies as they are", async () => {
    const { out, err, code } = await converse(
      "./nntp.js",
      "group  misc.test\r\nPOST\r\nARTICLE 1\r\nGROUP a\tb\r\nQUIT\r\n",
    );
    expect(out.split("\r\n")).toEqual([
      "200 news ready",
      "211 1 1 1 misc.test",
      "502 Command unavailable",
      "220 1 <a@b> follows",
      "Subject: x",
      "",
      "..dot",
      ".",
      "501 Syntax error",
      "205 bye",
      "",
    ]);
    expect({ err, code }).toEqual({ err: "", code: 0 });
  });
});

describe("a broken module is a clear error of the start", () => {
  const whole = "name: 'x', dialogue: 'stream', unavailable: () => ''";
  const broken: readonly (readonly [string, string, RegExp])[] = [
    ["with a syntax error", "export default {", /cannot be loaded/],
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

describe("a step that breaks the rules", () => {
  const source = `export default { name: 'x', dialogue: 'lock-step', unavailable: () => '400 sorry\\r\\n',
    converse: () => ({ lineLimit: () => 99, clientLine: () => ({ next: 'command' }), expired() {},
      serverLine: (text) => ({ client: text + '\\r\\n', next: 'command' }), serverLost() {}, tooManyErrors() {} }) };`;
  beforeAll(() => writeFileSync(join(folder, "faulty.js"), source));

  test("ends the session with status 70 and the protocol's last words", async () => {
    const { out, err, code } = await converse("./faulty.js", "hello\r\n");
    expect(out).toBe("200 news ready\r\n400 sorry\r\n");
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
    expect(await wrapper.talk.read(line)).toBe("200 news ready\r\n");
    expect(await wrapper.talk.ask("hello", line)).toBe("400 sorry\r\n");
    const ended = wrapper.end();
    expect(await Promise.race([ended, Bun.sleep(300).then(() => "waits")])).toBe("waits");
    await wrapper.talk.send("late\r\n");
    wrapper.talk.halfClose();
    expect(await ended).toBe(70);
  });
});
