// What every registered protocol must keep, whatever it speaks. The list is the registry itself: a protocol is
// tested here by being registered, with the options the command line gives it by default. The server is the
// protocol's own obliging one, or for streams one that repeats what it is told.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { resolve } from "../src/options/resolve.ts";
import type { AnyProtocol, Obliging, Read } from "../src/protocols/protocol.ts";
import { PROTOCOLS } from "../src/protocols/registry.ts";
import type { Output } from "../src/session/output.ts";
import { Session } from "../src/session/session.ts";
import { decode, encode } from "../src/wire/latin1.ts";
import { settled } from "./settled.ts";

const SETUP = {
  ...{ clientAddress: null, clientPort: null, hostname: "wrapper.test", canRestart: true, tls: false },
  tlsOffer: "off",
} as const;
const LIMITS = { maxErrors: 0, idleTimeout: 300, sessionTimeout: 0, serverTimeout: 600, minRate: 0 };

/** A session, its two peers, and all that passed between them. */
class Scene implements Output {
  toldClient = "";
  toldServer = "";
  closed = false;
  inputEnded = false;
  readonly #session: Session;
  readonly #newServer: () => Obliging;
  #server: Obliging;
  #unsaid: string[] = [];
  #now = 0;

  constructor(protocol: AnyProtocol, read: Read) {
    this.#newServer = protocol.obliging ?? (() => (command) => command);
    this.#server = this.#newServer();
    const conversation = protocol.converse(SETUP, read);
    this.#session = new Session({ ...protocol, converse: () => conversation }, this, LIMITS);
    this.#session.start(this.#now);
    this.#hear("");
    this.#settle();
  }

  /** The client says this, cut at `size` octets; time passes for what is held back. */
  client(text: string, size = text.length): this {
    for (let at = 0; at < text.length; at += Math.max(1, size)) {
      this.#settle();
      if (!this.#session.wantsClient) return this;
      this.#session.clientOctets(encode(text.slice(at, at + Math.max(1, size))), this.#now);
    }
    return this.#settle();
  }

  end(): this {
    this.#session.clientEnd(this.#now);
    return this.#settle();
  }

  serverDies(): this {
    this.#session.serverEnd(this.#now);
    return this.#settle();
  }

  hasUnread(): boolean {
    return false;
  }

  secureClient(): void {}

  toClient(octets: Uint8Array): void {
    this.toldClient += decode(octets);
  }

  toServer(octets: Uint8Array): void {
    const text = decode(octets);
    this.toldServer += text;
    this.#hear(text);
  }

  abortServer(): void {
    this.#unsaid = [];
  }

  restartServer(): void {
    this.#server = this.#newServer();
    this.#hear("");
  }

  endServerInput(): void {
    this.inputEnded = true;
  }

  close(): void {
    this.closed = true;
  }

  log(): void {}

  #hear(command: string): void {
    const answer = this.#server(command);
    if (answer !== "") this.#unsaid.push(answer);
  }

  #settle(): this {
    for (let turn = 0; turn < 10_000 && !this.closed; turn++) {
      const answer = this.#unsaid.shift();
      if (answer !== undefined) this.#session.serverOctets(encode(answer), this.#now);
      else if (this.#session.wantsClient || this.#session.deadline - this.#now > 60_000) break;
      else {
        this.#now = this.#session.deadline;
        this.#session.tick(this.#now);
      }
    }
    return this;
  }
}

/** Words of several protocols, their near misses, and what is no line of any. */
const LINE = fc.oneof(
  fc.constantFrom(
    ..."NOOP QUIT LOGOUT CAPABILITY HELP STAT RSET user\tx EHLO\x20c.test USER\x20u PASS\x20p MAIL\x20FROM:<a@b.c> /W\x20root".split(
      " ",
    ),
  ),
  fc.constantFrom("", " ", "a b c", "\0", "x\0y", "x\ry", "\x1b[2J", "\xff\xfe", "VRFY %s%n"),
  fc.string({ unit: "binary-ascii", maxLength: 40 }).map((text) => text.replaceAll("\n", "")),
);

for (const name of Object.keys(PROTOCOLS)) {
  describe(name, async () => {
    const { protocol, settings, values } = await settled(name, "--", "/bin/true");
    const { read } = (await resolve(settings, protocol.options))(null);
    const scene = () => new Scene(protocol, read);
    const limit = values.maxLineLength as number;
    const greeting = scene().toldClient;

    test("has one line at most for a client whose server cannot even start", () => {
      expect(protocol.unavailable("wrapper.test")).toMatch(/^(?:[ -~]+\r\n)?$/);
    });

    test("says the same and is told the same, however the octets come", () => {
      fc.assert(
        fc.property(fc.array(LINE, { maxLength: 8 }), fc.integer({ min: 1, max: 50 }), (lines, size) => {
          const text = lines.map((line) => `${line}\r\n`).join("");
          const [whole, cut] = [scene().client(text), scene().client(text, size)];
          expect([cut.toldClient, cut.toldServer, cut.closed]).toEqual([
            whole.toldClient,
            whole.toldServer,
            whole.closed,
          ]);
        }),
      );
    });

    test("sends the server whole regular lines only", () => {
      fc.assert(
        fc.property(fc.array(LINE, { maxLength: 8 }), (lines) => {
          const { toldServer } = scene().client(lines.map((line) => `${line}\r\n`).join(""));
          expect(toldServer).toMatch(/^(?:[^\0\r\n]*\r\n)*$/);
        }),
      );
    });

    test("answers every line once, in lock-step", () => {
      if (protocol.dialogue !== "lock-step") return expect(greeting).toBe("");
      expect(greeting).toMatch(/^(?:[ -~]+\r\n)+$/);
      fc.assert(
        fc.property(LINE, (line) => {
          const asked = scene();
          const before = asked.toldClient;
          asked.client(`${line}\r\n`);
          const answer = asked.toldClient.slice(before.length);
          // A listing or a greeting has several lines: what must not be is none, or half a one.
          expect(answer).toMatch(/^(?:[ -~\t]+\r\n)+$/);
        }),
      );
    });

    test("refuses or cuts a line over its limit, and never takes the rest of it for a line", () => {
      const long = scene().client(`${"x".repeat(70_000)}\r\n`);
      expect(long.toldServer.length).toBeLessThanOrEqual(Math.max(limit, 2));
      expect(long.toldClient.slice(greeting.length).split("\r\n").length).toBeLessThanOrEqual(2);
      const tail = scene().client(`${"x".repeat(70_000)} QUIT\r\n`);
      expect([tail.toldClient, tail.toldServer]).toEqual([long.toldClient, long.toldServer]);
    });

    test("takes a last line without its end for none, and ends the session", () => {
      const ended = scene().client("QUIT").end();
      expect(ended.toldServer).toBe("");
      expect(ended.closed || ended.inputEnded).toBe(true);
    });

    test("outlives its server's death at any time by at most one more answer, and invents no end", () => {
      fc.assert(
        fc.property(fc.array(LINE, { maxLength: 4 }), LINE, (lines, last) => {
          const dying = scene().client(lines.map((line) => `${line}\r\n`).join(""));
          const before = dying.toldClient;
          dying.serverDies().client(`${last}\r\n`).client("NOOP\r\n").client("QUIT\r\n").end();
          const words = dying.toldClient.slice(before.length);
          expect(words).toMatch(/^(?:[ -~]+\r\n)*$/);
          expect(words).not.toMatch(/^\.\r\n/m);
          expect(dying.closed).toBe(true);
        }),
      );
    });
  });
}
