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
  readonly #script: string;
  #client: Promise<Bun.RedisClient> | null = null;

  constructor(place: RedisPlace, script = SCRIPT) {
    this.#place = place;
    this.#script = script;
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
        this.#script,
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

  /** One that could not be had is not waited for again. */
  async #connected(): Promise<Bun.RedisClient> {
    this.#client ??= this.#connect();
    try {
      return await this.#client;
    } catch (error) {
      this.#client = null;
      throw error;
    }
  }

  /** The files are read each time: they may be others by now. */
  async #connect(): Promise<Bun.RedisClient> {
    const { host, port, database, isTls, user, password, ca } = this.#place;
    const secret = password === null ? null : readFileSync(password, "utf8").replace(/\r?\n$/, "");
    const name = encodeURIComponent(user ?? "");
    const who = secret === null ? "" : `${name}:${encodeURIComponent(secret)}@`;
    const at = `${host.includes(":") ? `[${host}]` : host}:${port}/${database}`;
    const tls = ca === null ? true : { ca: readFileSync(ca, "utf8") };
    const client = new Bun.RedisClient(`redis${isTls ? "s" : ""}://${who}${at}`, {
      ...{ connectionTimeout: CONNECTING, autoReconnect: false, enableOfflineQueue: false },
      ...(isTls ? { tls } : {}),
    });
    await client.connect();
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
