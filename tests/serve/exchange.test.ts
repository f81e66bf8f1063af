// A server over TCP in whose place another may come until it has said its first word.

import { describe, expect, test } from "bun:test";
import type { Departure, Server } from "../../src/io/peer.ts";
import { isBroken, pipe } from "../../src/os/libc.ts";
import { exchangedServer } from "../../src/serve/exchange.ts";
import { Search } from "../../src/serve/search.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (octets: Uint8Array | null) => (octets === null ? null : new TextDecoder().decode(octets));
const UNKNOWN: Departure = { status: null, signal: null };

/** A server that says what the test says. */
class Played implements Server {
  readonly did: string[] = [];
  readonly #said: (Uint8Array | null)[] = [];
  #hearing: ((octets: Uint8Array | null) => void) | null = null;

  says(line: string | null): void {
    const octets = line === null ? null : bytes(line);
    if (this.#hearing === null) this.#said.push(octets);
    else this.#hearing(octets);
    this.#hearing = null;
  }

  read(): Promise<Uint8Array | null> {
    const said = this.#said.shift();
    if (said !== undefined) return Promise.resolve(said);
    return new Promise((resolve) => {
      this.#hearing = resolve;
    });
  }

  write(octets: Uint8Array): void {
    this.did.push(`write ${text(octets)}`);
  }

  flush(): null {
    this.did.push("flush");
    return null;
  }

  guard(message: boolean): void {
    this.did.push(`guard ${message}`);
  }

  end(): void {
    this.did.push("end");
  }

  howLost = async () => "hung-up" as const;

  async abort(): Promise<void> {
    this.did.push("abort");
    this.says(null);
  }

  async leave(): Promise<Departure> {
    this.did.push("leave");
    return UNKNOWN;
  }
}

function stage(patience = 60) {
  const told: string[] = [];
  const search = new Search(7, (report) => void told.push(Object.values(report).join(" ")));
  const played = [new Played(), new Played(), new Played()] as const;
  const server = exchangedServer(search, (socket) => played[socket as 0] ?? played[1], patience);
  return { told, search, server, played, give: (of: number) => search.take({ socket: of, destination: of }) };
}

/** Lets what was resolved go on. */
const settle = () => Bun.sleep(1);

describe("a server that has greeted", () => {
  test("is told of at once, and read from its first word on", async () => {
    const { told, server, played, give } = stage();
    give(0);
    played[0].says("220 x\r\n");
    await settle();
    expect(told).toEqual(["greeted 7 0"]);
    played[0].says("250 y\r\n");
    expect([text(await server.read()), text(await server.read())]).toEqual(["220 x\r\n", "250 y\r\n"]);
  });

  test("has everything else that is done with it", async () => {
    const { server, played, give } = stage();
    give(0);
    played[0].says("220 x\r\n");
    await server.read();
    played[0].did.length = 0;
    server.write(bytes("a"));
    server.flush();
    server.guard?.(true);
    server.end();
    expect(await server.leave(1)).toEqual(UNKNOWN);
    await server.abort();
    expect(played[0].did).toEqual(["write a", "flush", "guard true", "end", "leave", "abort"]);
    expect(await server.howLost()).toBe("hung-up");
  });

  for (let turns = 0; turns < 6; turns++)
    test(`while another comes, ${turns} turns later, stays, and that one is closed, or gives way to it`, async () => {
      const { told, search, server, played, give } = stage();
      give(0);
      await settle();
      const late = pipe();
      played[0].says("220 x\r\n");
      played[1].says("220 y\r\n");
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      search.take({ socket: late.readEnd, destination: 1 });
      const stays = text(await server.read()) === "220 x\r\n";
      await settle();
      expect(told).toEqual([stays ? "greeted 7 0" : "greeted 7 1"]);
      expect(isBroken(late.writeEnd)).toBe(stays);
      expect(played[0].did.includes("abort")).toBe(!stays);
    });

  test("is not said to be silent later", async () => {
    const { told, played, give } = stage(0.02);
    give(0);
    played[0].says("220 x\r\n");
    await Bun.sleep(60);
    expect(told).toEqual(["greeted 7 0"]);
  });

  test("stays, whoever comes later", async () => {
    const { told, search, server, played, give } = stage();
    give(0);
    played[0].says("220 x\r\n");
    await settle();
    const late = pipe();
    search.take({ socket: late.readEnd, destination: 1 });
    expect(text(await server.read())).toBe("220 x\r\n");
    expect(told).toEqual(["greeted 7 0"]);
    expect(isBroken(late.writeEnd)).toBe(true); // it was closed
  });
});

describe("a server that has not", () => {
  test("is told of, and waited for, until another is there", async () => {
    const { told, server, played, give } = stage(0.02);
    give(0);
    const reading = server.read();
    await Bun.sleep(60);
    expect(told).toEqual(["silent 7 0"]);
    expect(played[0].did).toEqual([]);
    give(1);
    await settle();
    expect(played[0].did).toEqual(["abort"]);
    played[1].says("220 other\r\n");
    expect(text(await reading)).toBe("220 other\r\n");
    expect(told).toEqual(["silent 7 0", "greeted 7 1"]);
  });

  test("may still do so while another is looked for", async () => {
    const { told, server, played, give } = stage(0.02);
    give(0);
    await Bun.sleep(60);
    played[0].says("220 late\r\n");
    expect(text(await server.read())).toBe("220 late\r\n");
    expect(told).toEqual(["silent 7 0", "greeted 7 0"]);
  });

  test("gives way to another that comes unasked", async () => {
    const { told, server, played, give } = stage();
    give(0);
    await settle();
    give(1);
    played[1].says("220 other\r\n");
    expect(text(await server.read())).toBe("220 other\r\n");
    expect([told, played[0].did]).toEqual([["greeted 7 1"], ["abort"]]);
  });

  test("and hangs up is no server: another is asked for, as long as there is one", async () => {
    const { told, search, server, played, give } = stage();
    give(0);
    played[0].says(null);
    await settle();
    expect(told).toEqual(["next 7 0 hung up before it greeted"]);
    give(1);
    played[1].says(null);
    await settle();
    search.take(null);
    expect(await server.read()).toBeNull();
    expect(told).toHaveLength(2);
    expect(await server.leave(1)).toEqual(UNKNOWN);
  });

  test("is told what was said to it when it has, in order, and its end", async () => {
    const { server, played, give } = stage();
    server.write(bytes("a"));
    const flushed = server.flush();
    server.guard?.(true);
    give(0);
    await settle();
    server.write(bytes("b"));
    server.end();
    expect(played[0].did).toEqual([]);
    played[0].says("220 x\r\n");
    await flushed;
    expect(played[0].did.filter((it) => it !== "flush")).toEqual(["write a", "write b", "end"]);
  });

  test("is cut off by an abort, and nobody is looked for any more", async () => {
    const { told, server, played, give } = stage(0.02);
    give(0);
    await settle();
    await server.abort();
    expect(played[0].did).toContain("abort");
    expect(await server.read()).toBeNull();
    await Bun.sleep(40);
    expect(told).toEqual([]);
  });

  test("and was not even found is left at once", async () => {
    const { told, search, server } = stage();
    expect(await server.leave(1)).toEqual(UNKNOWN);
    const late = pipe();
    search.take({ socket: late.readEnd, destination: 1 });
    expect(isBroken(late.writeEnd)).toBe(true);
    expect(told).toEqual([]);
  });

  test("is told that we leave, and may greet in that moment", async () => {
    const { told, server, played, give } = stage(0.02);
    give(0);
    await settle();
    const leaving = server.leave(1);
    expect(played[0].did).toEqual(["end"]);
    await Bun.sleep(60);
    expect(told).toEqual([]); // no other is wanted any more
    played[0].says("220 x\r\n");
    await leaving;
    expect(played[0].did).toContain("leave");
  });
});
