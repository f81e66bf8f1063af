// Guesses, counted in Redis or Valkey by many hosts. Knows the way there, and the answers of its script; what is counted,
// and how, is the script's.

import { readFileSync } from "node:fs";
import { type Attempt, pairName } from "../policy/guesses.ts";
import { type Decision, PENALTIES, type Penalty, type Sum, type Verdict } from "../policy/throttle.ts";
import type { RemoteCounter } from "./fallback.ts";
import type { RedisPlace } from "./place.ts";
import { LIMITS, SCRIPT } from "./redis-script.ts";

/** In front of every name there. */
const PREFIX = "protowrap:";
/** Milliseconds for a connection. */
const CONNECTING = 900;

export class RedisCounter implements RemoteCounter {
  readonly #place: RedisPlace;
  #client: Promise<Bun.RedisClient> | null = null;

  constructor(place: RedisPlace) {
    this.#place = place;
  }

  async ask(attempt: Attempt): Promise<Verdict> {
    const [word, number, charged = ""] = await this.#run(keysOf(attempt), "ask", tagIn(attempt));
    if (word === "later") return { isAllowed: false, wait: Number(number) };
    if (word !== "try" && word !== "repeat") throw new Error("the answer of Redis is none of ours");
    const sums = charged.split(" ").filter((name) => name !== "") as Sum[];
    return { isAllowed: true, delay: Number(number), isRepeat: word === "repeat", charged: sums };
  }

  async settle(attempt: Attempt, charged: readonly Sum[], decision: Decision): Promise<void> {
    await this.#run(keysOf(attempt), "settle", tagIn(attempt), decision, charged.join(" "));
  }

  async penalize(network: string, penalty: Penalty): Promise<void> {
    await this.#run([`${PREFIX}n ${network}`], "penalize", "-", String(PENALTIES[penalty].seconds));
  }

  async look(): Promise<void> {
    await (await this.#connected()).send("PING", []);
  }

  close(): void {
    void this.#client?.then((client) => client.close()).catch(() => {});
    this.#client = null;
  }

  async #run(keys: readonly string[], ...words: readonly string[]): Promise<readonly string[]> {
    try {
      const client = await this.#connected();
      const said: unknown = await client.send("EVAL", [
        SCRIPT,
        String(keys.length),
        ...keys,
        LIMITS,
        ...words,
      ]);
      return (said as readonly unknown[]).map(String);
    } catch (error) {
      this.close(); // whatever comes on that connection may be the answer to something else
      throw error;
    }
  }

  #connected(): Promise<Bun.RedisClient> {
    this.#client ??= this.#connect();
    return this.#client;
  }

  /** The files are read each time: they may be others by now. */
  async #connect(): Promise<Bun.RedisClient> {
    const { host, port, database, isTls, user, password, ca } = this.#place;
    const secret = password === null ? null : readFileSync(password, "utf8").replace(/\r?\n$/, "");
    const bracketed = host.includes(":") ? `[${host}]` : host;
    const tls = ca === null ? true : { ca: readFileSync(ca, "utf8") };
    const client = new Bun.RedisClient(`redis${isTls ? "s" : ""}://${bracketed}:${port}`, {
      ...{ connectionTimeout: CONNECTING, autoReconnect: false, enableOfflineQueue: false },
      ...(isTls ? { tls } : {}),
    });
    await client.connect();
    if (secret !== null) await client.send("AUTH", user === null ? [secret] : [user, secret]);
    if (database !== 0) await client.send("SELECT", [String(database)]);
    return client;
  }
}

function keysOf({ network, wider, user }: Attempt): string[] {
  const networks = [`n ${network}`, `w ${wider}`];
  const users = user === null ? [] : [`u ${user}`, `p ${pairName(network, user)}`];
  return [...networks, ...users].map((name) => `${PREFIX}${name}`);
}

function tagIn({ tag }: Attempt): string {
  return tag === null ? "-" : String(tag);
}
