// --throttle: where guesses are counted, as it is written.

import { expect, test } from "bun:test";
import { parseThrottle } from "../../src/options/throttle.ts";

const REDIS = { kind: "redis", database: 0, isTls: false, user: null, password: null, ca: null } as const;

test("what nobody says is the memory of whoever listens", () => {
  expect(parseThrottle(null, true)).toEqual({ kind: "memory" });
  expect(parseThrottle(null, false)).toBeNull();
});

test.each([
  ["none", null],
  ["memory", { kind: "memory" }],
  ["file:/var/lib/protowrap/guesses", { kind: "file", path: "/var/lib/protowrap/guesses" }],
  ["redis://127.0.0.1", { ...REDIS, host: "127.0.0.1", port: 6379 }],
  ["redis://[2001:db8::7]:7000/2", { ...REDIS, host: "2001:db8::7", port: 7000, database: 2 }],
  ["rediss://redis.test", { ...REDIS, host: "redis.test", port: 6379, isTls: true }],
  [
    "rediss://me@redis.test:7000,password=/etc/pw,ca=/etc/ca.pem",
    {
      ...REDIS,
      host: "redis.test",
      port: 7000,
      isTls: true,
      user: "me",
      password: "/etc/pw",
      ca: "/etc/ca.pem",
    },
  ],
  ["redis://localhost,password=/etc/pw", { ...REDIS, host: "localhost", port: 6379, password: "/etc/pw" }],
] as const)("%s", (text, place) => expect(parseThrottle(text, true)).toEqual(place as never));

test.each([
  ...[
    "",
    "yes",
    "file:guesses",
    "file:/",
    "file:",
    "redis:",
    "redis://",
    "redis://:6379",
    "redis://h:0",
    "redis://h:65536",
  ],
  ...[
    "redis://h/x",
    "redis://h,tls=yes",
    "redis://h,ca=/etc/ca.pem",
    "redis://me@h",
    "redis://me:secret@h",
    "redis://h h",
  ],
  ...["redis://h,password=/a,password=/b", "http://h", "redis://[::1", "redis://[x]"],
])("%j is none, and the error says where", (text) => {
  expect(() => parseThrottle(text, true, "file.toml:3: throttle")).toThrow(
    /^file\.toml:3: throttle: expected none, memory/,
  );
});
