// Where a listener listens, as it is written.

import { describe, expect, test } from "bun:test";
import { parseAddress } from "../../src/options/address.ts";

describe("--listen", () => {
  test("takes addresses of both kinds", () => {
    expect(parseAddress("127.0.0.1:25")).toEqual({ host: "127.0.0.1", port: 25 });
    expect(parseAddress("[::]:587")).toEqual({ host: "::", port: 587 });
  });

  for (const wrong of [
    "25",
    ":25",
    "localhost:25",
    "::1:25",
    "[127.0.0.1]:25",
    "1.2.3.4:0",
    "1.2.3.4:65536",
    "",
  ])
    test(`refuses ${JSON.stringify(wrong)}, and says what is expected`, () => {
      expect(() => parseAddress(wrong)).toThrow(/^--listen: expected ADDRESS:PORT, such as 0.0.0.0:25/);
    });
});
