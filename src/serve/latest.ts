// What is told again and again, of which only the last counts: somebody may wait for the first. Knows text.

export class Latest {
  #text = "";
  readonly #told = Promise.withResolvers<void>();

  take(text: string): void {
    this.#text = text;
    this.#told.resolve();
  }

  /** Kept once there is any; the text of that moment. */
  async text(): Promise<string> {
    await this.#told.promise;
    return this.#text;
  }
}
