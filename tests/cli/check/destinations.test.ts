// What check says of servers over TCP that are to speak TLS.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { checkDestinations, writeTls } from "../../../src/cli/check/destinations.ts";
import { parseDestination } from "../../../src/options/destination.ts";
import { Authority } from "../../e2e/parts/authority.ts";
import { Scratch } from "../../e2e/parts/scratch.ts";

const scratch = new Scratch();
let ca: string;
beforeAll(async () => {
  ca = (await Authority.make(scratch)).root.certificate;
});
afterAll(() => scratch[Symbol.asyncDispose]());

const found = (...texts: string[]) =>
  checkDestinations({ destinations: texts.map((text) => parseDestination(text)) }, "--connect");

describe("A server that is to speak TLS", () => {
  test("is told by who it must be", () => {
    expect(writeTls(parseDestination("mx.test:25"))).toBe("");
    expect(writeTls(parseDestination("mx.test:465,tls=implicit"))).toBe(
      " (TLS from the first octet on; its certificate must be for mx.test, by an authority of the system's)",
    );
    expect(writeTls(parseDestination("127.0.0.1:25,tls=starttls,name=mx.test,ca=/ca.pem"))).toBe(
      " (TLS, asked for first; its certificate must be for mx.test, by /ca.pem)",
    );
  });

  test("and is trusted by a file of its own is not doubted", () => {
    expect(found(`127.0.0.1:25,tls=starttls,ca=${ca}`)).toEqual([]);
    expect(found("127.0.0.1:25")).toEqual([]);
    expect(checkDestinations({ argv: ["/bin/true"] }, "--connect")).toEqual([]);
  });

  test("and is trusted by no file at all is an error", () => {
    expect(() => found("127.0.0.1:25,tls=starttls,ca=/no/such.pem")).toThrow("/no/such.pem");
  });

  test("beside one that need not is a warning", () => {
    expect(found(`mx.test:25,tls=starttls,ca=${ca}`, "mx2.test:25")).toEqual([
      { severity: "warning", about: "--connect", text: "mx2.test: in the clear, where others speak TLS" },
    ]);
  });

  test.each(["192.0.2.1:25", "[2001:db8::1]:25"])(
    "at %p, with no name and no file, is a warning",
    (where) => {
      const [finding, ...more] = checkDestinations(
        { destinations: [parseDestination(`${where},tls=implicit`)] },
        "--connect",
        ca,
      );
      expect(finding?.text).toEndWith("is rare: give name= or ca=");
      expect(more).toEqual([]);
    },
  );
});
