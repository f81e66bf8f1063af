// The first message of a TLS client: real ones, ones at the borders of the grammar, and what is none. It is read before
// anybody has answered, of whoever can connect: nothing may throw, and no name may be found that was not said.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { isBegun, MOST_LOOKED_AT, readClientHello } from "../../src/wire/client-hello.ts";
import {
  hello,
  helloMessage,
  latin1,
  messageIn,
  NAMELESS,
  OPENSSL,
  recordsOf,
  TLS_1_2_ALONE,
} from "./hellos.ts";

const RUNS = Number(process.env.FC_RUNS ?? 12_000);
const SEED = Number(process.env.FC_SEED ?? Date.now() & 0x7fffffff);
const settings = { numRuns: RUNS, seed: SEED };

const WHOLE = { state: "whole", serverName: "mx.example.test", versions: [0x0304, 0x0303] } as const;

describe("a hello of OpenSSL's", () => {
  test("has the name, in lower case, and the versions", () => {
    expect(readClientHello(OPENSSL)).toEqual(WHOLE);
    expect(readClientHello(NAMELESS)).toEqual({ ...WHOLE, serverName: null });
    expect(readClientHello(TLS_1_2_ALONE)).toEqual({ ...WHOLE, versions: [0x0303] });
  });

  test("is awaited wherever it is cut off", () => {
    for (const whole of [OPENSSL, NAMELESS, TLS_1_2_ALONE])
      for (let length = 0; length < whole.length; length++)
        expect(readClientHello(whole.subarray(0, length)).state).toBe("more");
  });

  test("is the same in records of any size, whatever stands behind it", () => {
    for (let size = 1; size <= messageIn(OPENSSL).length; size++) {
      const records = recordsOf(messageIn(OPENSSL), size);
      expect(readClientHello(records)).toEqual(WHOLE);
      expect(readClientHello(Buffer.concat([records, latin1("\x17\x03\x03\0\0")]))).toEqual(WHOLE);
    }
  });

  test("in records of one octet is awaited wherever it is cut off", () => {
    const records = recordsOf(messageIn(OPENSSL), 1);
    for (let length = 0; length < records.length; length++)
      expect(readClientHello(records.subarray(0, length)).state).toBe("more");
  });
});

describe("a name", () => {
  const nameOf = (...names: string[]) => {
    const said = readClientHello(hello({ names: names.map(latin1) }));
    return said.state === "whole" ? said.serverName : said.state;
  };

  test.each([
    ["mx.test", "mx.test"],
    ["MX.Test", "mx.test"],
    ["a_b.test", "a_b.test"],
    ["localhost", "localhost"],
    ["1.2.test", "1.2.test"],
    ["a1", "a1"],
    ["xn--bcher-kva.test", "xn--bcher-kva.test"],
    ["x".repeat(255), "x".repeat(255)],
  ])("%s is one", (said, name) => expect(nameOf(said)).toBe(name));

  test.each([
    [""],
    ["x".repeat(256)],
    ["x".repeat(300)],
    ["mx.test."],
    [".test"],
    ["mx..test"],
    ["*.test"],
    ["mx.test\0"],
    ["mx\0.test"],
    ["mx.test\n"],
    ["mx test"],
    ["::1"],
    ["192.0.2.7"],
    ["7"],
    ["m\xfcller.test"],
  ])("%j is none, and nothing is chosen by it", (said) => expect(nameOf(said)).toBeNull());

  test("is the first of several, and of a host alone", () => {
    expect(nameOf("a.test", "b.test")).toBe("a.test");
    expect(nameOf()).toBeNull();
    const other = readClientHello(hello({ names: [latin1("mx.test")], nameType: 1 }));
    expect(other).toMatchObject({ state: "whole", serverName: null });
  });

  test("of which 65,000 octets are announced is in no hello", () => {
    const octets = helloMessage({ names: [latin1("mx.test")] });
    const at = Buffer.from(octets).indexOf("mx.test");
    octets[at - 2] = 0xfd;
    expect(readClientHello(recordsOf(octets)).state).toBe("malformed");
  });
});

describe("versions", () => {
  const versionsOf = (plan: Parameters<typeof hello>[0]) => {
    const said = readClientHello(hello(plan));
    return said.state === "whole" ? said.versions : said.state;
  };

  test("are those of supported_versions, whatever else is in it", () => {
    expect(versionsOf({ versions: [0x0a0a, 0x0304, 0x0303] })).toEqual([0x0a0a, 0x0304, 0x0303]);
    expect(versionsOf({ versions: [0x0302], legacyVersion: 0x0303 })).toEqual([0x0302]);
    expect(versionsOf({ versions: [] })).toEqual([]);
  });

  test("are else the one a client of old names", () => {
    expect(versionsOf({ legacyVersion: 0x0301 })).toEqual([0x0301]);
    expect(versionsOf({ legacyVersion: 0x0303, hasExtensions: false })).toEqual([0x0303]);
  });
});

describe("what is no hello", () => {
  test.each([
    ["a command", latin1("EHLO c.test\r\n"), "plaintext"],
    ["a hello of SSL 2", latin1("\x80\x2e\x01\x03\x01\0\x15\0\0\0\x10"), "plaintext"],
    ["SSL 2 in a record", latin1("\x16\x02"), "plaintext"],
    ["HTTP", latin1("GET / HTTP/1.1\r\n"), "plaintext"],
    ["a NUL", latin1("\0"), "plaintext"],
    ["an alert", latin1("\x15\x03\x01\0\x02\x02\x28"), "plaintext"],
    ["another message", latin1("\x16\x03\x01\0\x04\x02\0\0\0"), "malformed"],
    ["the first octet of another message", latin1("\x16\x03\x01\0\x01\x02"), "malformed"],
    ["an empty record", latin1("\x16\x03\x01\0\0"), "malformed"],
    ["a record of 16,385 octets", latin1("\x16\x03\x01\x40\x01"), "malformed"],
    ["a record of 65,535 octets", latin1("\x16\x03\x01\xff\xff"), "malformed"],
    ["a hello of 16 MB", latin1("\x16\x03\x01\0\x04\x01\xff\xff\xff"), "malformed"],
    ["a hello of 100 KB", latin1("\x16\x03\x01\x40\0\x01\x01\x86\xa0"), "malformed"],
    ["a message of no octets", latin1("\x16\x03\x01\0\x04\x01\0\0\0"), "malformed"],
    ["an alert behind half a hello", latin1("\x16\x03\x01\0\x01\x01\x15\x03"), "malformed"],
    ["plain text behind half a hello", latin1("\x16\x03\x01\0\x01\x01QUIT\r\n"), "malformed"],
  ] as const)("%s", (_, octets, state) => expect(readClientHello(octets).state).toBe(state));

  test("is a message with its last octet cut off and its length made good", () => {
    for (const whole of [OPENSSL, NAMELESS, TLS_1_2_ALONE]) {
      const message = messageIn(whole);
      for (let cut = 1; cut < message.length - 4; cut++) {
        const shorter = message.slice(0, message.length - cut);
        const length = shorter.length - 4;
        shorter.set([length >> 16, (length >> 8) & 255, length & 255], 1);
        const said = readClientHello(recordsOf(shorter));
        // Of the shape of TLS 1.0, which knew no extensions, it is whole where they would begin.
        if (said.state === "whole") expect(said.serverName).toBeNull();
        else expect(said.state).toBe("malformed");
      }
    }
  });

  test("is one that has gone on for too long", () => {
    expect(MOST_LOOKED_AT).toBe(32_768);
    const endless = recordsOf(helloMessage({ padding: 16_000 }), 1);
    expect(readClientHello(endless.subarray(0, MOST_LOOKED_AT - 1)).state).toBe("more");
    expect(readClientHello(endless.subarray(0, MOST_LOOKED_AT)).state).toBe("malformed");
  });

  test("is none of 16 KB and more, and one below it is", () => {
    expect(readClientHello(hello({ padding: 1800, versions: [0x0304] })).state).toBe("whole");
    expect(readClientHello(hello({ padding: 16_000 })).state).toBe("whole");
    expect(readClientHello(hello({ padding: 16_384 })).state).toBe("malformed");
  });

  test("is none whose length is one octet more than 16 KB, and one of 16 KB is whole whatever shares its record", () => {
    const without = helloMessage({ padding: 1 }).length - 1;
    const largest = helloMessage({ padding: 4 + 16_384 - without });
    expect(largest.length).toBe(4 + 16_384);
    expect(readClientHello(recordsOf(largest)).state).toBe("whole");
    const shared = Buffer.concat([largest, new Uint8Array(100)]);
    expect(readClientHello(recordsOf(shared)).state).toBe("whole");
    const larger = helloMessage({ padding: 4 + 16_384 - without + 1 });
    const announced = Buffer.concat([helloMessage(), new Uint8Array(100)]);
    announced.set([0x01, 0xff, 0xf0], 1); // 128 KB
    expect(readClientHello(recordsOf(announced)).state).toBe("malformed");
    expect(readClientHello(recordsOf(larger)).state).toBe("malformed");
  });
});

describe("of the first record's header", () => {
  const begun = (octets: Uint8Array) => isBegun(octets.subarray(0, 5), octets.length);

  test("follows that it is there", () => {
    for (let length = 0; length < OPENSSL.length; length++)
      expect(begun(OPENSSL.subarray(0, length))).toBe(false);
    expect(begun(OPENSSL)).toBe(true);
    expect(begun(recordsOf(messageIn(OPENSSL), 1).subarray(0, 6))).toBe(true);
  });

  test("follows that it is none, from the first octet on", () => {
    expect(begun(latin1("E"))).toBe("plaintext");
    expect(begun(latin1("\x80\x2e\x01"))).toBe("plaintext");
    expect(begun(latin1("\x16\x02"))).toBe("plaintext");
  });

  test("follows that it never comes: nobody waits for a record of more than there may be, or of nothing", () => {
    expect(begun(latin1("\x16\x03\x01\x40\0"))).toBe(false);
    expect(begun(latin1("\x16\x03\x01\x40\x01"))).toBe("malformed");
    expect(begun(latin1("\x16\x03\x01\xff\xff"))).toBe("malformed");
    expect(begun(latin1("\x16\x03\x01\0\0"))).toBe("malformed");
  });
});

describe("whatever comes", () => {
  const samples = [
    OPENSSL,
    NAMELESS,
    TLS_1_2_ALONE,
    recordsOf(messageIn(OPENSSL), 7),
    hello({ padding: 2000 }),
  ];

  interface Change {
    readonly at: number;
    readonly octets: Uint8Array;
    readonly removed: number;
  }
  const change: fc.Arbitrary<Change> = fc.record({
    at: fc.nat(600),
    octets: fc.uint8Array({ maxLength: 4 }),
    removed: fc.nat(4),
  });

  test("nothing throws, and no name is found that does not stand there", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...samples),
        fc.array(change, { minLength: 1, maxLength: 6 }),
        (sample, changes) => {
          let octets: Uint8Array = sample;
          for (const { at, octets: put, removed } of changes)
            octets = Buffer.concat([octets.subarray(0, at), put, octets.subarray(at + removed)]);
          isBegun(octets.subarray(0, 5), octets.length);
          const said = readClientHello(octets);
          if (said.state !== "whole") return;
          for (const version of said.versions) expect(version).toBeWithin(0, 0x10000);
          if (said.serverName === null) return;
          // Records may stand between its octets.
          const text = said.serverName.replace(/[^a-z0-9]/g, "");
          expect(lettersOf(octets)).toContain(text);
        },
      ),
      settings,
    );
  });

  test("what was said first decides: more octets change no answer", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...samples),
        fc.nat(700),
        fc.uint8Array({ maxLength: 30 }),
        (sample, cut, more) => {
          const octets = Buffer.concat([sample.subarray(0, cut), more]);
          let decided: unknown = null;
          for (let length = 0; length <= octets.length; length++) {
            const said = readClientHello(octets.subarray(0, length));
            if (decided !== null) expect(said).toEqual(decided as never);
            if (said.state !== "more") decided ??= said;
          }
        },
      ),
      { ...settings, numRuns: Math.min(RUNS, 300) },
    );
  });

  /** The letters and digits of the message, in lower case. */
  function lettersOf(records: Uint8Array): string {
    const text = Buffer.from(messageIn(records)).toString("latin1");
    return text.toLowerCase().replace(/[^a-z0-9]/g, "");
  }
});
