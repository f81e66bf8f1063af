// What check says of servers over TCP that are to speak TLS.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { checkDestinations, checkOurselves, writeTls } from "../../../src/cli/check/destinations.ts";
import { parseDestination } from "../../../src/options/destination.ts";
import { parseOriginal } from "../../../src/options/original.ts";
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

describe("Servers that clients choose", () => {
  const said = (...nets: string[]) => {
    const originals = nets.map((net) => parseOriginal(`original,net=${net}`));
    return checkDestinations({ originals }, "--connect").map(({ severity, text }) => `${severity}: ${text}`);
  };

  test("in networks that may well be the administrator's are not doubted", () => {
    expect(said("10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "2001::/16")).toEqual([]);
    // The narrower one first: both are looked at.
    expect(said("10.1.0.0/16", "10.0.0.0/8")).toEqual([]);
  });

  test("in half the Internet are a warning", () => {
    const many = "whoever the firewall redirects is let go to any of so many hosts";
    expect(said("0.0.0.0/1", "2000::/3")).toEqual([
      `warning: 0.0.0.0/1: ${many}`,
      `warning: 2000::/3: ${many}`,
    ]);
  });

  test("in a network that stands behind a wider one are a warning", () => {
    const hidden = "never looked at, as it is in 10.0.0.0/8, which comes before";
    expect(said("10.0.0.0/8", "10.1.0.0/16")).toEqual([`warning: 10.1.0.0/16: ${hidden}`]);
  });

  test("are trusted by files that are there", () => {
    const originals = [parseOriginal("original,net=10.0.0.0/8,tls=starttls,name=a.test,ca=/no/such.pem")];
    expect(() => checkDestinations({ originals }, "--connect")).toThrow("/no/such.pem");
  });
});

describe("A server that is ourselves", () => {
  const said = (connect: string, ...listen: [host: string, port: number][]) => {
    const destinations = [parseDestination(connect)];
    const places = listen.map(([host, port]) => ({ host, port }));
    return checkOurselves({ destinations }, "--connect", places).map(({ text }) => text);
  };
  const told = (host: string) => [`${host}: is ourselves, who listen on port 25: never reached`];

  test("is a warning", () => {
    expect(said("192.0.2.1:25", ["192.0.2.1", 25])).toEqual(told("192.0.2.1"));
    expect(said("localhost:25", ["0.0.0.0", 25])).toEqual(told("localhost"));
    expect(said("127.0.0.9:25", ["::", 25])).toEqual(told("127.0.0.9"));
    expect(said("[::1]:25", ["0.0.0.0", 587], ["::", 25])).toEqual(told("::1"));
  });

  test("is not every one with our port, nor with our address", () => {
    expect(said("127.0.0.1:10025", ["0.0.0.0", 25])).toEqual([]);
    expect(said("192.0.2.2:25", ["0.0.0.0", 25])).toEqual([]);
    expect(said("127.0.0.1:25", ["192.0.2.1", 25])).toEqual([]);
    expect(checkOurselves({ argv: ["/bin/true"] }, "--connect", [{ host: "::", port: 25 }])).toEqual([]);
  });
});
