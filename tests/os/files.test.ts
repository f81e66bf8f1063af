// What the file system tells by the kernel's own call is what it tells by the runtime's.

import { describe, expect, test } from "bun:test";
import { closeSync, fstatSync, openSync, statSync } from "node:fs";
import { isEndless, isSocket, type Status, statusAt, statusOf } from "../../src/os/files.ts";

function told({ dev, ino, mode, rdev, size, ctimeNs }: Status): Status {
  return { dev, ino, mode, rdev, size, ctimeNs };
}

describe("what a path leads to", () => {
  test.each(["/", "/dev/null", "/bin/sh", "/etc/passwd", import.meta.path, "/proc/self/stat"])(
    "%s",
    (path) => {
      expect(statusAt(path)).toEqual(told(statSync(path, { bigint: true })));
    },
  );

  test("is nothing where nothing is", () => {
    expect(statusAt("/nonexistent/file")).toBeNull();
  });
});

describe("what a descriptor is", () => {
  test("is told of one that is open, and of no other", () => {
    const fd = openSync("/dev/zero", "r");
    expect(statusOf(fd)).toEqual(told(fstatSync(fd, { bigint: true })));
    closeSync(fd);
    expect(statusOf(fd)).toBeNull();
  });

  test("is a socket, or is none", async () => {
    const { promise, resolve } = Promise.withResolvers<Status | null>();
    const listener = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        data: () => {},
        open: (socket) => resolve(statusOf((socket as unknown as { fd: number }).fd)),
      },
    });
    const client = await Bun.connect({
      hostname: "127.0.0.1",
      port: listener.port,
      socket: { data: () => {} },
    });
    const status = await promise;
    client.end();
    listener.stop(true);
    expect(isSocket(status!)).toBe(true);
    expect(isSocket(statusAt("/dev/null")!)).toBe(false);
  });
});

describe("what is read without an end", () => {
  test("is a device or a pipe; no file, no directory, and not what is not there", () => {
    expect(isEndless("/dev/zero")).toBe(true);
    for (const path of [import.meta.path, import.meta.dir, "/nowhere"]) expect(isEndless(path)).toBe(false);
  });
});
