// What is known of the messages: the highest number, and which are marked as deleted. Follows only what the
// server has said (RFC 1939 section 5); knows neither commands nor replies.

import { canonical, isGreater, plus } from "./numbers.ts";

/** Deletions above this number are left to the server: what is remembered here stays below 128 KiB. */
const REMEMBERED = 1_048_575;

export class Mailbox {
  #maximum: string | null = null;
  #deleted = new Uint8Array(0);
  #deletions = 0;

  /** @param number canonical; "unknown" when only the server can say whether it exists */
  judge(number: string): "there" | "deleted" | "missing" | "unknown" {
    if (number === "0") return "missing";
    if (this.#isDeleted(number)) return "deleted";
    if (this.#maximum === null) return "unknown";
    return isGreater(number, this.#maximum) ? "missing" : "there";
  }

  /** STAT's reply: it does not count the deleted (RFC 1939 section 5), so it never lowers what is known. */
  learnCount(status: string): void {
    const count = canonical(/^\+OK ([0-9]+) [0-9]+(?: |$)/.exec(status)?.[1] ?? "");
    if (count !== null) this.learnNumber(plus(count, this.#deletions));
  }

  /** A number the server itself has used. */
  learnNumber(text: string): void {
    const number = canonical(text);
    if (number === null) return;
    if (this.#maximum === null || isGreater(number, this.#maximum)) this.#maximum = number;
  }

  /** The server marked the message. */
  delete(number: string): void {
    if (isGreater(number, String(REMEMBERED))) return;
    const at = Number(number);
    if (at >> 3 >= this.#deleted.length) {
      const larger = new Uint8Array(Math.max(64, (at >> 3) * 2 + 1));
      larger.set(this.#deleted);
      this.#deleted = larger;
    }
    if (!this.#isDeleted(number)) this.#deletions++;
    this.#deleted[at >> 3]! |= 1 << (at & 7);
  }

  /** The server unmarked all messages. */
  restore(): void {
    this.#deleted = new Uint8Array(0);
    this.#deletions = 0;
  }

  #isDeleted(number: string): boolean {
    if (isGreater(number, String(REMEMBERED))) return false;
    const at = Number(number);
    return ((this.#deleted[at >> 3] ?? 0) & (1 << (at & 7))) !== 0;
  }
}
