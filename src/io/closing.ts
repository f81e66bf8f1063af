// Waits that the end of a session cuts short: who waits for a write in order to go on with a session does not go on with
// one that closes. Knows promises; not what is waited for.

export class Closing {
  readonly #waiting = new Set<() => void>();

  /** The session closes. */
  now(): void {
    for (const release of this.#waiting) release();
  }

  /** @returns undefined when the session closes first. One promise for all waits would keep all of them. */
  async until<T>(wait: Promise<T>): Promise<T | undefined> {
    let release: () => void = () => {};
    const closed = new Promise<undefined>((resolve) => {
      release = () => resolve(undefined);
    });
    this.#waiting.add(release);
    const first = await Promise.race([wait, closed]);
    this.#waiting.delete(release);
    return first;
  }
}
