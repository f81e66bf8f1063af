// Guesses, counted in Redis or Valkey by many hosts. Knows the way there, and the answers of its script; what is counted,
// and how, is the script's.

import { readFileSync } from "node:fs";
import { type Attempt, pairName } from "../policy/guesses.ts";
import { type Decision, PENALTIES, type Penalty, type Sum, type Verdict } from "../policy/throttle.ts";
import { readVerdict } from "../policy/verdict.ts";
import type { RemoteCounter } from "./fallback.ts";
import { passwordOf } from "./password.ts";
import type { RedisPlace } from "./place.ts";
import { LIMITS, SCRIPT } from "./redis-script.ts";
import { timely } from "./timely.ts";

/** In front of every name there. */
const PREFIX = "protowrap:";
const NOT_OURS = "the answer of Redis is none of ours";
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
    const said = await this.#run(keysOf(attempt), "ask", tagIn(attempt));
    const [word = "", amount = "", charged = ""] = said;
    const sums = charged.split(" ").filter((name) => name !== "");
    const verdict = readVerdict(word, amount, sums);
    if (verdict === null) throw new Error(NOT_OURS);
    return verdict;
  }

  async settle(attempt: Attempt, charged: readonly Sum[], decision: Decision): Promise<void> {
    await this.#run(keysOf(attempt), "settle", tagIn(attempt), decision, charged.join(" "));
  }

  async penalize(network: string, penalty: Penalty): Promise<void> {
    await this.#run([`${PREFIX}n ${network}`], "penalize", "-", String(PENALTIES[penalty].seconds));
  }

  async look(): Promise<void> {
    await this.#asked("PING", []);
  }

  close(): void {
    void this.#client?.then((client) => client.close()).catch(() => {});
    this.#client = null;
  }

  async #run(keys: readonly string[], ...words: readonly string[]): Promise<readonly string[]> {
    const said = await this.#asked("EVAL", [this.#script, String(keys.length), ...keys, LIMITS, ...words]);
    if (!Array.isArray(said)) throw new Error(NOT_OURS);
    return said.map(String);
  }

  /** A connection on which no answer comes is given up: the next may have one. */
  async #asked(command: string, words: readonly string[]): Promise<unknown> {
    try {
      return await timely(this.#connected().then((client) => client.send(command, [...words])));
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
    const { host, port, database, isTls, user, ca } = this.#place;
    const secret = passwordOf(this.#place);
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
