// How a server over TCP is written: every part, and what is none.

import { describe, expect, test } from "bun:test";
import { parseDestination } from "../../src/options/destination.ts";
import { UsageError } from "../../src/options/usage.ts";

const FORM = "HOST:PORT[,weight=N][,tls=implicit|starttls[,ca=FILE][,name=NAME]]";
const plain = { host: "mx.test", port: 25, weight: 1, tls: null };

describe("A destination", () => {
  test.each([
    ["mx.test:25", plain],
    ["mx.test:25,weight=3", { ...plain, weight: 3 }],
    ["[2001:db8::1]:25", { ...plain, host: "2001:db8::1" }],
    ["mx.test:25,tls=starttls", { ...plain, tls: { starts: "starttls", name: "mx.test", ca: null } }],
    [
      "mx.test.:465,tls=implicit",
      { ...plain, host: "mx.test.", port: 465, tls: { starts: "implicit", name: "mx.test", ca: null } },
    ],
    [
      "192.0.2.1:25,tls=starttls",
      { ...plain, host: "192.0.2.1", tls: { starts: "starttls", name: "192.0.2.1", ca: null } },
    ],
    [
      "[2001:db8::1]:25,tls=starttls",
      { ...plain, host: "2001:db8::1", tls: { starts: "starttls", name: "2001:db8::1", ca: null } },
    ],
    [
      "127.0.0.1:25,name=mx.test,ca=/etc/a=b.pem,weight=7,tls=starttls",
      {
        host: "127.0.0.1",
        port: 25,
        weight: 7,
        tls: { starts: "starttls", name: "mx.test", ca: "/etc/a=b.pem" },
      },
    ],
  ])("is read from %s", (text, destination) => {
    expect(parseDestination(text)).toEqual(destination as ReturnType<typeof parseDestination>);
  });

  test.each([
    ...["", "mx.test", "mx.test:0", "mx.test:65536", ":25", "a:b:25", "2001:db8::1:25", "mx.test:25,"],
    ...["mx.test:25,weight=0", "mx.test:25,weight=", "mx.test:25,weight=1,weight=2", "mx.test:25,wait=1"],
    ...["mx.test:25,tls", "mx.test:25,tls=", "mx.test:25,tls=yes", "mx.test:25,tls=starttls,tls=implicit"],
    // What is of TLS says nothing without it, and must not look as if it did.
    ...["mx.test:25,ca=/a.pem", "mx.test:25,name=mx.test", "mx.test:25,tls=starttls,ca="],
    ...["mx.test:25,tls=starttls,name=a b", "mx.test:25,tls=starttls,name=*.test", "a_b:25,tls=starttls"],
    ...["mx.test:25,TLS=starttls", "mx.test:25 ,tls=starttls"],
  ])("is not %p, and the error says what one is", (text) => {
    const wrong = () => parseDestination(text, "FILE:2: connect");
    expect(wrong).toThrow(UsageError);
    expect(wrong).toThrow(`FILE:2: connect: expected ${FORM}, got ${JSON.stringify(text)}`);
  });
});
