// The files a configuration names.

import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkFile, checkLog, checkMemory, checkServer } from "../../../src/cli/check/places.ts";
import type { Person } from "../../../src/cli/check/rights.ts";

const folder = mkdtempSync(join(tmpdir(), "protowrap-places-"));
chmodSync(folder, 0o755);
afterAll(() => rmSync(folder, { recursive: true }));

const NOBODY = { wrapper: null, server: null };
const ann = { name: "ann", uid: 64123, gid: 64124 };

function program(name: string, mode: number): string {
  const path = join(folder, name);
  writeFileSync(path, "");
  chmodSync(path, mode);
  return path;
}

describe("a server", () => {
  test("that the server's user may not run is an error", () => {
    const path = program("private", 0o700);
    expect(checkServer({ argv: [path] }, { wrapper: ann, server: ann })).toEqual([
      { severity: "error", about: path, text: "cannot be run: ann may not execute it" },
    ]);
    const root = { name: "root", uid: 0, gid: 0 };
    expect(checkServer({ argv: [path] }, { wrapper: ann, server: root }).filter(isError)).toEqual([]);
  });

  test("that anyone can replace is a warning", () => {
    const path = program("open", 0o757);
    expect(checkServer({ argv: [path] }, NOBODY)).toEqual([
      { severity: "warning", about: path, text: `what is run may be replaced: anyone can write ${path}` },
    ]);
  });

  test("that becomes somebody whom only root could end is a warning", () => {
    const path = program("becoming", 0o4755);
    const { uid } = statSync(path);
    const told = (server: Person | null) =>
      checkServer({ argv: [path] }, { wrapper: ann, server }).filter(({ text }) =>
        text.includes("set-user-id"),
      );
    expect(told(ann)).toMatchObject([{ severity: "warning", about: path }]);
    expect(told(null).length).toBe(1);
    expect(told({ name: "root", uid: 0, gid: 0 })).toEqual([]);
    expect(told({ name: "itself", uid, gid: 0 })).toEqual([]);
  });

  test("is told of placeholders that are none", () => {
    const argv = ["/bin/sh", "-oMa", "{client_ip}.{client_port}", "{server_ip}{server_port}"] as const;
    expect(checkServer({ argv }, NOBODY)).toEqual([]);
    expect(checkServer({ argv: [...argv, "x{clientip}"] }, NOBODY).map(({ text }) => text)).toEqual([
      "{clientip} is no placeholder and reaches the server as it is",
    ]);
  });

  test("is told of {tls} where nobody speaks TLS before it starts", () => {
    const argv = ["/bin/sh", "{tls}"] as const;
    expect(checkServer({ argv }, NOBODY, true)).toEqual([]);
    expect(checkServer({ argv }, NOBODY).map(({ text }) => text)).toEqual([
      "{tls} has no value without --tls implicit and reaches the server as it is",
    ]);
  });

  test("over TCP is not looked for", () => {
    const destinations = [{ host: "no.such.host.invalid", port: 1, weight: 1, tls: null }];
    expect(checkServer({ destinations }, NOBODY)).toEqual([]);
  });
});

test("too little memory that the runtime may reserve is a warning", () => {
  const limit = { command: "ulimit -d", of: "data" };
  expect(checkMemory([])).toEqual([]);
  expect(checkMemory([{ ...limit, octets: 4e9 }])).toEqual([]);
  expect(checkMemory([{ ...limit, octets: 2.5e9 }])).toMatchObject([
    { severity: "warning", about: "ulimit -d" },
  ]);
});

test("a configuration that anyone can write is a warning", () => {
  const path = program("a.toml", 0o646);
  expect(checkFile(path, NOBODY)).toEqual([
    { severity: "warning", about: path, text: `what is allowed may be changed: anyone can write ${path}` },
  ]);
  chmodSync(path, 0o644);
  expect(checkFile(path, NOBODY)).toEqual([]);
});

describe("a log", () => {
  const said = (target: string) => checkLog(target).map(({ severity, text }) => `${severity}: ${text}`);

  test("that can be written, or only sent, is taken", () => {
    for (const target of ["auto", "stderr", `file:${folder}/new.log`, "syslog://192.0.2.1:514"])
      expect(said(target)).toEqual([]);
  });

  test("in a directory that is missing is an error, at a socket that is missing a warning", () => {
    expect(said("file:/no/such/x.log")).toEqual(["error: there is no directory /no/such"]);
    expect(said("unix:/no/log")).toEqual(["warning: nobody listens there now: /no/log is missing"]);
  });

  test("that is none is a warning, and a target there is not is refused", () => {
    expect(said("none")).toEqual(["warning: none: nobody will know who was refused, and why"]);
    expect(() => said("mail:root")).toThrow("--log: expected");
  });
});

function isError({ severity }: { severity: string }): boolean {
  return severity === "error";
}
