// The server's part of a plan: hears what reaches a server, and has ready what it says to that, honest or not. Whoever
// plays it carries the octets, in a made-up session or over a real connection. Knows no protocol.

import type { Peers, Plan, ServerModel } from "./simulation.ts";

export class ServerPart {
  /** Lines that reached it, without ends, over all servers of the session. */
  readonly heard: string[] = [];
  /** All octets that reached it, but for those it counted. */
  told = "";
  /** What no correct peer would have sent. */
  readonly complaints: string[] = [];
  /** A command came before the answer to the last one had been given whole. */
  overlapped = false;
  /** One for each time it was started. */
  readonly servers: ServerModel[] = [];
  /** What it will have said and has not been asked for. */
  #saying = "";
  /** It hangs up behind that. */
  #ending = false;
  readonly #peers: Peers;
  readonly #plan: Pick<Plan, "choices" | "hostile">;
  #partial = "";
  #answers = 0;
  #choice = 0;

  constructor(peers: Peers, plan: Pick<Plan, "choices" | "hostile">) {
    this.#peers = peers;
    this.#plan = plan;
  }

  /** A fresh server, which greets. */
  start(): void {
    const { choices } = this.#plan;
    const model = this.#peers.server((most) => choices[this.#choice++ % choices.length]! % most);
    this.servers.push(model);
    this.stop();
    this.#say(model.greeting, false);
  }

  /** What it would have said is never said, and half a line never heard. */
  stop(): void {
    this.#saying = "";
    this.#ending = false;
    this.#partial = "";
  }

  get isSpeaking(): boolean {
    return this.#saying !== "";
  }

  /** All is said, and it hangs up. */
  get isDone(): boolean {
    return this.#ending && this.#saying === "";
  }

  /** @returns at most so much of what it says now */
  said(size: number): string {
    const chunk = this.#saying.slice(0, size);
    this.#saying = this.#saying.slice(size);
    return chunk;
  }

  hear(octets: string): void {
    this.#partial += octets;
    while (this.#hearNext());
  }

  /** It hears no more: half a line was told to it all the same. */
  endTold(): void {
    if ((this.#model.counted ?? 0) === 0) this.told += this.#partial;
    this.#partial = "";
  }

  get #model(): ServerModel {
    return this.servers.at(-1)!;
  }

  /** @returns whether there was a whole line, or all that is counted */
  #hearNext(): boolean {
    const { counted = 0 } = this.#model;
    const end = counted > 0 ? counted : this.#partial.indexOf("\n") + 1;
    if (end === 0 || this.#partial.length < end) return false;
    const next = this.#partial.slice(0, end);
    this.#partial = this.#partial.slice(end);
    if (counted > 0) this.#model.take?.(next);
    else {
      this.told += next;
      this.#hearLine(next.replace(/\r?\n$/, ""));
    }
    return true;
  }

  #hearLine(line: string): void {
    this.heard.push(line);
    // Greeting or answer still on its way: this command did not wait for it.
    if (this.isSpeaking) this.overlapped = true;
    try {
      const reply = this.#model.hear(line);
      if (reply !== null) this.#say(reply.answer, reply.end ?? false);
    } catch (error) {
      this.complaints.push((error as Error).message);
    }
  }

  #say(honest: string, end: boolean): void {
    const { hostile } = this.#plan;
    const words = hostile.length === 0 ? -1 : hostile[this.#answers++ % hostile.length]!;
    const said = words < 0 ? honest : this.#peers.hostile[words % this.#peers.hostile.length]!;
    this.#ending = end || said.endsWith("END");
    this.#saying += said.replace(/END$/, "");
    this.#model.said?.(said);
  }
}
