// What `check` finds in lists, with the file and the line of each.

import { afterAll, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkLists } from "../../../src/cli/check/lists.ts";
import { settled } from "../../settled.ts";

const directory = mkdtempSync(join(tmpdir(), "protowrap-check-lists-"));
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, ...lines: string[]): string {
  const path = join(directory, name);
  writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
  chmodSync(path, 0o644);
  return `file:${path}`;
}

async function found(...argv: string[]): Promise<string[]> {
  const { protocol, settings } = await settled("smtp", ...argv, "--", "/bin/server");
  const findings = await checkLists(settings, protocol.options, { wrapper: null, server: null });
  return findings.map(
    ({ severity, about, text }) => `${severity}: ${about.replace(`${directory}/`, "")}: ${text}`,
  );
}

test("nothing is said of lists as they ought to be", async () => {
  const argv = [
    ...[
      "--relay-domain",
      file("d", "a.test", ".a.test", "b.test"),
      "--recipient",
      file("r", "a@a.test", "@b.test"),
    ],
    ...["--relay-ip", file("n", "10.0.0.0/9", "2001:db8::/32"), "--block-ip", file("b", "10.128.0.0/9")],
    ...["--block-address", file("p", "# x", "^a", "^b"), "--dnsbl", file("z", "bl.test=2", "bl2.test")],
    ...["--recipient", "system", "--login-without-tls", "refuse"],
  ];
  expect(await found(...argv)).toEqual([]);
});

test("nor of letters beyond ASCII, which are the same however they are written", async () => {
  const domains = file("d", "bücher.test", "xn--bcher-kva.test", "ü..test");
  const recipients = file("r", "jörg@a.test", "ann@bücher.test", "@xn--bcher-kva.test", "ann@ü..test");
  expect(await found("--relay-domain", domains, "--recipient", recipients)).toEqual([
    'error: d, line 3: "ü..test" is no entry',
    `warning: d, line 2: "xn--bcher-kva.test" stands in ${directory}/d, line 1 already`,
    'error: r, line 4: "ann@ü..test" is no entry',
    `warning: r, line 2: "ann@bücher.test" changes nothing: it is in "@xn--bcher-kva.test" of ${directory}/r, line 3`,
  ]);
});

test("a file whose last line has no end, which may not be all there", async () => {
  const path = join(directory, "half");
  writeFileSync(path, "ann@a.test\nbob@a.test");
  chmodSync(path, 0o644);
  expect(await found("--recipient", `file:${path}`)).toEqual([
    "warning: half: its last line has no end: who is in no list gets 451",
  ]);
  writeFileSync(path, "10.1.2.3\n127.0");
  expect(await found("--relay-ip", `file:${path}`)).toEqual([
    "warning: half: its last line has no end: half of an entry may be another",
  ]);
});

test("a word of the option in a file is none", async () => {
  expect(await found("--recipient", file("r", "ann@a.test", "system"))).toEqual([
    'error: r, line 2: "system" is no entry',
  ]);
});

test("a recipient and what he adds to his name are one", async () => {
  expect(await found("--recipient", file("r", "ann@a.test", "ann+x@a.test", "bob+x@a.test"))).toEqual([
    `warning: r, line 2: "ann+x@a.test" changes nothing: it is in "ann@a.test" of ${directory}/r, line 1`,
  ]);
});

test("lines that are no entry, in every kind of list", async () => {
  const argv = [
    ...[
      "--relay-ip",
      file("n", "10", "", "# x", "10.0.0.300", "x y"),
      "--relay-domain",
      file("d", "a..test"),
    ],
    ...["--recipient", file("r", "ann"), "--block-address", file("p", "a(")],
    ...["--block-body", file("c", "["), "--dnsbl", file("z", "=")],
  ];
  expect(await found(...argv)).toEqual([
    'error: d, line 1: "a..test" is no entry',
    'error: r, line 1: "ann" is no entry',
    'error: n, line 4: "10.0.0.300" is no entry',
    'error: n, line 5: "x y" is no entry',
    'error: p, line 1: "a(" is no entry',
    'error: c, line 1: "[" is no entry',
    'error: z, line 1: "=" is no entry',
  ]);
});

test("what stands there twice, however it is written, and what changes nothing", async () => {
  const argv = [
    ...["--relay-ip", file("n", "10.1.2.3/8", "10.9.0.0/16", "10", "::FFFF:10.0.0.0/104", "::1", "0::1")],
    ...["--relay-ip", "10.5"],
    ...["--relay-domain", file("d", ".a.test", "x.a.test", "X.A.test", "y.x.a.test", "a.test")],
    ...["--recipient", file("r", "ann@a.test", "@a.test"), "--recipient", "bob@A.test"],
  ];
  expect((await found(...argv)).sort()).toEqual(
    [
      'warning: --recipient: "bob@A.test" changes nothing: it is in "@a.test" of r, line 2',
      'warning: --relay-ip: "10.5" changes nothing: it is in "10.1.2.3/8" of n, line 1',
      'warning: d, line 2: "x.a.test" changes nothing: it is in ".a.test" of d, line 1',
      'warning: d, line 3: "X.A.test" stands in d, line 2 already',
      'warning: d, line 4: "y.x.a.test" changes nothing: it is in ".a.test" of d, line 1',
      'warning: n, line 2: "10.9.0.0/16" changes nothing: it is in "10.1.2.3/8" of n, line 1',
      'warning: n, line 3: "10" stands in n, line 1 already',
      'warning: n, line 4: "::FFFF:10.0.0.0/104" stands in n, line 1 already',
      'warning: n, line 6: "0::1" stands in n, line 5 already',
      'warning: r, line 1: "ann@a.test" changes nothing: it is in "@a.test" of r, line 2',
    ].map((line) =>
      line
        .replaceAll(/ of (?=[nrd],)/g, ` of ${directory}/`)
        .replaceAll(/ in (?=[nrd],)/g, ` in ${directory}/`),
    ),
  );
});

test("networks that may relay and are kept out", async () => {
  const argv = [
    "--relay-ip",
    file("n", "10.1.0.0/16", "11"),
    "--block-ip",
    file("b", "10"),
    "--block-ip",
    "11.1",
  ];
  expect(await found(...argv)).toEqual([
    `warning: n, line 1: "10.1.0.0/16" of --relay-ip is in "10" of --block-ip (${directory}/b, line 1), which comes first: its clients are refused`,
  ]);
});

test("files that cannot be had, and one without an entry", async () => {
  const writable = file("w", "10");
  chmodSync(join(directory, "w"), 0o666);
  const recipients = ["--recipient", file("e", "# nobody"), "--recipient", "file:/nowhere/rc"];
  const argv = ["--relay-ip", "file:/nowhere", "--block-ip", writable, ...recipients];
  expect(await found(...argv)).toEqual([
    "warning: e: it has no entry",
    "warning: /nowhere/rc: it is not there, or not for us to see: who is in no list gets 451",
    "error: /nowhere: it is not there, or not for us to see",
    "error: w: its group or others may write it",
  ]);
});

test("of a list of mistakes as many are told as anybody reads", async () => {
  const all = await found("--relay-ip", file("n", ...new Array(100_000).fill("x")));
  expect(all.length).toBe(21);
  expect(all.at(-1)).toBe('error: n, line 21: "x" is no entry; and 99979 more like that');
});
