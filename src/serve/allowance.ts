// How much one worker is listened to (pure): each line of it costs the supervisor time, and the disk room, and whoever
// got hold of a worker could say more than all others together. An honest one does not come near the bounds: the
// sessions it was given and the time that has passed allow for all that it has to say. Times come in.

/** Octets that count as one; a line is one at least. */
const PIECE = 256;
/** What a worker may say at once, having been quiet. */
const MOST = 65_536;
/** What each session allows for; what is capped in a session by itself is not counted here. */
const PER_SESSION = 64;
/** What each second allows for: as many messages a second as no server takes for long. */
const PER_SECOND = 2_000;
/** In so many milliseconds no honest worker says so much too much. */
const FLOOD = { pieces: 20_000, within: 2_000 };

export class Allowance {
  #left = MOST;
  #at: number;
  #wasted = 0;
  #since: number;

  /** @param now in milliseconds */
  constructor(now: number) {
    this.#at = now;
    this.#since = now;
  }

  /** A session begins. */
  begin(): void {
    this.#left = Math.min(MOST, this.#left + PER_SESSION);
  }

  /** @returns whether it may say a line of so many octets */
  spend(octets: number, now: number): boolean {
    this.#left = Math.min(MOST, this.#left + ((now - this.#at) / 1000) * PER_SECOND);
    this.#at = now;
    const pieces = piecesOf(octets);
    if (pieces > this.#left) return false;
    this.#left -= pieces;
    return true;
  }

  /** A line of so many octets was for nothing. @returns whether there are so many of them that it has to be stopped */
  waste(octets: number, now: number): boolean {
    if (now - this.#since >= FLOOD.within) {
      this.#since = now;
      this.#wasted = 0;
    }
    this.#wasted += piecesOf(octets);
    return this.#wasted > FLOOD.pieces;
  }
}

function piecesOf(octets: number): number {
  return 1 + Math.floor(octets / PIECE);
}
