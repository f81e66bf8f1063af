// The demo as a newcomer starts it: the built program, real listeners, every step as narrated.

import { expect, test } from "bun:test";
import { chmodSync, constants, copyFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { until } from "./parts/deadline.ts";
import { run } from "./parts/process.ts";
import { Scratch } from "./parts/scratch.ts";
import { protowrap } from "./parts/wrapper.ts";

test("--once plays every scene as narrated and leaves nothing", async () => {
  await using scratch = new Scratch();
  const { code, stdout, stderr } = await run(scratch, [protowrap, "demo", "--once"], {
    env: { TMPDIR: scratch.path },
  });
  const text = stdout.toString();
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(text).toContain("wrapper   refused by rule relay");
  expect(text).toContain("wrapper   refused by rule bare-newline");
  expect(text).toContain("wrapper   ended the session, no TLS: injected");
  expect(text).toMatch(/^ {2}TLS {7}TLSv1\.3, TLS_\w+, with the certificate of mail\.demo\.test$/m);
  expect(text).toContain("Lunch at noon?");
  expect(text).not.toContain("\x1b");
  expect(readdirSync(scratch.path)).toEqual([]);
  await scratch.quiet();
});

test.if(process.getuid?.() === 0)(
  "root's demo plays where nobody else may read: a clone and a TMPDIR of root's own",
  async () => {
    await using scratch = new Scratch();
    const closed = scratch.directory("closed");
    chmodSync(closed, 0o700);
    const program = join(closed, "protowrap");
    copyFileSync(protowrap, program, constants.COPYFILE_FICLONE);
    const { code } = await run(scratch, [program, "demo", "--once"], { env: { TMPDIR: closed } });
    expect(code).toBe(0);
    expect(readdirSync(closed)).toEqual(["protowrap"]);
  },
);

test("stays, and its copy-and-paste lines work; SIGINT leaves no process and no file", async () => {
  await using scratch = new Scratch();
  const demo = Bun.spawn([protowrap, "demo"], {
    cwd: scratch.path,
    env: { ...scratch.env, TMPDIR: scratch.path },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  let text = "";
  const reading = (async () => {
    for await (const chunk of demo.stdout) text += Buffer.from(chunk).toString();
  })();
  await until("the invitation", () => (text.includes("Ctrl-C") ? true : undefined), 20_000);
  const lines = text.split("\n").filter((line) => /^ {2}(printf|curl) /.test(line));
  expect(lines).toHaveLength(6);
  const outcomes = [];
  for (const line of lines) outcomes.push(await run(scratch, ["/bin/sh", "-c", line]));
  const [sent, list, fetched, secured, relayed, missing] = outcomes;
  expect(sent!.code).toBe(0);
  expect(list!.stdout.toString()).toMatch(/^1 \d+\r\n2 \d+\r\n$/);
  expect(fetched!.stdout.toString()).toContain("Lunch at noon?\r\n");
  expect(secured!.code).toBe(0);
  expect(relayed!.stderr).toContain("550");
  expect(missing!.code).not.toBe(0);

  const port = Number(/smtp:\/\/127\.0\.0\.1:(\d+)/.exec(text)![1]);
  const idle = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data() {} } });
  demo.kill("SIGINT");
  expect(await demo.exited).toBe(0);
  await reading;
  idle.end();
  await scratch.quiet();
  expect(readdirSync(scratch.path)).toEqual([]);
});
